#include "services/thanks/trigger_contract.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

constexpr int32_t kUsualAgeDays = 7;  // where nothing is said

template <class Repeated>
std::vector<std::string> Listed(const Repeated& repeated) {
  return {repeated.begin(), repeated.end()};
}

template <class Repeated>
void List(const std::vector<std::string>& list, Repeated& repeated) {
  for (const std::string& one : list) *repeated.Add() = one;
}

void ParseWhen(const v1::Trigger& message, Trigger& trigger) {
  trigger.code = message.code();
  trigger.enabled = message.enabled();
  trigger.event = static_cast<TriggerEvent>(message.event());
  trigger.nth = message.nth();
  trigger.every = message.every();
  trigger.gap_days = message.gap_days();
  trigger.delay_minutes = message.delay_minutes();
  const v1::TriggerAudience& audience = message.audience();
  trigger.audience = {.stores = Listed(audience.stores()),
                      .channels = Listed(audience.channels()),
                      .skus = Listed(audience.skus()),
                      .categories = Listed(audience.categories()),
                      .tiers = Listed(audience.tiers()),
                      .lacking = audience.lacking()};
  trigger.once_per_member = message.once_per_member();
  trigger.rest_days = message.rest_days();
  trigger.max_age_days = message.max_age_days() == 0 ? kUsualAgeDays : message.max_age_days();
  trigger.priority = message.priority();
}

}  // namespace

absl::StatusOr<TriggerVoucher> ParseVoucher(const v1::TriggerVoucher& message,
                                            std::string_view field,
                                            std::string_view currency_code) {
  TriggerVoucher voucher{.valid_days = message.valid_days(), .evergreen = message.evergreen()};
  switch (message.worth_case()) {
    case v1::TriggerVoucher::kFixed:
      voucher.kind = ledger::VoucherKind::kFixed;
      if (message.fixed().currency_code() != currency_code) {
        return FieldError(Reason::kInvalidCurrency,
                          absl::StrCat(base::Abs(field), ".fixed.currency_code"),
                          absl::StrCat("the program's vouchers are in ", base::Abs(currency_code)));
      }
      voucher.worth = message.fixed().minor_units();
      break;
    case v1::TriggerVoucher::kBasisPoints:
      voucher.kind = ledger::VoucherKind::kPercentage;
      voucher.basis_points = message.basis_points();
      break;
    case v1::TriggerVoucher::kItem:
      voucher.kind = ledger::VoucherKind::kItem;
      voucher.item = message.item();
      break;
    case v1::TriggerVoucher::WORTH_NOT_SET:
      return FieldError(Reason::kFieldMissing, field, "a voucher of what?");
  }
  return voucher;
}

absl::StatusOr<Trigger> ParseTrigger(const v1::Trigger& message, std::string_view currency_code) {
  Trigger trigger;
  ParseWhen(message, trigger);
  trigger.sender_code = message.sender().code();
  trigger.sender_name = message.sender().name();
  trigger.template_code = message.template_();
  trigger.channels = Listed(message.channels());
  trigger.brand_story = message.brand_story();
  trigger.question = static_cast<Question>(message.question());
  trigger.points = message.points();
  if (message.has_voucher()) {
    ASSIGN_OR_RETURN(trigger.voucher,
                     ParseVoucher(message.voucher(), "trigger.voucher", currency_code));
  }
  if (!message.budget_id().empty()) {
    const absl::StatusOr<BudgetId> budget = BudgetId::Parse(message.budget_id());
    if (!budget.ok()) return InField(budget.status(), "trigger.budget_id");
    trigger.budget = *budget;
  }
  trigger.task = message.task();
  trigger.receipt_line = message.receipt_line();
  RETURN_IF_ERROR(CheckTrigger(trigger));
  return trigger;
}

absl::StatusOr<TriggerLimits> ParseLimits(const v1::TriggerLimits& message) {
  const TriggerLimits limits{.most = message.most(), .within_days = message.within_days()};
  RETURN_IF_ERROR(CheckLimits(limits));
  return limits;
}

v1::TriggerVoucher ToContract(const TriggerVoucher& voucher, std::string_view currency_code) {
  v1::TriggerVoucher message;
  switch (voucher.kind) {
    case ledger::VoucherKind::kFixed:
      rpc::SetMoney({std::string(currency_code), voucher.worth}, *message.mutable_fixed());
      break;
    case ledger::VoucherKind::kPercentage:
      message.set_basis_points(voucher.basis_points);
      break;
    case ledger::VoucherKind::kItem:
      message.set_item(voucher.item);
      break;
  }
  message.set_valid_days(voucher.valid_days);
  message.set_evergreen(voucher.evergreen);
  return message;
}

