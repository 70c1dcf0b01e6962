#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace gratis::base {

// An amount in the currency's smallest unit: 12.34 USD is {"USD", 1234}, 500 JPY is {"JPY", 500}.
struct Money {
  std::string currency_code;  // ISO 4217, upper case
  int64_t minor_units = 0;

  friend bool operator==(const Money&, const Money&) = default;
};

// How many decimal digits the currency's minor unit has: USD 2, JPY 0, KWD 3.
// Source: ISO 4217 list one, active currencies with a minor unit. Errors: INVALID_CURRENCY.
absl::StatusOr<int> CurrencyExponent(std::string_view currency_code);

// Minor units in one whole unit of the currency: USD 100, JPY 1. Errors: INVALID_CURRENCY.
absl::StatusOr<int64_t> MinorUnitsPerUnit(std::string_view currency_code);

// A decimal amount such as "11.77", "-3" or "1200.5", exactly. Errors: INVALID_CURRENCY,
// INVALID_AMOUNT (not a number, more digits than the currency has, does not fit).
absl::StatusOr<Money> ParseMoney(std::string_view decimal, std::string_view currency_code);

// "11.77 USD".
std::string FormatMoney(const Money& money);

}  // namespace gratis::base
