#include "services/ledger/voucher_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/fact.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {
namespace {

constexpr int32_t kAllBasisPoints = 10'000;
constexpr size_t kMaxItemLength = 64;
constexpr size_t kMaxOriginLength = 64;
constexpr size_t kMaxOrderIdLength = 128;
constexpr int32_t kMaxLifeSeconds = 30 * 24 * 3600;

}  // namespace

absl::StatusOr<int64_t> WorthOf(const base::Money& money, std::string_view currency_code,
                                std::string_view field) {
  if (money.currency_code != currency_code) {
    return FieldError(Reason::kInvalidCurrency, absl::StrCat(base::Abs(field), ".currency_code"),
                      absl::StrCat("the program's vouchers are in ", base::Abs(currency_code)));
  }
  if (!ledger::CheckPoints(money.minor_units).ok()) {
    return FieldError(Reason::kInvalidAmount, absl::StrCat(base::Abs(field), ".minor_units"),
                      absl::StrCat("1 to ", ledger::kMaxPoints, " minor units"));
  }
  return money.minor_units;
}

absl::Status CheckTerms(const ledger::VoucherTerms& terms) {
  if (terms.kind == ledger::VoucherKind::kPercentage &&
      (terms.basis_points < 1 || terms.basis_points > kAllBasisPoints)) {
    return FieldError(Reason::kFieldInvalid, "basis_points",
                      absl::StrCat("1 to ", kAllBasisPoints, " hundredths of a percent"));
  }
  if (terms.kind == ledger::VoucherKind::kItem && terms.item.empty()) {
    return FieldError(Reason::kFieldMissing, "item", "which item?");
  }
  RETURN_IF_ERROR(CheckLength("item", terms.item, kMaxItemLength));
  RETURN_IF_ERROR(CheckLength("origin", terms.origin, kMaxOriginLength));
  if (terms.one_live && terms.origin.empty()) {
    return FieldError(Reason::kFieldMissing, "origin", "one live voucher of which origin?");
  }
  return absl::OkStatus();
}

absl::Status CheckExpiry(absl::Time expires_at, absl::Time effective_at) {
  if (expires_at > effective_at) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "expires_at", "a voucher ends after it takes effect");
}

absl::Status CheckLife(int32_t life_seconds) {
  if (life_seconds >= 1 && life_seconds <= kMaxLifeSeconds) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "life_seconds",
                    absl::StrCat("a hold lasts 1 to ", kMaxLifeSeconds, " seconds"));
}

absl::Status CheckOrderId(std::string_view order_id) {
  return CheckLength("order_id", order_id, kMaxOrderIdLength);
}

absl::StatusOr<std::optional<int64_t>> AskedOf(const ledger::VoucherTerms& terms,
                                               std::optional<int64_t> amount) {
  if (terms.kind == ledger::VoucherKind::kFixed) return amount;
  if (amount) {
    return FieldError(Reason::kFieldInvalid, "amount",
                      "this voucher is no amount of money: it is used as a whole");
  }
  return 1;
}

Standing StandingOf(const ledger::Lot& lot, bool voided) {
  if (lot.available > 0) return Standing::kLive;
  if (lot.held > 0) return Standing::kHeld;
  if (voided) return Standing::kVoided;
  return lot.expired > 0 ? Standing::kExpired : Standing::kUsedUp;
}

}  // namespace gratis::ledger_service
