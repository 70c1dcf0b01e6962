#include "services/thanks/purchase_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using nlohmann::json;

absl::StatusOr<json> Parsed(std::string_view text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_object()) return parsed;
  return Error(Reason::kInternal, "a stored purchase or return is not readable");
}

// Ids that the engine wrote itself; nil for none.
template <class Id>
Id IdOf(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  return Id::Parse(found->get<std::string>()).value_or(Id{});
}

int64_t MicrosOf(absl::Time time) { return absl::ToUnixMicros(time); }
absl::Time TimeOf(const json& object, const char* name) {
  return absl::FromUnixMicros(object.at(name).get<int64_t>());
}

json ToJson(const Line& line) {
  json out{{"sku", line.sku},
           {"category", line.category},
           {"kind", line.kind},
           {"quantity", line.quantity},
           {"unit_price", line.unit_price_minor}};
  if (line.discount_minor != 0) out["discount"] = line.discount_minor;
  if (line.tax_minor != 0) out["tax"] = line.tax_minor;
  if (line.unfulfilled != 0) out["unfulfilled"] = line.unfulfilled;
  return out;
}

Line LineOf(const json& in) {
  return {.sku = in.at("sku").get<std::string>(),
          .category = in.at("category").get<std::string>(),
          .kind = in.at("kind").get<LineKind>(),
          .quantity = in.at("quantity").get<int64_t>(),
          .unit_price_minor = in.at("unit_price").get<int64_t>(),
          .discount_minor = in.value("discount", int64_t{0}),
          .tax_minor = in.value("tax", int64_t{0}),
          .unfulfilled = in.value("unfulfilled", int64_t{0})};
}

json ToJson(const LineTrace& trace) {
  json out{{"paid", trace.paid_minor},
           {"base", trace.base_minor},
           {"rate", trace.points_per_unit},
           {"points", trace.points}};
  if (trace.lowered_minor != 0) out["lowered"] = trace.lowered_minor;
  if (trace.note != LineNote::kNone) out["note"] = trace.note;
  if (!trace.rules.empty()) out["rules"] = trace.rules;
  return out;
}

LineTrace TraceOf(const json& in) {
  return {.paid_minor = in.at("paid").get<int64_t>(),
          .lowered_minor = in.value("lowered", int64_t{0}),
          .base_minor = in.at("base").get<int64_t>(),
          .points_per_unit = in.at("rate").get<int64_t>(),
          .points = in.at("points").get<int64_t>(),
          .note = in.value("note", LineNote::kNone),
          .rules = in.value("rules", std::vector<std::string>{})};
}

json ToJson(const CapTrace& cap) {
  json out{{"rule", cap.window.rule}, {"per", cap.window.per}, {"lines", cap.lines}};
  if (cap.window.per != CapPeriod::kPurchase) out["since"] = base::FormatDay(cap.window.since);
  if (cap.clipped != 0) out["clipped"] = cap.clipped;
  return out;
}

CapTrace CapOf(const json& in) {
  return {.window = {.rule = in.at("rule").get<std::string>(),
                     .per = in.at("per").get<CapPeriod>(),
                     .since = base::ParseDay(in.value("since", "")).value_or(absl::CivilDay())},
          .clipped = in.value("clipped", int64_t{0}),
          .lines = in.at("lines").get<std::vector<int32_t>>()};
}

json ToJson(const Payment& payment) {
  json out{{"kind", payment.kind}, {"tender", payment.tender}, {"amount", payment.amount_minor}};
  if (payment.worth != 0) out["worth"] = payment.worth;
  if (!payment.hold.IsNil()) out["hold"] = payment.hold.ToString();
  if (!payment.transaction.IsNil()) out["transaction"] = payment.transaction.ToString();
  return out;
}

Payment PaymentOf(const json& in) {
  return {.kind = in.at("kind").get<PaymentKind>(),
          .tender = in.at("tender").get<std::string>(),
          .amount_minor = in.at("amount").get<int64_t>(),
          .hold = IdOf<HoldId>(in, "hold"),
          .transaction = IdOf<TransactionId>(in, "transaction"),
          .worth = in.value("worth", int64_t{0})};
}

