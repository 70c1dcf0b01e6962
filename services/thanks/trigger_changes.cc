#include "services/thanks/trigger_changes.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/trigger_body.h"
#include "services/thanks/trigger_contract.h"
#include "services/thanks/trigger_store.h"

namespace gratis::thanks {
namespace {

// A trigger that was set before units were asked about can still be switched off.
absl::Status CheckTriggersBudget(ledger::Books& books, const Trigger& trigger) {
  if (trigger.budget.IsNil()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ledger::Budget* budget, books.FindBudget(trigger.budget));
  if (budget == nullptr) {
    return FieldError(Reason::kBudgetNotFound, "trigger.budget_id",
                      absl::StrCat("there is no budget ", trigger.budget.ToString()));
  }
  if (trigger.enabled && budget->unit != trigger.unit()) {
    return FieldError(Reason::kFieldInvalid, "trigger.budget_id",
                      "the budget is of another unit: points are paid by one of points, a voucher "
                      "of money by one of voucher-money, any other by one of voucher-uses");
  }
  return absl::OkStatus();
}

}  // namespace

SetTrigger::SetTrigger(Trigger trigger, base::IdSource& ids, absl::Time now)
    : trigger_(std::move(trigger)), transaction_{ids.Next(now)} {
  trigger_.set_at = now;
}

void SetTrigger::AddNeeds(ledger::Wants& wants) const {
  if (!trigger_.budget.IsNil()) wants.budgets.insert(trigger_.budget);
}

absl::StatusOr<std::string> SetTrigger::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(CheckTriggersBudget(books, trigger_));
  trigger_.version = (*latest_)[trigger_.code] + 1;
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kTriggerSet,
                 .transaction = ledger::TransactionOfProgram(envelope.program, transaction_.uuid),
                 .effective_at = books.recorded_at(),
                 .source = trigger_.code,
                 .detail = TriggerFigures(trigger_)})
          .status());
  if (!envelope.validate_only) (*latest_)[trigger_.code] = trigger_.version;
  return TriggerAnswer(trigger_, envelope.program.currency_code);
}

absl::Status SetTriggers::LoadAll(pg::Tx& tx, absl::Span<SetTrigger* const> set) {
  ASSIGN_OR_RETURN(const std::vector<TriggerVersion> versions,
                   TakeTriggerVersions(tx, AskTriggerVersions(tx, set.front()->envelope.program)));
  const auto latest =
      std::make_shared<std::map<std::string, int32_t>>(versions.begin(), versions.end());
  for (SetTrigger* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetTriggers::WriteAll(pg::Tx& tx, absl::Span<SetTrigger* const> set) {
  for (const SetTrigger* change : set) {
    InsertTrigger(tx, change->envelope.program, change->trigger_, change->envelope.now);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SetTriggerLimits::Decide(ledger::Books& books) {
  limits_.version = *latest_ + 1;
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kTriggerSet,
                 .transaction = ledger::TransactionOfProgram(envelope.program, transaction_.uuid),
                 .effective_at = books.recorded_at(),
                 .source = "trigger limits",
                 .detail = absl::StrCat("{\"limits_version\":", limits_.version,
                                        ",\"most\":", limits_.most,
                                        ",\"within_days\":", limits_.within_days, "}")})
          .status());
  if (!envelope.validate_only) *latest_ = limits_.version;
  return LimitsAnswer(limits_);
}

absl::Status SetTriggersLimits::LoadAll(pg::Tx& tx, absl::Span<SetTriggerLimits* const> set) {
  ASSIGN_OR_RETURN(const TriggerLimits limits,
                   TakeTriggerLimits(tx, AskTriggerLimits(tx, set.front()->envelope.program)));
  const auto latest = std::make_shared<int32_t>(limits.version);
  for (SetTriggerLimits* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetTriggersLimits::WriteAll(pg::Tx& tx, absl::Span<SetTriggerLimits* const> set) {
  for (const SetTriggerLimits* change : set) {
    InsertTriggerLimits(tx, change->envelope.program, change->limits_, change->envelope.now);
  }
  return absl::OkStatus();
}

}  // namespace gratis::thanks