v1::Trigger ToContract(const Trigger& trigger, std::string_view currency_code) {
  v1::Trigger message;
  message.set_code(trigger.code);
  message.set_version(trigger.version);
  message.set_enabled(trigger.enabled);
  message.set_event(static_cast<v1::TriggerEvent>(trigger.event));
  message.set_nth(trigger.nth);
  message.set_every(trigger.every);
  message.set_gap_days(trigger.gap_days);
  message.set_delay_minutes(trigger.delay_minutes);
  if (trigger.audience != TriggerAudience()) {
    v1::TriggerAudience& audience = *message.mutable_audience();
    List(trigger.audience.stores, *audience.mutable_stores());
    List(trigger.audience.channels, *audience.mutable_channels());
    List(trigger.audience.skus, *audience.mutable_skus());
    List(trigger.audience.categories, *audience.mutable_categories());
    List(trigger.audience.tiers, *audience.mutable_tiers());
    audience.set_lacking(trigger.audience.lacking);
  }
  message.set_once_per_member(trigger.once_per_member);
  message.set_rest_days(trigger.rest_days);
  message.set_max_age_days(trigger.max_age_days);
  message.set_priority(trigger.priority);
  if (!trigger.sender_code.empty() || !trigger.sender_name.empty()) {
    message.mutable_sender()->set_code(trigger.sender_code);
    message.mutable_sender()->set_name(trigger.sender_name);
  }
  message.set_template_(trigger.template_code);
  List(trigger.channels, *message.mutable_channels());
  message.set_brand_story(trigger.brand_story);
  message.set_question(static_cast<v1::TriggerQuestion>(trigger.question));
  message.set_points(trigger.points);
  if (trigger.voucher) *message.mutable_voucher() = ToContract(*trigger.voucher, currency_code);
  if (!trigger.budget.IsNil()) message.set_budget_id(trigger.budget.ToString());
  message.set_task(trigger.task);
  message.set_receipt_line(trigger.receipt_line);
  message.set_purpose(static_cast<v1::TriggerPurpose>(PurposeOf(trigger)));
  message.set_by_profile(PicksByProfile(trigger));
  if (trigger.set_at > absl::InfinitePast())
    rpc::SetTime(trigger.set_at, *message.mutable_set_at());
  return message;
}

v1::TriggerLimits ToContract(const TriggerLimits& limits) {
  v1::TriggerLimits message;
  message.set_most(limits.most);
  message.set_within_days(limits.within_days);
  message.set_version(limits.version);
  return message;
}

v1::TriggerResult ToContract(const ToldResult& told, std::string_view currency_code,
                             const absl::TimeZone& zone) {
  const TriggerResult& result = told.result;
  v1::TriggerResult message;
  message.set_trigger(result.trigger);
  message.set_trigger_version(result.version);
  message.set_outcome(static_cast<v1::TriggerOutcome>(result.outcome));
  message.set_why(static_cast<v1::TriggerWhy>(result.why));
  message.set_sentence(SentenceOf(result, told.trigger, currency_code, zone));
  if (!result.purchase.IsNil()) message.set_purchase_id(result.purchase.ToString());
  if (result.due_at > absl::InfinitePast()) rpc::SetTime(result.due_at, *message.mutable_due_at());
  if (result.decided_at > absl::InfinitePast()) {
    rpc::SetTime(result.decided_at, *message.mutable_decided_at());
  }
  message.set_points(result.points);
  if (!result.voucher.IsNil()) message.set_voucher_id(result.voucher.ToString());
  if (!result.transaction.IsNil()) message.set_transaction_id(result.transaction.ToString());
  message.set_position(result.position);
  for (const messages::v1::Message& said : told.said) *message.add_messages() = said;
  return message;
}

std::string TriggerAnswer(const Trigger& trigger, std::string_view currency_code) {
  v1::SetTriggerResponse response;
  *response.mutable_trigger() = ToContract(trigger, currency_code);
  return response.SerializeAsString();
}

std::string LimitsAnswer(const TriggerLimits& limits) {
  v1::SetTriggerLimitsResponse response;
  *response.mutable_limits() = ToContract(limits);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
