#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/ledger/state.h"

// What a request about vouchers may say, and what a voucher's lot means: pure values in, pure
// values out.
namespace gratis::ledger_service {

// Money in the program's currency, at least one minor unit, as the kernel counts it.
// Errors: INVALID_CURRENCY of `field`.currency_code, INVALID_AMOUNT of `field`.minor_units.
absl::StatusOr<int64_t> WorthOf(const base::Money& money, std::string_view currency_code,
                                std::string_view field);

// Basis points of 1 to 10,000, an item of 1 to 64 characters, an origin of at most 64, and one
// where only one may live. Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG.
absl::Status CheckTerms(const ledger::VoucherTerms& terms);

// A voucher ends after it took effect. Errors: FIELD_INVALID (expires_at).
absl::Status CheckExpiry(absl::Time expires_at, absl::Time effective_at);

// A hold lasts at least a second, and no longer than anybody's may. Errors: FIELD_INVALID
// (life_seconds).
absl::Status CheckLife(int32_t life_seconds);

// At most 128 characters. Errors: FIELD_TOO_LONG (order_id).
absl::Status CheckOrderId(std::string_view order_id);

// How much of a voucher is asked for: `amount` of one worth money, else the one use there is;
// nothing for all that is left. Errors: FIELD_INVALID (an amount for a voucher that has none).
absl::StatusOr<std::optional<int64_t>> AskedOf(const ledger::VoucherTerms& terms,
                                               std::optional<int64_t> amount);

// What can be done with a voucher. The numbers are the contract's.
enum class Standing { kLive = 1, kHeld = 2, kUsedUp = 3, kExpired = 4, kVoided = 5 };

// `lot`: the voucher's, settled. `voided`: whether what was left was made worthless by hand; what
// came back since is live again.
Standing StandingOf(const ledger::Lot& lot, bool voided);

}  // namespace gratis::ledger_service
