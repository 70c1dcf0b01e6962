#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "services/thanks/purchase.h"

// Points and vouchers that pay.
namespace gratis::thanks {

// Notes what of the member's a transaction spent that can come back, and whose it was if somebody
// who became part of the member spent it. Errors: TRANSACTION_NOT_FOUND.
absl::Status FindSpent(ledger::Books& books, const MemberId& member, Payment& payment);

// Uses up what a hold pins, by the payment's transaction, and notes what that was. Errors:
// HOLD_NOT_FOUND, HOLD_RESOLVED.
absl::Status Capture(ledger::Books& books, const Purchase& purchase, Payment& payment);

// Does both for all that pays for a member's purchase; `captures` has for each payment the
// transaction that captures its hold. Errors: as the two.
absl::Status Pay(ledger::Books& books, absl::Span<const TransactionId> captures,
                 Purchase& purchase);

}  // namespace gratis::thanks
