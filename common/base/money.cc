#include "common/base/money.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::base {
namespace {

// Most currencies have two digits; these lists hold every active code by its number of digits.
constexpr std::string_view kNoDigits =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kTwoDigits =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
    "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR "
    "ZMW ZWG";
constexpr std::string_view kThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kFourDigits = "CLF UYW";

bool Lists(std::string_view list, std::string_view code) {
  for (size_t at = 0; at + 3 <= list.size(); at += 4) {
    if (list.substr(at, 3) == code) return true;
  }
  return false;
}

absl::Status NotAnAmount(std::string_view decimal, std::string_view why) {
  return Error(Reason::kInvalidAmount,
               absl::StrCat("\"", Abs(decimal), "\" is not an amount: ", Abs(why)));
}

}  // namespace

absl::StatusOr<int> CurrencyExponent(std::string_view code) {
  if (code.size() == 3) {
    constexpr std::array kLists = {kNoDigits, std::string_view(), kTwoDigits, kThreeDigits,
                                   kFourDigits};
    for (size_t digits = 0; digits < kLists.size(); ++digits) {
      if (Lists(kLists[digits], code)) return static_cast<int>(digits);
    }
  }
  return Error(Reason::kInvalidCurrency,
               absl::StrCat("\"", Abs(code), "\" is not an ISO 4217 currency code such as USD"));
}

absl::StatusOr<int64_t> MinorUnitsPerUnit(std::string_view code) {
  ASSIGN_OR_RETURN(const int exponent, CurrencyExponent(code));
  int64_t units = 1;
  for (int i = 0; i < exponent; ++i) units *= 10;
  return units;
}

absl::StatusOr<Money> ParseMoney(std::string_view decimal, std::string_view code) {
  ASSIGN_OR_RETURN(const int exponent, CurrencyExponent(code));
  std::string_view rest = decimal;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  const size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "" : rest.substr(point + 1);
  const auto all_digits = [](std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (whole.empty() || !all_digits(whole) || !all_digits(fraction) ||
      (point != std::string_view::npos && fraction.empty())) {
    return NotAnAmount(decimal, "write it as in 11.77");
  }
  if (static_cast<int>(fraction.size()) > exponent) {
    return NotAnAmount(decimal,
                       absl::StrCat(Abs(code), " has ", exponent, " decimal digits").c_str());
  }
  std::string digits = absl::StrCat(Abs(whole), Abs(fraction));
  digits.append(static_cast<size_t>(exponent) - fraction.size(), '0');
  std::optional<int64_t> units = 0;
  for (const char c : digits) {
    units = CheckedMul(*units, 10);
    if (units) units = CheckedAdd(*units, c - '0');
    if (!units) return NotAnAmount(decimal, "it is too large");
  }
  return Money{std::string(code), negative ? -*units : *units};
}

std::string FormatMoney(const Money& money) {
  const absl::StatusOr<int> exponent = CurrencyExponent(money.currency_code);
  const auto places = static_cast<size_t>(exponent.ok() ? *exponent : 0);
  const uint64_t magnitude = money.minor_units < 0 ? 0 - static_cast<uint64_t>(money.minor_units)
                                                   : static_cast<uint64_t>(money.minor_units);
  std::string digits = absl::StrCat(magnitude);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return absl::StrCat(money.minor_units < 0 ? "-" : "", digits, " ", money.currency_code);
}

}  // namespace gratis::base