// As the one line of a mere total that earns by its currency's rate.
LineTrace TraceOfTotal(const Purchase& purchase) {
  LineTrace trace{.paid_minor = purchase.total.minor_units,
                  .base_minor = purchase.total.minor_units,
                  .points_per_unit = purchase.earning.points_per_unit,
                  .points = purchase.earning.points};
  if (purchase.earning.note == "NO_RATE") {
    trace.note = LineNote::kNoRate;
    trace.base_minor = 0;
  }
  return trace;
}

json MoreJson(const Purchase& purchase) {
  json more = json::object();
  for (const Line& line : purchase.lines) more["lines"].push_back(ToJson(line));
  for (const LineTrace& trace : purchase.traces) more["traces"].push_back(ToJson(trace));
  for (const Payment& payment : purchase.payments) more["payments"].push_back(ToJson(payment));
  if (!purchase.channel.empty()) more["channel"] = purchase.channel;
  if (!purchase.staff.empty()) more["staff"] = purchase.staff;
  if (!purchase.staff_member.IsNil()) more["staff_member"] = purchase.staff_member.ToString();
  if (purchase.tax_on_top) more["tax_on_top"] = true;
  if (purchase.pending.waits()) {
    more["pending_days"] = purchase.pending.days_after_delivery;
    more["pending_until"] = MicrosOf(purchase.pending.latest_at);
  }
  const ForOrganization& organization = purchase.for_organization;
  if (!organization.organization.IsNil()) {
    more["organization"] = organization.organization.ToString();
    more["organization_transaction"] = organization.transaction.ToString();
    more["organization_points"] = organization.points;
  }
  for (const PaidByBudget& part : purchase.by_budgets) {
    more["budgets"].push_back({{"budget", part.budget.ToString()}, {"points", part.points}});
  }
  for (const CapTrace& cap : purchase.caps) more["caps"].push_back(ToJson(cap));
  if (!purchase.earning.tier.empty()) more["tier"] = purchase.earning.tier;
  return more;
}

void ReadMoreJson(const json& more, Purchase& purchase) {
  for (const json& line : more.value("lines", json::array())) {
    purchase.lines.push_back(LineOf(line));
  }
  for (const json& trace : more.value("traces", json::array())) {
    purchase.traces.push_back(TraceOf(trace));
  }
  for (const json& payment : more.value("payments", json::array())) {
    purchase.payments.push_back(PaymentOf(payment));
  }
  for (const json& part : more.value("budgets", json::array())) {
    purchase.by_budgets.push_back(
        {IdOf<BudgetId>(part, "budget"), part.at("points").get<int64_t>()});
  }
  for (const json& cap : more.value("caps", json::array())) purchase.caps.push_back(CapOf(cap));
  purchase.earning.tier = more.value("tier", "");
  purchase.channel = more.value("channel", "");
  purchase.staff = more.value("staff", "");
  purchase.staff_member = IdOf<MemberId>(more, "staff_member");
  purchase.tax_on_top = more.value("tax_on_top", false);
  if (more.contains("pending_until")) {
    purchase.pending = {.days_after_delivery = more.at("pending_days").get<int32_t>(),
                        .latest_at = TimeOf(more, "pending_until")};
  }
  purchase.for_organization = {.organization = IdOf<MemberId>(more, "organization"),
                               .transaction = IdOf<TransactionId>(more, "organization_transaction"),
                               .points = more.value("organization_points", int64_t{0})};
}

json ToJson(const Returning& returning) {
  json out = json::object();
  for (const Returning::OfLine& of : returning.lines) {
    out["lines"].push_back(
        {{"line", of.line}, {"quantity", of.quantity}, {"amount", of.amount_minor}});
  }
  if (returning.amount_minor != 0) {
    out["amount"] = returning.amount_minor;
    out["currency"] = returning.currency_code;
  }
  if (returning.everything) out["everything"] = true;
  return out;
}

Returning ReturningOf(const json& in) {
  Returning returning{.amount_minor = in.value("amount", int64_t{0}),
                      .currency_code = in.value("currency", ""),
                      .everything = in.value("everything", false)};
  for (const json& of : in.value("lines", json::array())) {
    returning.lines.push_back({.line = of.at("line").get<int32_t>(),
                               .quantity = of.at("quantity").get<int64_t>(),
                               .amount_minor = of.at("amount").get<int64_t>()});
  }
  return returning;
}

}  // namespace

