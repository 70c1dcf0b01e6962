#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"
#include "common/ledger/fact.h"
#include "common/ledger/ops.h"

// What the operations share.
namespace gratis::ledger {

// A fact of the posting that moves points.
Fact Move(const Posting& posting, Account debit, Account credit, int64_t points);

// Points became available in a lot: they repay the wallet's debts, and what the lot itself borrowed
// is passed on to its lenders, whose own lots may be over by now (`grace`: see EndIfOver). `cause`
// is the fact that made them available.
absl::Status MakeGood(Books& books, const Fact& cause, const LotKey& lot,
                      absl::Duration grace = absl::ZeroDuration());

// What is available in a lot whose time is over ends; with `grace` it gets a lot of its own
// instead, that lives so long.
absl::Status EndIfOver(Books& books, const Fact& cause, const LotKey& lot, absl::Duration grace);

// `points` of a wallet in the order of spending. Errors: POINTS_NOT_POSITIVE, POINTS_OVERFLOW,
// INSUFFICIENT_POINTS.
absl::StatusOr<std::vector<Allocation>> TakeFromLots(Books& books, const MemberId& member,
                                                     int16_t unit, int64_t points);

// Gives back all that a hold still pins; `fact` says when, by whom and why.
absl::Status ReleaseHold(Books& books, Fact fact, const HoldId& hold);

// Whether a voucher of the member may live, or live again, beside those that do. Errors:
// VOUCHER_LIVE (it is `one_live`, and another of its origin lives; metadata: voucher_id).
absl::Status CheckOneLives(Books& books, const MemberId& member, const VoucherId& voucher,
                           const VoucherTerms& terms);

// Errors: VOUCHER_NOT_FOUND, VOUCHER_NOT_LIVE, INSUFFICIENT_WORTH.
absl::StatusOr<VoucherState> RequireLiveVoucher(Books& books, const VoucherId& voucher,
                                                int64_t worth);

}  // namespace gratis::ledger
