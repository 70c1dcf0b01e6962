#include "services/thanks/trigger_body.h"

#include <nlohmann/json.hpp>

#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using nlohmann::json;

json ToJson(const TriggerVoucher& voucher) {
  return {{"kind", static_cast<int>(voucher.kind)}, {"worth", voucher.worth},
          {"basis_points", voucher.basis_points},   {"item", voucher.item},
          {"valid_days", voucher.valid_days},       {"evergreen", voucher.evergreen}};
}

// All of it but names and words, which are of people.
json Figures(const Trigger& trigger) {
  const TriggerAudience& audience = trigger.audience;
  json body{{"enabled", trigger.enabled},
            {"event", static_cast<int>(trigger.event)},
            {"nth", trigger.nth},
            {"every", trigger.every},
            {"gap_days", trigger.gap_days},
            {"delay_minutes", trigger.delay_minutes},
            {"stores", audience.stores},
            {"channels_bought", audience.channels},
            {"skus", audience.skus},
            {"categories", audience.categories},
            {"tiers", audience.tiers},
            {"lacking", audience.lacking},
            {"once_per_member", trigger.once_per_member},
            {"rest_days", trigger.rest_days},
            {"max_age_days", trigger.max_age_days},
            {"priority", trigger.priority},
            {"sender", trigger.sender_code},
            {"template", trigger.template_code},
            {"channels", trigger.channels},
            {"brand_story", trigger.brand_story},
            {"question", static_cast<int>(trigger.question)},
            {"points", trigger.points},
            {"task", trigger.task}};
  if (trigger.voucher) body["voucher"] = ToJson(*trigger.voucher);
  if (!trigger.budget.IsNil()) body["budget"] = trigger.budget.ToString();
  return body;
}

template <class T>
void Take(const json& body, const char* name, T& out) {
  if (const auto found = body.find(name); found != body.end()) found->get_to(out);
}

template <class Enum>
void TakeEnum(const json& body, const char* name, Enum& out) {
  if (const auto found = body.find(name); found != body.end()) {
    out = static_cast<Enum>(found->get<int16_t>());
  }
}

TriggerVoucher VoucherIn(const json& body) {
  TriggerVoucher voucher;
  TakeEnum(body, "kind", voucher.kind);
  Take(body, "worth", voucher.worth);
  Take(body, "basis_points", voucher.basis_points);
  Take(body, "item", voucher.item);
  Take(body, "valid_days", voucher.valid_days);
  Take(body, "evergreen", voucher.evergreen);
  return voucher;
}

absl::StatusOr<json> ParsedBody(std::string_view text) {
  json body = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (body.is_object()) return body;
  return Error(Reason::kInternal, "a stored trigger is not readable");
}

}  // namespace

std::string TriggerBody(const Trigger& trigger) {
  json body = Figures(trigger);
  body["sender_name"] = trigger.sender_name;
  body["receipt_line"] = trigger.receipt_line;
  return body.dump();
}

std::string TriggerFigures(const Trigger& trigger) {
  json body = Figures(trigger);
  body["trigger"] = trigger.code;
  body["trigger_version"] = trigger.version;
  return body.dump();
}

absl::StatusOr<Trigger> ParseTriggerBody(std::string_view text) {
  ASSIGN_OR_RETURN(const json body, ParsedBody(text));
  Trigger trigger;
  Take(body, "enabled", trigger.enabled);
  TakeEnum(body, "event", trigger.event);
  Take(body, "nth", trigger.nth);
  Take(body, "every", trigger.every);
  Take(body, "gap_days", trigger.gap_days);
  Take(body, "delay_minutes", trigger.delay_minutes);
  TriggerAudience& audience = trigger.audience;
  Take(body, "stores", audience.stores);
  Take(body, "channels_bought", audience.channels);
  Take(body, "skus", audience.skus);
  Take(body, "categories", audience.categories);
  Take(body, "tiers", audience.tiers);
  Take(body, "lacking", audience.lacking);
  Take(body, "once_per_member", trigger.once_per_member);
  Take(body, "rest_days", trigger.rest_days);
  Take(body, "max_age_days", trigger.max_age_days);
  Take(body, "priority", trigger.priority);
  Take(body, "sender", trigger.sender_code);
  Take(body, "sender_name", trigger.sender_name);
  Take(body, "template", trigger.template_code);
  Take(body, "channels", trigger.channels);
  Take(body, "brand_story", trigger.brand_story);
  TakeEnum(body, "question", trigger.question);
  Take(body, "points", trigger.points);
  Take(body, "task", trigger.task);
  Take(body, "receipt_line", trigger.receipt_line);
  if (const auto voucher = body.find("voucher"); voucher != body.end()) {
    trigger.voucher = VoucherIn(*voucher);
  }
  if (const auto budget = body.find("budget"); budget != body.end()) {
    ASSIGN_OR_RETURN(trigger.budget, BudgetId::Parse(budget->get<std::string>()));
  }
  return trigger;
}

std::string VoucherBody(const TriggerVoucher& voucher) { return ToJson(voucher).dump(); }

absl::StatusOr<TriggerVoucher> ParseVoucherBody(std::string_view text) {
  ASSIGN_OR_RETURN(const json body, ParsedBody(text));
  return VoucherIn(body);
}

}  // namespace gratis::thanks
