#include "services/ledger/rates.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {

absl::Status CheckRate(const RateDraft& draft) {
  if (draft.minor_units < 0 || draft.minor_units > ledger::kMaxPoints) {
    return FieldError(Reason::kFieldInvalid, "minor_units",
                      absl::StrCat("a worth is 0 to ", ledger::kMaxPoints));
  }
  if (draft.per_points < 1 || draft.per_points > ledger::kMaxPoints) {
    return FieldError(Reason::kFieldInvalid, "per_points",
                      absl::StrCat("so many points are 1 to ", ledger::kMaxPoints));
  }
  return absl::OkStatus();
}

RateSetting::RateSetting(TransactionId transaction, RateDraft draft, RateAnswer answer)
    : transaction_(transaction), draft_(std::move(draft)), answer_(std::move(answer)) {}

absl::StatusOr<std::string> RateSetting::Decide(ledger::Books& books) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(draft_.unit));
  if (ledger::IsVoucherUnit(unit.number)) {
    return FieldError(Reason::kUnitNotFound, "unit", "what vouchers are worth is theirs");
  }
  set_ = {.unit = unit.number,
          .minor_units = draft_.minor_units,
          .per_points = draft_.per_points,
          .effective_from = draft_.effective_from.value_or(books.recorded_at())};
  if (set_.effective_from < rates_->closed_until) {
    return FieldError(
        Reason::kPeriodClosed, "effective_from",
        absl::StrCat("everything before ", base::FormatTime(rates_->closed_until), " is closed"));
  }
  for (const ledger::Rate& rate : rates_->rates) {
    if (rate.unit == set_.unit) set_.version = std::max(set_.version, rate.version);
  }
  ++set_.version;
  ASSIGN_OR_RETURN(seq_, books.Post({.kind = ledger::FactKind::kRateSet,
                                     .transaction = transaction_,
                                     .member = {},
                                     .unit = set_.unit,
                                     .effective_at = books.recorded_at(),
                                     .source = unit.code,
                                     .detail = RateJson(set_)}));
  if (!envelope.validate_only) rates_->rates.push_back(set_);
  return answer_(set_, unit);
}

absl::Status RateSettings::LoadAll(pg::Tx& tx, absl::Span<RateSetting* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  const auto shared = std::make_shared<RatesInRun>();
  ASSIGN_OR_RETURN(shared->rates, ledger::ReadRates(tx, program));
  ASSIGN_OR_RETURN(const std::vector<ledger::Period> periods, ledger::ReadPeriods(tx, program));
  if (!periods.empty()) shared->closed_until = periods.back().ends_at;
  for (RateSetting* setting : set) setting->SetRates(shared);
  return absl::OkStatus();
}

absl::Status RateSettings::WriteAll(pg::Tx& tx, absl::Span<RateSetting* const> set) {
  for (const RateSetting* setting : set) {
    ledger::InsertRate(tx, setting->envelope.program, setting->set(), setting->seq());
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
