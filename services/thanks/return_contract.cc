#include "services/thanks/return_contract.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/thanks_contract.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxReturnIdLength = 128;
constexpr int kMaxReturnLines = 500;

absl::StatusOr<Returning> ParseReturning(const v1::RecordReturnRequest& request) {
  Returning returning{.everything = request.everything()};
  const int said = (request.lines_size() > 0 ? 1 : 0) + (request.has_amount() ? 1 : 0) +
                   (request.everything() ? 1 : 0);
  if (said != 1) {
    return FieldError(said == 0 ? Reason::kFieldMissing : Reason::kFieldInvalid, "lines",
                      "say what came back, in one way: lines, an amount, or everything");
  }
  if (request.lines_size() > kMaxReturnLines) {
    return FieldError(Reason::kFieldInvalid, "lines", absl::StrCat("at most ", kMaxReturnLines));
  }
  for (const v1::ReturnedLine& line : request.lines()) {
    if (line.line() < 1 || line.line() > kMaxReturnLines) {
      return FieldError(Reason::kFieldInvalid, "lines.line", "lines are counted from 1");
    }
    if (line.quantity() < 0 || line.amount_minor() < 0 ||
        (line.quantity() > 0) == (line.amount_minor() > 0)) {
      return FieldError(Reason::kFieldInvalid, "lines.quantity",
                        "of a line either a quantity or an amount comes back, above 0");
    }
    returning.lines.push_back({line.line(), line.quantity(), line.amount_minor()});
  }
  if (request.has_amount()) {
    ASSIGN_OR_RETURN(const base::Money amount, rpc::ParseMoney(request.amount(), "amount"));
    if (amount.minor_units <= 0) {
      return FieldError(Reason::kInvalidAmount, "amount.minor_units",
                        "an amount that comes back is above 0");
    }
    returning.amount_minor = amount.minor_units;
    returning.currency_code = amount.currency_code;
  }
  return returning;
}

}  // namespace

absl::StatusOr<ReturnOrder> ParseReturn(const v1::RecordReturnRequest& request, absl::Time now) {
  ReturnOrder order{.return_id = request.return_id(), .returned_at = now};
  ASSIGN_OR_RETURN(order.order, ParseOrderKey(request.order()));
  if (order.return_id.empty()) {
    return FieldError(Reason::kFieldMissing, "return_id",
                      "a return has a name of its own in the shop, such as its receipt's number");
  }
  RETURN_IF_ERROR(CheckLength("return_id", order.return_id, kMaxReturnIdLength));
  ASSIGN_OR_RETURN(order.returning, ParseReturning(request));
  if (request.has_returned_at()) {
    ASSIGN_OR_RETURN(order.returned_at, rpc::ParseTime(request.returned_at(), "returned_at"));
  }
  return order;
}

absl::StatusOr<DeliveryOrder> ParseDelivery(const v1::RecordDeliveryRequest& request,
                                            absl::Time now) {
  DeliveryOrder order{.delivered_at = now};
  ASSIGN_OR_RETURN(order.order, ParseOrderKey(request.order()));
  if (request.has_delivered_at()) {
    ASSIGN_OR_RETURN(order.delivered_at, rpc::ParseTime(request.delivered_at(), "delivered_at"));
  }
  return order;
}

v1::PurchaseReturn ToContract(const Return& came) {
  v1::PurchaseReturn message;
  message.set_return_id(came.return_id);
  rpc::SetTime(came.returned_at, *message.mutable_returned_at());
  rpc::SetTime(came.recorded_at, *message.mutable_recorded_at());
  for (const Returning::OfLine& of : came.returning.lines) {
    v1::ReturnedLine& line = *message.add_lines();
    line.set_line(of.line);
    line.set_quantity(of.quantity);
    line.set_amount_minor(of.amount_minor);
  }
  if (came.returning.amount_minor != 0) {
    rpc::SetMoney({came.returning.currency_code, came.returning.amount_minor},
                  *message.mutable_amount());
  }
  message.set_everything(came.returning.everything);
  message.set_points_taken(came.points_taken);
  message.set_transaction_id(came.transaction.ToString());
  message.set_refused(came.refused);
  return message;
}

std::string ReturnAnswer(const Done& done) {
  v1::RecordReturnResponse response;
  const Clawed& clawed = done.clawed;
  response.set_purchase_id(done.purchase.id.ToString());
  response.set_points_taken(clawed.taken);
  response.set_points_owed(clawed.owed);
  response.set_points_expired(clawed.expired);
  response.set_points_forgiven(clawed.forgiven);
  response.set_points_back(clawed.points_back);
  for (const Clawed::Back& back : clawed.vouchers_back) {
    v1::VoucherBack& out = *response.add_vouchers_back();
    out.set_transaction_id(back.transaction.ToString());
    out.set_worth(back.worth);
  }
  for (const int64_t points : clawed.line_points) response.add_line_points_taken(points);
  rpc::SetMoney({done.purchase.total.currency_code, clawed.returned_minor},
                *response.mutable_returned());
  response.set_whole(done.purchase.returned.whole);
  response.set_organization_points_taken(clawed.organization_taken);
  if (done.available_points) response.set_available_points(*done.available_points);
  PutFollowed(done.followed, response);
  if (!done.validate_only) response.set_transaction_id(done.transaction.ToString());
  return response.SerializeAsString();
}

std::string ParkedAnswer() {
  v1::RecordReturnResponse response;
  response.set_parked(true);
  return response.SerializeAsString();
}

std::string DeliveryAnswer(const Arrived& arrived) {
  v1::RecordDeliveryResponse response;
  const Purchase& purchase = arrived.purchase;
  response.set_purchase_id(purchase.id.ToString());
  rpc::SetTime(purchase.delivered_at, *response.mutable_delivered_at());
  response.set_known(arrived.known);
  PutFollowed(arrived.followed, response);
  if (purchase.pending.waits()) {
    rpc::SetTime(AvailableAt(purchase.pending, purchase.delivered_at),
                 *response.mutable_points_available_at());
  }
  response.set_activated_points(arrived.activated_points);
  return response.SerializeAsString();
}

std::string ParkedDeliveryAnswer(absl::Time delivered_at, bool known) {
  v1::RecordDeliveryResponse response;
  rpc::SetTime(delivered_at, *response.mutable_delivered_at());
  response.set_known(known);
  response.set_parked(true);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
