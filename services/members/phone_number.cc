#include "services/members/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include <set>

#include "absl/strings/match.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/members/spelling.h"

namespace gratis::members {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxNumberBytes = 200;  // full-width digits take three each
constexpr size_t kMaxPhoneBytes = 40;
constexpr size_t kMostDigits =
    15;  // ITU-T E.164, section 6.2.1; the library takes more from some countries
constexpr char kUnknownRegion[] = "ZZ";
constexpr std::string_view kPhoneScheme = "tel:";

std::string PlainNumber(std::string_view text) {
  if (text.size() > kMaxNumberBytes) return "";
  std::string plain = Plain(text);
  if (absl::StartsWithIgnoreCase(plain, base::Abs(kPhoneScheme)))
    plain.erase(0, kPhoneScheme.size());
  return plain;
}

// The library would also take letters and extensions.
bool LooksLikeOne(std::string_view plain) {
  return !plain.empty() && plain.size() <= kMaxPhoneBytes &&
         plain.find_first_not_of("0123456789 .-()/", plain.front() == '+' ? 1 : 0) ==
             std::string_view::npos;
}

// Read again, some numbers lose one more zero. Two people would then share what only looks alike.
bool IsItsOwn(const PhoneNumberUtil& util, const std::string& normalized) {
  PhoneNumber number;
  std::string again;
  if (util.Parse(normalized, kUnknownRegion, &number) != PhoneNumberUtil::NO_PARSING_ERROR) {
    return false;
  }
  util.Format(number, PhoneNumberUtil::E164, &again);
  return again == normalized;
}

}  // namespace

absl::StatusOr<std::string> NormalizePhone(std::string_view text, const std::string& region) {
  const std::string plain = PlainNumber(text);
  if (LooksLikeOne(plain) && (plain.front() == '+' || !region.empty())) {
    const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    const auto parsed =
        util.Parse(plain, plain.front() == '+' ? std::string(kUnknownRegion) : region, &number);
    // A number that is complete only within its town would be somebody else's elsewhere.
    if (parsed == PhoneNumberUtil::NO_PARSING_ERROR &&
        util.IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE) {
      std::string normalized;
      util.Format(number, PhoneNumberUtil::E164, &normalized);
      // Written in that form, it was read just now.
      if (normalized.size() <= 1 + kMostDigits &&
          (normalized == plain || IsItsOwn(util, normalized))) {
        return normalized;
      }
    }
  }
  return Error(Reason::kInvalidPhone,
               region.empty()
                   ? "not a phone number; write a plus sign, the country code and the number, as "
                     "in +41 44 668 18 00"
                   : "not a phone number, neither as one writes it in the program's region nor "
                     "with a plus sign and its country code, as in +41 44 668 18 00");
}

bool IsWrittenAsKept(std::string_view text) {
  return text.size() >= 2 && text.size() <= 1 + kMostDigits && text.front() == '+' &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool IsInternational(std::string_view text) { return PlainNumber(text).starts_with('+'); }

bool IsPhoneRegion(const std::string& region) {
  std::set<std::string> regions;
  PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
  return regions.count(region) > 0;
}

}  // namespace gratis::members
