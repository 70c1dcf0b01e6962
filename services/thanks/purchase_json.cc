#include "services/thanks/purchase_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/json_object.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using base::JsonObject;
using nlohmann::json;

absl::StatusOr<json> ParsedPurchase(std::string_view text) {
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

std::string NumberJson(int64_t number) { return absl::StrCat(number); }

std::string LineJson(const Line& line) {
  JsonObject out;
  out.Text("sku", line.sku)
      .Text("category", line.category)
      .Number("kind", static_cast<int64_t>(line.kind))
      .Number("quantity", line.quantity)
      .Number("unit_price", line.unit_price_minor);
  if (line.discount_minor != 0) out.Number("discount", line.discount_minor);
  if (line.tax_minor != 0) out.Number("tax", line.tax_minor);
  if (line.unfulfilled != 0) out.Number("unfulfilled", line.unfulfilled);
  return out.Take();
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

std::string TraceJson(const LineTrace& trace) {
  JsonObject out;
  out.Number("paid", trace.paid_minor)
      .Number("base", trace.base_minor)
      .Number("rate", trace.points_per_unit)
      .Number("points", trace.points);
  if (trace.lowered_minor != 0) out.Number("lowered", trace.lowered_minor);
  if (trace.note != LineNote::kNone) out.Number("note", static_cast<int64_t>(trace.note));
  out.List("rules", trace.rules, base::JsonString);
  return out.Take();
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

std::string CapJson(const CapTrace& cap) {
  JsonObject out;
  out.Text("rule", cap.window.rule)
      .Number("per", static_cast<int64_t>(cap.window.per))
      .List("lines", cap.lines, NumberJson);
  if (cap.window.per != CapPeriod::kPurchase) out.Text("since", base::FormatDay(cap.window.since));
  if (cap.clipped != 0) out.Number("clipped", cap.clipped);
  return out.Take();
}

CapTrace CapOf(const json& in) {
  return {.window = {.rule = in.at("rule").get<std::string>(),
                     .per = in.at("per").get<CapPeriod>(),
                     .since = base::ParseDay(in.value("since", "")).value_or(absl::CivilDay())},
          .clipped = in.value("clipped", int64_t{0}),
          .lines = in.value("lines", std::vector<int32_t>{})};
}

std::string PaymentJson(const Payment& payment) {
  JsonObject out;
  out.Number("kind", static_cast<int64_t>(payment.kind))
      .Text("tender", payment.tender)
      .Number("amount", payment.amount_minor);
  if (payment.worth != 0) out.Number("worth", payment.worth);
  if (!payment.hold.IsNil()) out.Text("hold", payment.hold.ToString());
  if (!payment.transaction.IsNil()) out.Text("transaction", payment.transaction.ToString());
  if (!payment.of.IsNil()) out.Text("of", payment.of.ToString());
  return out.Take();
}

Payment PaymentOf(const json& in) {
  return {.kind = in.at("kind").get<PaymentKind>(),
          .tender = in.at("tender").get<std::string>(),
          .amount_minor = in.at("amount").get<int64_t>(),
          .hold = IdOf<HoldId>(in, "hold"),
          .transaction = IdOf<TransactionId>(in, "transaction"),
          .worth = in.value("worth", int64_t{0}),
          .of = IdOf<MemberId>(in, "of")};
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

std::string PartJson(const PaidByBudget& part) {
  return JsonObject().Text("budget", part.budget.ToString()).Number("points", part.points).Take();
}

JsonObject MoreJson(const Purchase& purchase) {
  JsonObject more;
  more.List("lines", purchase.lines, LineJson)
      .List("traces", purchase.traces, TraceJson)
      .List("payments", purchase.payments, PaymentJson);
  if (!purchase.channel.empty()) more.Text("channel", purchase.channel);
  if (!purchase.staff.empty()) more.Text("staff", purchase.staff);
  if (!purchase.staff_member.IsNil()) more.Text("staff_member", purchase.staff_member.ToString());
  if (purchase.tax_on_top) more.Truth("tax_on_top", true);
  if (purchase.pending.waits()) {
    more.Number("pending_days", purchase.pending.days_after_delivery)
        .Number("pending_until", MicrosOf(purchase.pending.latest_at));
  }
  const ForOrganization& organization = purchase.for_organization;
  if (!organization.organization.IsNil()) {
    more.Text("organization", organization.organization.ToString())
        .Text("organization_transaction", organization.transaction.ToString())
        .Number("organization_points", organization.points);
  }
  more.List("budgets", purchase.by_budgets, PartJson).List("caps", purchase.caps, CapJson);
  if (!purchase.earning.tier.empty()) more.Text("tier", purchase.earning.tier);
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

std::string OfLineJson(const Returning::OfLine& of) {
  return JsonObject()
      .Number("line", of.line)
      .Number("quantity", of.quantity)
      .Number("amount", of.amount_minor)
      .Take();
}

JsonObject ReturningJson(const Returning& returning) {
  JsonObject out;
  out.List("lines", returning.lines, OfLineJson);
  if (returning.amount_minor != 0) {
    out.Number("amount", returning.amount_minor).Text("currency", returning.currency_code);
  }
  if (returning.everything) out.Truth("everything", true);
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
  return MoreJson(purchase).Take();
}

absl::Status ReadMore(std::optional<std::string_view> more, Purchase& purchase) {
  if (more) {
    ASSIGN_OR_RETURN(const json parsed, ParsedPurchase(*more));
    ReadMoreJson(parsed, purchase);
  }
  if (purchase.traces.empty()) purchase.traces = {TraceOfTotal(purchase)};
  return absl::OkStatus();
}

std::string WholeOf(const Purchase& purchase) {
  JsonObject whole = MoreJson(purchase);
  const OrderKey& order = purchase.order;
  whole.Text("source", order.source).Text("order_id", order.order_id).Text("store", order.store);
  if (order.is_receipt()) {
    whole.Text("till", order.till)
        .Text("business_date", base::FormatDay(order.business_date))
        .Text("receipt", order.receipt);
  }
  whole.Text("currency", purchase.total.currency_code)
      .Number("total", purchase.total.minor_units)
      .Number("items", purchase.item_count)
      .Number("purchased_at", MicrosOf(purchase.purchased_at))
      .Number("recorded_at", MicrosOf(purchase.recorded_at));
  return whole.Take();
}

absl::Status ReadWhole(std::string_view body, Purchase& purchase) {
  ASSIGN_OR_RETURN(const json whole, ParsedPurchase(body));
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
  JsonObject body = ReturningJson(came.returning);
  body.List("brought_back", came.brought_back, NumberJson);
  if (!came.refused.empty()) body.Text("refused", came.refused);
  return body.Take();
}

absl::Status ReadBody(std::string_view text, Return& came) {
  ASSIGN_OR_RETURN(const json body, ParsedPurchase(text));
  came.returning = ReturningOf(body);
  came.brought_back = body.value("brought_back", std::vector<int64_t>{});
  came.refused = body.value("refused", "");
  return absl::OkStatus();
}

std::string WholeOf(const Return& came) {
  return ReturningJson(came.returning)
      .Text("return_id", came.return_id)
      .Number("returned_at", MicrosOf(came.returned_at))
      .Take();
}

absl::Status ReadWhole(std::string_view body, Return& came) {
  ASSIGN_OR_RETURN(const json whole, ParsedPurchase(body));
  came.returning = ReturningOf(whole);
  came.return_id = whole.at("return_id").get<std::string>();
  came.returned_at = TimeOf(whole, "returned_at");
  return absl::OkStatus();
}

std::string DeliveredOf(absl::Time delivered_at) {
  return JsonObject().Number("delivered_at", MicrosOf(delivered_at)).Take();
}

std::optional<absl::Time> ReadDelivered(std::string_view body) {
  const absl::StatusOr<json> parsed = ParsedPurchase(body);
  if (!parsed.ok() || !parsed->contains("delivered_at")) return std::nullopt;
  return TimeOf(*parsed, "delivered_at");
}

}  // namespace gratis::thanks
