#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "services/thanks/aftermath.h"
#include "services/thanks/clawback.h"
#include "services/thanks/deliveries.h"
#include "services/thanks/purchase.h"
#include "services/thanks/return_rules.h"
#include "services/thanks/returns.h"

// Between the contract's messages and the domain's values: what becomes of purchases.
namespace gratis::thanks {

// Of now, where the request does not say when. Errors: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG, INVALID_CURRENCY, INVALID_AMOUNT, INVALID_DATE, each with its field.
absl::StatusOr<ReturnOrder> ParseReturn(const v1::RecordReturnRequest& request, absl::Time now);
absl::StatusOr<DeliveryOrder> ParseDelivery(const v1::RecordDeliveryRequest& request,
                                            absl::Time now);

v1::PurchaseReturn ToContract(const Return& came);

// What is said of a return.
struct Done {
  const Purchase& purchase;
  TransactionId transaction;
  Clawed clawed;
  std::optional<int64_t> available_points = {};  // nothing if the caller is not to know
  std::vector<Followed> followed = {};
  bool validate_only = false;
};

// Serialized answers, as they are stored and sent.
std::string ReturnAnswer(const Done& done);
std::string ParkedAnswer();
// What is said of a delivery.
struct Arrived {
  const Purchase& purchase;
  int64_t activated_points = 0;  // that can be spent by it
  std::vector<Followed> followed = {};
  bool known = false;  // it was told before
};
std::string DeliveryAnswer(const Arrived& arrived);
// Of one that waits for its purchase.
std::string ParkedDeliveryAnswer(absl::Time delivered_at, bool known);

}  // namespace gratis::thanks
