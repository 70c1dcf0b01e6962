#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/thanks.h"
#include "services/thanks/thanks_rules.h"

// Between the contract's messages and the domain's values.
namespace gratis::thanks {

// Whose purchases are asked for. Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<MemberId> ParseMember(const v1::ListPurchasesRequest& request);
// A purchase made now, where the request does not say when. Errors: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG, INVALID_ID, INVALID_CURRENCY, INVALID_AMOUNT, each with its field.
absl::StatusOr<PurchaseOrder> ParsePurchase(const v1::RecordPurchaseRequest& request,
                                            absl::Time now);
absl::Status CheckOrderKey(const v1::OrderKey& order);

// Errors: as CheckPolicy, and FIELD_MISSING.
absl::StatusOr<Policy> ParsePolicy(const v1::ThanksPolicy& policy);

v1::ThankYou ToContract(const ThankYou& thank_you, const ThankYouTrigger& trigger);
v1::ThanksPolicy ToContract(const Policy& policy);
v1::Purchase ToContract(const Purchase& purchase, const ThankYouTrigger& trigger);

// Serialized answers, as they are stored and sent. `available_points`: nothing if the caller is not
// to know.
std::string PurchaseAnswer(const Purchase& purchase, const ThankYouTrigger& trigger,
                           std::optional<int64_t> available_points, int64_t organization_points,
                           bool validate_only);
std::string PolicyAnswer(const Policy& policy);

}  // namespace gratis::thanks
