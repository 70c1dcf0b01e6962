#include "services/ledger/ledger_convert.h"

#include <optional>

#include "common/rpc/values.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "gratis/ledger/v1/statements.pb.h"
#include "gratis/ledger/v1/units.pb.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/unit_names.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::SetTime;

void FillExpiry(const ledger::Unit& unit, v1::Expiry& out) {
  switch (unit.expiry) {
    case ledger::ExpiryKind::kNever:
      return;
    case ledger::ExpiryKind::kRollingMonths:
      return out.set_rolling_months(unit.expiry_months);
    case ledger::ExpiryKind::kInactivity:
      return out.set_inactivity_months(unit.expiry_months);
    case ledger::ExpiryKind::kCalendarDay:
      out.mutable_calendar()->set_month(unit.expiry_month);
      out.mutable_calendar()->set_day(unit.expiry_day);
      out.mutable_calendar()->set_after_months(unit.expiry_months);
      return;
  }
}

void SetExpiry(const v1::Expiry& expiry, ledger::Unit& unit) {
  switch (expiry.rule_case()) {
    case v1::Expiry::kRollingMonths:
      unit.expiry = ledger::ExpiryKind::kRollingMonths;
      unit.expiry_months = expiry.rolling_months();
      return;
    case v1::Expiry::kInactivityMonths:
      unit.expiry = ledger::ExpiryKind::kInactivity;
      unit.expiry_months = expiry.inactivity_months();
      return;
    case v1::Expiry::kCalendar:
      unit.expiry = ledger::ExpiryKind::kCalendarDay;
      unit.expiry_month = expiry.calendar().month();
      unit.expiry_day = expiry.calendar().day();
      unit.expiry_months = expiry.calendar().after_months();
      return;
    case v1::Expiry::RULE_NOT_SET:
      unit.expiry = ledger::ExpiryKind::kNever;
      return;
  }
}

// What an account of the member's came to by a row that touched it.
std::optional<int64_t> AfterOf(const ledger::JournalRow& row, ledger::Account account) {
  if (row.fact.debit == account) return row.debit_after;
  if (row.fact.credit == account) return row.credit_after;
  return std::nullopt;
}

}  // namespace

house::Role RoleOf(int number) {
  // Cast only what is one: Role is narrower than what a request may hold.
  return gratis::type::v1::Role_IsValid(number) ? static_cast<house::Role>(number)
                                                : house::Role::kUnspecified;
}

absl::StatusOr<std::optional<ledger::Basis>> BasisOf(int basis) {
  switch (basis) {
    case v1::BASIS_UNSPECIFIED:
      return std::optional<ledger::Basis>();
    case v1::BASIS_RECORDED:
      return std::optional(ledger::Basis::kRecorded);
    case v1::BASIS_EFFECTIVE:
      return std::optional(ledger::Basis::kEffective);
    default:
      return FieldError(Reason::kFieldInvalid, "basis", "there is no such basis");
  }
}

void ToProto(const ledger::JournalRow& row, v1::Entry& out) {
  const ledger::Fact& fact = row.fact;
  out.set_partition(row.partition);
  out.set_sequence(row.seq);
  out.set_transaction_id(fact.transaction.ToString());
  out.set_kind(static_cast<v1::EntryKind>(fact.kind));
  if (!fact.member.IsNil()) out.set_member_id(fact.member.ToString());
  out.set_points(fact.points);
  out.set_debit(static_cast<v1::Account>(fact.debit));
  out.set_credit(static_cast<v1::Account>(fact.credit));
  if (const auto available = row.available_after()) out.set_available_points(*available);
  SetTime(fact.effective_at, *out.mutable_effective_at());
  SetTime(row.recorded_at, *out.mutable_recorded_at());
  out.set_actor(row.actor);
  out.set_source(fact.source);
  out.set_detail(fact.detail);
  if (const auto pending = AfterOf(row, ledger::Account::kPending))
    out.set_pending_points(*pending);
  if (const auto held = AfterOf(row, ledger::Account::kHeld)) out.set_held_points(*held);
  if (const auto debt = AfterOf(row, ledger::Account::kDebt)) out.set_debt_points(-*debt);
  if (!fact.about.IsNil()) out.set_about_id(ledger::AboutId(fact));
  if (!fact.budget.IsNil()) out.set_budget_id(fact.budget.ToString());
  if (fact.undoes != 0) out.set_undoes_sequence(fact.undoes);
  if (fact.lot && fact.lot->expires_at != absl::InfiniteFuture()) {
    SetTime(fact.lot->expires_at, *out.mutable_expires_at());
  }
}

void ToProto(const ledger::JournalRow& row, const std::vector<ledger::Unit>& units,
             v1::Entry& out) {
  ToProto(row, out);
  if (row.fact.debit != ledger::Account::kNone) out.set_unit(CodeOf(units, row.fact.unit));
}

