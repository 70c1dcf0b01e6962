#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/aftermath.h"
#include "services/thanks/purchase.h"
#include "services/thanks/purchases.h"
#include "services/thanks/thanks_rules.h"

// Between the contract's messages and the domain's values: purchases.
namespace gratis::thanks {

// A purchase made now, where the request does not say when. Errors: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG, INVALID_ID, INVALID_CURRENCY, INVALID_AMOUNT, each with its field.
absl::StatusOr<PurchaseOrder> ParsePurchase(const v1::RecordPurchaseRequest& request,
                                            absl::Time now);
// The same for one that may have no name yet.
absl::StatusOr<PurchaseOrder> ParseQuote(const v1::QuoteRequest& request, absl::Time now);
// The other name of an order, if the request says one. Errors: as ParseOrderKey, and FIELD_INVALID
// (it is the order's own).
absl::StatusOr<std::optional<OrderKey>> ParseSameAs(const v1::RecordPurchaseRequest& request,
                                                    const OrderKey& order);

// The code on a receipt, made plain. Errors: FIELD_INVALID.
absl::StatusOr<std::string> ParseReceiptCode(std::string_view text);
// PURCHASE_NOT_FOUND.
absl::Status NoSuchReceipt();

v1::Purchase ToContract(const Purchase& purchase, const ThankYouTrigger& trigger);
// Leaves out who rang it.
void KeepForMember(v1::Purchase& purchase);
void ToContract(const LineTrace& trace, v1::LineTrace& message);
// `traces`: of the purchase's lines.
void ToContract(const CapTrace& cap, absl::Span<const LineTrace> traces, v1::CapTrace& message);

// What is said of a purchase that was recorded.
struct Recorded {
  const Purchase& purchase;
  std::string receipt_code = {};                 // for one of nobody
  std::optional<int64_t> available_points = {};  // nothing if the caller is not to know
  int64_t returned_points = 0;
  std::vector<Followed> followed = {};
  bool validate_only = false;
};

// Serialized answers, as they are stored and sent.
std::string PurchaseAnswer(const Recorded& recorded, const ThankYouTrigger& trigger);
// Of an order that was recorded before under its other name; returns that waited under this one
// took so many points.
std::string TwinAnswer(const PurchaseId& earlier, int64_t returned_points, bool validate_only);
std::string ClaimAnswer(const Recorded& recorded, const ThankYouTrigger& trigger);

}  // namespace gratis::thanks
