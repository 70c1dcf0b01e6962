#include "services/thanks/purchase_contract.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/voucher_code.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/field_checks.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/thanks_contract.h"

namespace gratis::thanks {
namespace {

constexpr int kMaxPurchaseLines = 500;
constexpr int kMaxPayments = 20;
constexpr int64_t kMaxQuantity = 1'000'000;
constexpr int64_t kMaxMinor = 1'000'000'000'000'000;
constexpr size_t kMaxPurchaseCode = 64;
constexpr char kPoints[] = "points";
constexpr char kVoucher[] = "voucher";

absl::StatusOr<Line> ParseLine(const v1::PurchaseLine& message) {
  RETURN_IF_ERROR(CheckLength("lines.sku", message.sku(), kMaxPurchaseCode));
  RETURN_IF_ERROR(CheckLength("lines.category", message.category(), kMaxPurchaseCode));
  if (!v1::LineKind_IsValid(message.kind())) {
    return FieldError(Reason::kFieldInvalid, "lines.kind", "there is no such kind of line");
  }
  RETURN_IF_ERROR(CheckRange("lines.quantity", message.quantity(), 1, kMaxQuantity));
  RETURN_IF_ERROR(CheckRange("lines.unit_price_minor", message.unit_price_minor(), 0, kMaxMinor));
  RETURN_IF_ERROR(CheckRange("lines.discount_minor", message.discount_minor(), 0, kMaxMinor));
  RETURN_IF_ERROR(CheckRange("lines.tax_minor", message.tax_minor(), 0, kMaxMinor));
  RETURN_IF_ERROR(CheckRange("lines.unfulfilled", message.unfulfilled(), 0, kMaxQuantity));
  const bool said = message.kind() != v1::LINE_KIND_UNSPECIFIED;
  return Line{.sku = message.sku(),
              .category = message.category(),
              .kind = said ? static_cast<LineKind>(message.kind()) : LineKind::kProduct,
              .quantity = message.quantity(),
              .unit_price_minor = message.unit_price_minor(),
              .discount_minor = message.discount_minor(),
              .tax_minor = message.tax_minor(),
              .unfulfilled = message.unfulfilled()};
}

absl::StatusOr<Payment> ParsePayment(const v1::PurchasePayment& message) {
  if (!IsCode(message.tender())) {
    return FieldError(message.tender().empty() ? Reason::kFieldMissing : Reason::kFieldInvalid,
                      "payments.tender", "a tender is 1 to 40 of a-z, 0-9 and -, such as \"card\"");
  }
  RETURN_IF_ERROR(CheckRange("payments.amount_minor", message.amount_minor(), 0, kMaxMinor));
  Payment payment{.tender = message.tender(), .amount_minor = message.amount_minor()};
  if (!message.hold_id().empty() && !message.transaction_id().empty()) {
    return FieldError(Reason::kFieldInvalid, "payments.hold_id",
                      "what paid is either on hold or spent already");
  }
  if (!message.hold_id().empty()) {
    absl::StatusOr<HoldId> hold = HoldId::Parse(message.hold_id());
    if (!hold.ok()) return InField(hold.status(), "payments.hold_id");
    payment.hold = *hold;
  }
  if (!message.transaction_id().empty()) {
    absl::StatusOr<TransactionId> transaction = TransactionId::Parse(message.transaction_id());
    if (!transaction.ok()) return InField(transaction.status(), "payments.transaction_id");
    payment.transaction = *transaction;
  }
  const bool of_ledger = !payment.hold.IsNil() || !payment.transaction.IsNil();
  if (of_ledger || payment.tender == kPoints) payment.kind = PaymentKind::kPoints;
  if (payment.tender == kVoucher) payment.kind = PaymentKind::kVoucher;
  return payment;
}

absl::Status ParseTotal(const v1::RecordPurchaseRequest& request, PurchaseOrder& order) {
  if (!request.has_total()) {
    return FieldError(Reason::kFieldMissing, "total", "a purchase needs the amount paid");
  }
  ASSIGN_OR_RETURN(order.total, rpc::ParseMoney(request.total(), "total"));
  if (order.total.minor_units < 0) {
    return FieldError(Reason::kInvalidAmount, "total.minor_units",
                      "the amount paid is 0 or more; a return is no purchase");
  }
  return absl::OkStatus();
}

absl::Status ParseBasket(const v1::RecordPurchaseRequest& request, PurchaseOrder& order) {
  if (request.lines_size() > kMaxPurchaseLines || request.payments_size() > kMaxPayments) {
    return FieldError(Reason::kFieldInvalid,
                      request.lines_size() > kMaxPurchaseLines ? "lines" : "payments",
                      absl::StrCat("a purchase has at most ", kMaxPurchaseLines, " lines and ",
                                   kMaxPayments, " payments"));
  }
  for (const v1::PurchaseLine& line : request.lines()) {
    ASSIGN_OR_RETURN(Line parsed, ParseLine(line));
    order.lines.push_back(std::move(parsed));
  }
  for (const v1::PurchasePayment& payment : request.payments()) {
    ASSIGN_OR_RETURN(Payment parsed, ParsePayment(payment));
    if (order.member.IsNil() && (!parsed.hold.IsNil() || !parsed.transaction.IsNil())) {
      return FieldError(Reason::kFieldInvalid, "payments",
                        "points and vouchers are a member's; say whose");
    }
    order.payments.push_back(std::move(parsed));
  }
  order.tax_on_top = request.tax_on_top();
  return absl::OkStatus();
}

absl::Status ParseCircumstances(const v1::RecordPurchaseRequest& request, PurchaseOrder& order) {
  if (!request.channel().empty() && !IsCode(request.channel())) {
    return FieldError(Reason::kFieldInvalid, "channel",
                      "a channel is at most 40 of a-z, 0-9 and -, such as \"web\"");
  }
  order.channel = request.channel();
  RETURN_IF_ERROR(CheckLength("staff_id", request.staff_id(), kMaxPurchaseCode));
  order.staff = request.staff_id();
  if (!request.staff_member_id().empty()) {
    ASSIGN_OR_RETURN(order.staff_member, ParseMember(request.staff_member_id(), "staff_member_id"));
  }
  if (request.organization_id().empty()) return absl::OkStatus();
  if (order.member.IsNil()) {
    return FieldError(Reason::kFieldMissing, "member_id",
                      "a purchase for an organization is made by one of its members");
  }
  ASSIGN_OR_RETURN(order.organization, ParseMember(request.organization_id(), "organization_id"));
  return absl::OkStatus();
}

absl::Status ParseAllButOrder(const v1::RecordPurchaseRequest& request, PurchaseOrder& order) {
  if (!request.member_id().empty()) {
    ASSIGN_OR_RETURN(order.member, ParseMember(request.member_id(), "member_id"));
  }
  RETURN_IF_ERROR(ParseTotal(request, order));
  if (request.item_count() < 0) {
    return FieldError(Reason::kFieldInvalid, "item_count", "a number of items is 0 or more");
  }
  order.item_count = request.item_count();
  if (request.has_purchased_at()) {
    ASSIGN_OR_RETURN(order.purchased_at, rpc::ParseTime(request.purchased_at(), "purchased_at"));
  }
  RETURN_IF_ERROR(ParseBasket(request, order));
  return ParseCircumstances(request, order);
}

// What of its points waits, and until when at the latest.
template <class Response>
void PutPending(const Recorded& recorded, Response& response) {
  const Purchase& purchase = recorded.purchase;
  const absl::Time at = AvailableAt(purchase.pending, purchase.delivered_at);
  if (at <= purchase.recorded_at) return;
  response.set_pending_points(purchase.earning.points - purchase.returned.points_taken);
  rpc::SetTime(at, *response.mutable_points_available_at());
}

void PutRecorded(const Recorded& recorded, const ThankYouTrigger& trigger,
                 v1::RecordPurchaseResponse& response) {
  const Purchase& purchase = recorded.purchase;
  response.set_points(purchase.earning.points);
  if (recorded.available_points) response.set_available_points(*recorded.available_points);
  if (!purchase.member.IsNil()) {
    *response.mutable_thank_you() = ToContract(purchase.thank_you, trigger);
  }
  response.set_organization_points(purchase.for_organization.points);
  for (size_t i = 0; i < purchase.lines.size(); ++i) {
    ToContract(purchase.traces[i], *response.add_lines());
  }
  for (const CapTrace& cap : purchase.caps) {
    ToContract(cap, purchase.traces, *response.add_caps());
  }
  response.set_returned_points(recorded.returned_points);
  PutPending(recorded, response);
  // How often somebody buys is theirs to know, as their balance is.
  if (recorded.available_points) response.set_position(purchase.position);
  PutFollowed(recorded.followed, response);
}

void PutLines(const Purchase& purchase, v1::Purchase& message) {
  const std::vector<int64_t> returned = ReturnedMinor(purchase, purchase.returned);
  int64_t sum = 0;
  for (size_t i = 0; i < purchase.traces.size(); ++i) {
    v1::RecordedLine& out = *message.add_lines();
    if (i < purchase.lines.size()) {
      const Line& line = purchase.lines[i];
      v1::PurchaseLine& told = *out.mutable_line();
      told.set_sku(line.sku);
      told.set_category(line.category);
      told.set_kind(static_cast<v1::LineKind>(line.kind));
      told.set_quantity(line.quantity);
      told.set_unit_price_minor(line.unit_price_minor);
      told.set_discount_minor(line.discount_minor);
      told.set_tax_minor(line.tax_minor);
      told.set_unfulfilled(line.unfulfilled);
    }
    ToContract(purchase.traces[i], *out.mutable_trace());
    out.set_returned_quantity(purchase.returned.lines[i].quantity);
    rpc::SetMoney({purchase.total.currency_code, returned[i]}, *out.mutable_returned());
    sum += returned[i];
  }
  rpc::SetMoney({purchase.total.currency_code, sum}, *message.mutable_returned());
}

void PutPayments(const Purchase& purchase, v1::Purchase& message) {
  for (size_t i = 0; i < purchase.payments.size(); ++i) {
    const Payment& payment = purchase.payments[i];
    v1::RecordedPayment& out = *message.add_payments();
    out.mutable_payment()->set_tender(payment.tender);
    out.mutable_payment()->set_amount_minor(payment.amount_minor);
    if (!payment.hold.IsNil()) out.mutable_payment()->set_hold_id(payment.hold.ToString());
    if (!payment.transaction.IsNil()) {
      out.mutable_payment()->set_transaction_id(payment.transaction.ToString());
    }
    out.set_worth(payment.worth);
    out.set_brought_back(purchase.returned.brought_back[i]);
  }
}

}  // namespace

absl::StatusOr<PurchaseOrder> ParsePurchase(const v1::RecordPurchaseRequest& request,
                                            absl::Time now) {
  PurchaseOrder order{.purchased_at = now};
  ASSIGN_OR_RETURN(order.order, ParseOrderKey(request.order()));
  RETURN_IF_ERROR(ParseAllButOrder(request, order));
  return order;
}

absl::StatusOr<PurchaseOrder> ParseQuote(const v1::QuoteRequest& request, absl::Time now) {
  const v1::OrderKey& key = request.purchase().order();
  PurchaseOrder order{.order = {.source = key.source(), .store = key.store()}, .purchased_at = now};
  if (!key.order_id().empty() || !key.receipt().empty()) {
    ASSIGN_OR_RETURN(order.order, ParseOrderKey(key));
  }
  RETURN_IF_ERROR(InField(ParseAllButOrder(request.purchase(), order), "purchase"));
  return order;
}

absl::StatusOr<std::optional<OrderKey>> ParseSameAs(const v1::RecordPurchaseRequest& request,
                                                    const OrderKey& order) {
  if (!request.has_same_as()) return std::nullopt;
  ASSIGN_OR_RETURN(OrderKey other, ParseOrderKey(request.same_as(), "same_as"));
  if (NameOf(other) == NameOf(order)) {
    return FieldError(Reason::kFieldInvalid, "same_as", "it is the order's own name");
  }
  return other;
}

absl::StatusOr<std::string> ParseReceiptCode(std::string_view text) {
  absl::StatusOr<std::string> code = ledger::ParseVoucherCode(text);
  if (code.ok()) return code;
  return FieldError(Reason::kFieldInvalid, "receipt_code",
                    "a receipt's code has 13 characters, of which one checks the others");
}

absl::Status NoSuchReceipt() {
  return FieldError(Reason::kPurchaseNotFound, "receipt_code", "no receipt has this code");
}

void ToContract(const LineTrace& trace, v1::LineTrace& message) {
  message.set_paid_minor(trace.paid_minor);
  message.set_lowered_minor(trace.lowered_minor);
  message.set_base_minor(trace.base_minor);
  message.set_points_per_unit(trace.points_per_unit);
  message.set_points(trace.points);
  message.set_note(static_cast<v1::LineNote>(trace.note));
  for (const std::string& rule : trace.rules) message.add_rules(rule);
}

void ToContract(const CapTrace& cap, absl::Span<const LineTrace> traces, v1::CapTrace& message) {
  const CapWindow& window = cap.window;
  message.set_rule(window.rule);
  message.set_per(static_cast<v1::CapPeriod>(window.per));
  if (window.per != CapPeriod::kPurchase && window.per != CapPeriod::kEver) {
    rpc::SetDay(window.since, *message.mutable_since());
  }
  message.set_points(PointsUnder(cap, traces));
  message.set_clipped_points(cap.clipped);
}

v1::Purchase ToContract(const Purchase& purchase, const ThankYouTrigger& trigger) {
  v1::Purchase message;
  message.set_purchase_id(purchase.id.ToString());
  ToContract(purchase.order, *message.mutable_order());
  if (!purchase.member.IsNil()) message.set_member_id(purchase.member.ToString());
  rpc::SetMoney(purchase.total, *message.mutable_total());
  message.set_item_count(purchase.item_count);
  rpc::SetTime(purchase.purchased_at, *message.mutable_purchased_at());
  rpc::SetTime(purchase.recorded_at, *message.mutable_recorded_at());
  v1::EarningTrace& earning = *message.mutable_earning();
  earning.set_points(purchase.earning.points);
  earning.set_policy_version(purchase.earning.policy_version);
  int64_t base = 0;
  for (const LineTrace& trace : purchase.traces) base += trace.base_minor;
  rpc::SetMoney({purchase.total.currency_code, base}, *earning.mutable_base());
  earning.set_points_per_unit(purchase.earning.points_per_unit);
  earning.set_rounding(static_cast<v1::Rounding>(purchase.earning.rounding));
  earning.set_note(purchase.earning.note);
  earning.set_tier(purchase.earning.tier);
  for (const CapTrace& cap : purchase.caps) {
    ToContract(cap, purchase.traces, *earning.add_caps());
  }
  if (!purchase.member.IsNil()) {
    *message.mutable_thank_you() = ToContract(purchase.thank_you, trigger);
    message.set_transaction_id(purchase.transaction.ToString());
  }
  PutLines(purchase, message);
  PutPayments(purchase, message);
  message.set_channel(purchase.channel);
  message.set_staff_id(purchase.staff);
  if (!purchase.staff_member.IsNil()) {
    message.set_staff_member_id(purchase.staff_member.ToString());
  }
  const ForOrganization& organization = purchase.for_organization;
  if (!organization.organization.IsNil()) {
    message.set_organization_id(organization.organization.ToString());
    message.set_organization_points(organization.points);
  }
  message.set_position(purchase.position);
  if (purchase.delivered_at != absl::InfiniteFuture()) {
    rpc::SetTime(purchase.delivered_at, *message.mutable_delivered_at());
  }
  message.set_returned_points(purchase.returned.points_taken);
  message.set_returned_whole(purchase.returned.whole);
  message.set_tax_on_top(purchase.tax_on_top);
  if (purchase.pending.waits()) {
    rpc::SetTime(AvailableAt(purchase.pending, purchase.delivered_at),
                 *message.mutable_points_available_at());
  }
  return message;
}

void KeepForMember(v1::Purchase& purchase) {
  purchase.clear_staff_id();
  purchase.clear_staff_member_id();
}

std::string PurchaseAnswer(const Recorded& recorded, const ThankYouTrigger& trigger) {
  v1::RecordPurchaseResponse response;
  if (!recorded.validate_only) response.set_purchase_id(recorded.purchase.id.ToString());
  PutRecorded(recorded, trigger, response);
  if (!recorded.receipt_code.empty() && !recorded.validate_only) {
    response.set_receipt_code(ledger::GroupVoucherCode(recorded.receipt_code));
  }
  // What nobody has claimed has earned nothing yet.
  if (recorded.purchase.member.IsNil()) response.set_points(0);
  return response.SerializeAsString();
}

std::string TwinAnswer(const PurchaseId& earlier, int64_t returned_points, bool validate_only) {
  v1::RecordPurchaseResponse response;
  if (!validate_only) response.set_purchase_id(earlier.ToString());
  response.set_same_as_recorded(true);
  response.set_returned_points(returned_points);
  return response.SerializeAsString();
}

std::string ClaimAnswer(const Recorded& recorded, const ThankYouTrigger& trigger) {
  v1::ClaimPurchaseResponse response;
  const Purchase& purchase = recorded.purchase;
  response.set_purchase_id(purchase.id.ToString());
  ToContract(purchase.order, *response.mutable_order());
  response.set_points(purchase.earning.points);
  response.set_returned_points(recorded.returned_points);
  if (recorded.available_points) response.set_available_points(*recorded.available_points);
  *response.mutable_thank_you() = ToContract(purchase.thank_you, trigger);
  PutPending(recorded, response);
  PutFollowed(recorded.followed, response);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