void ToProto(const ledger::ListedAdjustment& adjustment, const std::string& unit,
             v1::Adjustment& out) {
  const ledger::JournalRow& request = adjustment.request;
  out.set_adjustment_id(AdjustmentId{request.fact.transaction.uuid}.ToString());
  out.set_member_id(request.fact.member.ToString());
  // What the journal does not say, verify tells of.
  out.set_points(PointsOfAdjustment(request.fact.detail).value_or(0));
  out.set_unit(unit);
  out.set_reason(request.fact.source);
  out.set_requested_by(request.actor);
  SetTime(request.recorded_at, *out.mutable_requested_at());
  out.set_state(v1::ADJUSTMENT_STATE_PENDING_APPROVAL);
  if (!adjustment.resolution) return;
  const bool rejected = adjustment.resolution->kind == ledger::FactKind::kAdjustmentRejected;
  out.set_state(rejected ? v1::ADJUSTMENT_STATE_REJECTED : v1::ADJUSTMENT_STATE_POSTED);
  out.set_resolved_by(adjustment.resolution->actor);
  SetTime(adjustment.resolution->recorded_at, *out.mutable_resolved_at());
  if (rejected) out.set_rejection_reason(adjustment.resolution->source);
}

void ToProto(const ledger::Damage& damage, v1::Damage& out) {
  out.set_check(damage.check);
  out.set_description(damage.description);
  if (damage.seq) out.set_sequence(*damage.seq);
}

void ToProto(const ledger::Program& program, v1::Program& out) {
  out.set_code(program.code);
  out.set_display_name(program.display_name);
  out.set_currency_code(program.currency_code);
  out.set_time_zone(program.time_zone);
  out.set_partition_count(program.partitions);
  SetTime(program.created_at, *out.mutable_created_at());
}

void ToProto(const ledger::Unit& unit, v1::Unit& out) {
  out.set_code(unit.code);
  out.set_display_name(unit.display_name);
  out.set_version(unit.version);
  if (unit.expiry != ledger::ExpiryKind::kNever) FillExpiry(unit, *out.mutable_expiry());
  out.set_rounding(static_cast<v1::Rounding>(unit.rounding));
  out.set_clawback(static_cast<v1::Clawback>(unit.clawback));
  out.set_transferable(unit.transferable);
  out.set_adjust_limit_points(unit.adjust_limit);
  out.set_max_hold_hours(unit.max_hold_hours);
  out.set_return_grace_days(unit.return_grace_days);
}

absl::StatusOr<ledger::Unit> UnitOf(const v1::Unit& unit) {
  if (!v1::Rounding_IsValid(unit.rounding())) {
    return FieldError(Reason::kFieldInvalid, "unit.rounding", "there is no such rounding");
  }
  if (!v1::Clawback_IsValid(unit.clawback())) {
    return FieldError(Reason::kFieldInvalid, "unit.clawback", "there is no such rule");
  }
  ledger::Unit draft;
  draft.code = unit.code();
  draft.display_name = unit.display_name();
  SetExpiry(unit.expiry(), draft);
  if (unit.rounding() != v1::ROUNDING_UNSPECIFIED) {
    draft.rounding = static_cast<ledger::Rounding>(unit.rounding());
  }
  if (unit.clawback() != v1::CLAWBACK_UNSPECIFIED) {
    draft.clawback = static_cast<ledger::Clawback>(unit.clawback());
  }
  draft.transferable = unit.transferable();
  draft.adjust_limit = unit.adjust_limit_points();
  draft.max_hold_hours = unit.max_hold_hours();
  draft.return_grace_days = unit.return_grace_days();
  return draft;
}

void KeepForMember(v1::Entry& entry) {
  entry.clear_actor();
  entry.clear_detail();
  if (entry.source() == ledger::kStaffSource) entry.clear_source();
}

void ToProto(const house::KeyRecord& key, const std::string& program_code, v1::Key& out) {
  out.set_key_id(key.key_id.ToString());
  out.set_role(static_cast<gratis::type::v1::Role>(key.role));
  out.set_program(program_code);
  out.set_label(key.label);
  SetTime(key.created_at, *out.mutable_created_at());
  if (key.revoked_at) SetTime(*key.revoked_at, *out.mutable_revoked_at());
  out.set_store(key.store);
  if (key.limit.calls_per_second != 0) {
    out.mutable_rate_limit()->set_calls_per_second(key.limit.calls_per_second);
    out.mutable_rate_limit()->set_burst_calls(key.limit.burst_calls);
  }
  out.set_generation(key.generation);
  if (key.rotated_at) SetTime(*key.rotated_at, *out.mutable_rotated_at());
  if (key.previous_until) SetTime(*key.previous_until, *out.mutable_previous_until());
  if (key.last_used_at) SetTime(*key.last_used_at, *out.mutable_last_used_at());
}

house::CallLimit LimitOf(const v1::RateLimit& limit) {
  return {.calls_per_second = limit.calls_per_second(), .burst_calls = limit.burst_calls()};
}

}  // namespace gratis::ledger_service
