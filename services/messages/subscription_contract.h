#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/feed.h"
#include "gratis/messages/v1/webhooks.pb.h"
#include "services/messages/subscriptions.h"

// Subscriptions to and from their contract.
namespace gratis::messages {

// Errors: INVALID_ID of the field subscription_id.
absl::StatusOr<SubscriptionId> ParseSubscription(const std::string& text);

// Unchecked but for the kinds. Errors: FIELD_INVALID.
absl::StatusOr<SubscriptionSettings> ParseSettings(const v1::SubscriptionSettings& settings);

// Errors: CURSOR_INVALID of `field` (a partition that is named twice).
absl::StatusOr<ledger::Cursor> ParseCursor(const ledger::v1::Cursor& cursor,
                                           std::string_view field);

// As it was set.
v1::Subscription ToContract(const Subscription& subscription);

// How it stands besides.
struct SubscriptionStanding {
  ledger::Cursor cursor;
  LineCounts counts;
  Circuit circuit;
};
v1::Subscription ToContract(const Subscription& subscription, const SubscriptionStanding& standing,
                            absl::Time now);

}  // namespace gratis::messages