std::optional<std::string> MoreOf(const Purchase& purchase) {
  const bool is_mere_total =
      purchase.lines.empty() && purchase.payments.empty() && purchase.channel.empty() &&
      purchase.staff.empty() && purchase.staff_member.IsNil() && !purchase.tax_on_top &&
      !purchase.pending.waits() && purchase.for_organization.organization.IsNil() &&
      purchase.by_budgets.empty() && purchase.caps.empty() && purchase.earning.tier.empty() &&
      purchase.traces.size() == 1 && purchase.traces[0] == TraceOfTotal(purchase);
  if (is_mere_total) return std::nullopt;
  return MoreJson(purchase).dump();
}

absl::Status ReadMore(std::optional<std::string_view> more, Purchase& purchase) {
  if (more) {
    ASSIGN_OR_RETURN(const json parsed, Parsed(*more));
    ReadMoreJson(parsed, purchase);
  }
  if (purchase.traces.empty()) purchase.traces = {TraceOfTotal(purchase)};
  return absl::OkStatus();
}

std::string WholeOf(const Purchase& purchase) {
  json whole = MoreJson(purchase);
  const OrderKey& order = purchase.order;
  whole["source"] = order.source;
  whole["order_id"] = order.order_id;
  whole["store"] = order.store;
  if (order.is_receipt()) {
    whole["till"] = order.till;
    whole["business_date"] = base::FormatDay(order.business_date);
    whole["receipt"] = order.receipt;
  }
  whole["currency"] = purchase.total.currency_code;
  whole["total"] = purchase.total.minor_units;
  whole["items"] = purchase.item_count;
  whole["purchased_at"] = MicrosOf(purchase.purchased_at);
  whole["recorded_at"] = MicrosOf(purchase.recorded_at);
  return whole.dump();
}

absl::Status ReadWhole(std::string_view body, Purchase& purchase) {
  ASSIGN_OR_RETURN(const json whole, Parsed(body));
  OrderKey& order = purchase.order;
  order.source = whole.at("source").get<std::string>();
  order.order_id = whole.at("order_id").get<std::string>();
  order.store = whole.at("store").get<std::string>();
  order.till = whole.value("till", "");
  order.receipt = whole.value("receipt", "");
  if (order.is_receipt()) {
    ASSIGN_OR_RETURN(order.business_date,
                     base::ParseDay(whole.at("business_date").get<std::string>()));
  }
  purchase.total = {whole.at("currency").get<std::string>(), whole.at("total").get<int64_t>()};
  purchase.item_count = whole.at("items").get<int32_t>();
  purchase.purchased_at = TimeOf(whole, "purchased_at");
  purchase.recorded_at = TimeOf(whole, "recorded_at");
  ReadMoreJson(whole, purchase);
  return absl::OkStatus();
}

std::string BodyOf(const Return& came) {
  json body = ToJson(came.returning);
  if (!came.brought_back.empty()) body["brought_back"] = came.brought_back;
  if (!came.refused.empty()) body["refused"] = came.refused;
  return body.dump();
}

absl::Status ReadBody(std::string_view text, Return& came) {
  ASSIGN_OR_RETURN(const json body, Parsed(text));
  came.returning = ReturningOf(body);
  came.brought_back = body.value("brought_back", std::vector<int64_t>{});
  came.refused = body.value("refused", "");
  return absl::OkStatus();
}

std::string WholeOf(const Return& came) {
  json whole = ToJson(came.returning);
  whole["return_id"] = came.return_id;
  whole["returned_at"] = MicrosOf(came.returned_at);
  return whole.dump();
}

absl::Status ReadWhole(std::string_view body, Return& came) {
  ASSIGN_OR_RETURN(const json whole, Parsed(body));
  came.returning = ReturningOf(whole);
  came.return_id = whole.at("return_id").get<std::string>();
  came.returned_at = TimeOf(whole, "returned_at");
  return absl::OkStatus();
}

std::string DeliveredOf(absl::Time delivered_at) {
  json whole = json::object();
  whole["delivered_at"] = MicrosOf(delivered_at);
  return whole.dump();
}

std::optional<absl::Time> ReadDelivered(std::string_view body) {
  const absl::StatusOr<json> parsed = Parsed(body);
  if (!parsed.ok() || !parsed->contains("delivered_at")) return std::nullopt;
  return TimeOf(*parsed, "delivered_at");
}

}  // namespace gratis::thanks
