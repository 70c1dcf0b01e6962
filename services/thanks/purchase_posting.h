#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"
#include "services/thanks/purchase.h"
#include "services/thanks/thanks_rules.h"

// What a purchase gives, in the books.
namespace gratis::thanks {

// Journals what a purchase earned its member, the points and what they are for, with what budgets
// pay in rows of its own.
absl::Status PostPurchase(ledger::Books& books, const Purchase& purchase);

// The policy's own thank-you, if it is given: of the purchase's transaction, and it waits for
// nothing.
absl::Status PostThankYou(ledger::Books& books, const Purchase& purchase,
                          const ThankYouTrigger& trigger);

// The same of the organization it was made for, whose own so many percent of the points are.
absl::Status PostForOrganization(ledger::Books& books, const Purchase& purchase, int32_t percent);

// Makes what still waits of what a purchase earned ready to be spent, as of `at`: the member's and
// the organization's. What is not to be had is left to become so at its own time. Returns how many
// of the member's points that were.
absl::StatusOr<int64_t> ActivatePoints(ledger::Books& books, const Purchase& purchase,
                                       const Uuid& transaction, absl::Time at);

}  // namespace gratis::thanks
