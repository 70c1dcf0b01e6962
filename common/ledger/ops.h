#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/fact.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"

// What can be done to a member's points. Each is pure: it looks at the books and posts facts there.
// Each first settles the member's wallets (Settle), so nothing depends on anything having run in
// time. They may find that the books lack something that must be read first; then they fail with
// Books::Lacking(), and the runner reads it and decides again.
//
// Errors of all: MEMBER_NOT_FOUND, UNIT_NOT_FOUND, POINTS_NOT_POSITIVE, POINTS_OVERFLOW; and, where
// the member's state does not allow it (standing.h), MEMBER_NOT_ACTIVE and MEMBER_ERASED.
namespace gratis::ledger {

// What every posting says of itself.
struct Posting {
  FactKind kind;
  TransactionId transaction;
  MemberId member;
  int16_t unit = kPointsUnit;
  absl::Time effective_at;
  std::string source;
  std::string detail;
};

// Posts what fell due in the member's wallets by books.recorded_at(): activations, ends of holds,
// expiries, in the order of when each was due and at one instant in this order; each effective when
// it was due. Order at one instant: activated, held until, expired.
absl::Status Settle(Books& books, const MemberId& member);

// --- earning ---------------------------------------------------------------------------------

struct Earning {
  Posting posting;
  int64_t points = 0;
  Origin origin = Origin::kGiven;
  // When it may be spent: at once, from then on, or (InfiniteFuture) when activated.
  absl::Time available_at = absl::InfinitePast();
  std::optional<absl::Time> expires_at;  // in place of what the unit's rule says
  BudgetId budget;                       // nil: none
  Uuid about;                            // see Fact
};
// A new lot; a debt is repaid from it first. Errors: BUDGET_NOT_FOUND, BUDGET_EXHAUSTED (metadata:
// remaining).
absl::Status Earn(Books& books, const Earning& earning);

// Makes the pending points of a transaction available. Errors: TRANSACTION_NOT_FOUND,
// NOTHING_PENDING. Returns how many.
absl::StatusOr<int64_t> Activate(Books& books, const Posting& posting,
                                 const TransactionId& earned_by);

// --- spending and holding ----------------------------------------------------------------------

// Lots in the order of spending. Errors: INSUFFICIENT_POINTS (metadata: available_points).
absl::Status Spend(Books& books, const Posting& posting, int64_t points);

struct Holding {
  Posting posting;
  HoldId hold;
  int64_t points = 0;
  absl::Duration life;  // at most the unit's max_hold_hours
};
// Errors: INSUFFICIENT_POINTS, HOLD_TOO_LONG.
absl::StatusOr<Hold> PlaceHold(Books& books, const Holding& holding);

// Spends `points` of what is pinned (all of it if 0) and releases the rest. `posting.member` and
// `.unit` are the hold's. Returns what was captured. Errors: HOLD_NOT_FOUND, HOLD_RESOLVED
// (captured, voided or run out), INSUFFICIENT_POINTS (more than pinned).
absl::StatusOr<int64_t> CaptureHold(Books& books, const Posting& posting, const HoldId& hold,
                                    int64_t points);
// Releases all of it. Returns how many points. Errors: HOLD_NOT_FOUND, HOLD_RESOLVED.
absl::StatusOr<int64_t> VoidHold(Books& books, const Posting& posting, const HoldId& hold);

// --- undoing -----------------------------------------------------------------------------------

struct Reversal {
  Posting posting;  // kind, member and unit follow from what is undone
  TransactionId undone;
  int64_t points = 0;                // 0: all that is left of it
  std::optional<Clawback> clawback;  // in place of the unit's
  std::optional<FactKind> only;      // the transaction's rows of this kind alone
  bool at_most = false;              // less will do, down to nothing: what is left is undone
};
struct Reversed {
  int64_t taken = 0;     // of points earned: taken back, from whatever they had become
  int64_t expired = 0;   // thereof had expired
  int64_t debt = 0;      // thereof became debt
  int64_t forgiven = 0;  // thereof was forgiven
  int64_t restored = 0;  // of points spent: came back
  int64_t repaid = 0;    // thereof repaid debt
};
// Undoes a transaction's earns and spends, by the rows it posted, wholly or in part; the latest row
// first. Its shares of a budget come back. A voucher that is over by now can be used for
// kVoucherGraceDays from now on; one of which one may live at a time comes back only if no other of
// its origin lives by now. Errors: TRANSACTION_NOT_FOUND, NOTHING_TO_REVERSE
// (undone before, or nothing that can be), REVERSAL_TOO_LARGE (metadata: left), CLAWBACK_REFUSED
// (metadata: available_points), VOUCHER_LIVE (metadata: voucher_id, the one that lives),
// MEMBER_MERGED (the member was merged, and the survivor's partition is not posted in).
absl::StatusOr<Reversed> Reverse(Books& books, const Reversal& reversal);

// --- by hand -----------------------------------------------------------------------------------

// Gives (above 0) or takes (below 0) points by hand; never more than are available. Of a member
// that was merged it is the survivor who gains or loses. `waited`: the adjustment that waited for
// this, if one did. Errors: INSUFFICIENT_POINTS, MEMBER_MERGED (as Reverse).
absl::Status Adjust(Books& books, const Posting& posting, int64_t points,
                    const AdjustmentId& waited = {});

struct Transfer {
  Posting posting;  // of the giver
  MemberId to;
  int64_t points = 0;
};
// The receiver's lots keep expiry and age. Errors: TRANSFER_NOT_ALLOWED (the unit is not
// transferable, or to oneself), INSUFFICIENT_POINTS.
absl::Status TransferPoints(Books& books, const Transfer& transfer);

// Moves these parts of the giver's lots, which are `transfer.points` together, to another holder,
// whose lots keep expiry and age. Whether the unit and the states of both allow it is the caller's
// to ask, and so is to settle both. Returns the lots made, one for each part, in their order.
absl::StatusOr<std::vector<LotKey>> MoveLots(Books& books, const Transfer& transfer,
                                             std::vector<Allocation> parts);

// --- vouchers ----------------------------------------------------------------------------------

struct Issue {
  Posting posting;  // unit: that of the voucher's kind
  VoucherId voucher;
  VoucherTerms terms;
  int64_t worth = 0;  // minor units for kFixed; 1 otherwise
  absl::Time expires_at = absl::InfiniteFuture();
  BudgetId budget;
};
// Errors: VOUCHER_LIVE (one of this origin lives; metadata: voucher_id), BUDGET_*.
absl::Status IssueVoucher(Books& books, const Issue& issue);

// What its unit of account is, and its terms as its issue journals them.
int16_t UnitOfVoucher(VoucherKind kind);
std::string TermsJson(const VoucherTerms& terms);

// What is left of a voucher. Errors: VOUCHER_NOT_FOUND, MEMBER_ERASED.
struct VoucherState {
  Voucher voucher;
  Lot lot;
};
absl::StatusOr<VoucherState> FindVoucher(Books& books, const VoucherId& voucher);

// Uses up `worth` of it; a kFixed one may be used in parts. Errors: VOUCHER_NOT_FOUND,
// VOUCHER_NOT_LIVE (used up, expired, voided or held), INSUFFICIENT_WORTH (metadata: remaining).
absl::Status RedeemVoucher(Books& books, const Posting& posting, const VoucherId& voucher,
                           int64_t worth);
// Pins it; resolved by CaptureHold and VoidHold.
absl::StatusOr<Hold> HoldVoucher(Books& books, const Holding& holding, const VoucherId& voucher);
// Makes what is left worthless. Returns how much that was. Errors: VOUCHER_NOT_FOUND,
// VOUCHER_NOT_LIVE (of which a part is held, too).
absl::StatusOr<int64_t> VoidVoucher(Books& books, const Posting& posting, const VoucherId& voucher);
// A redemption is undone by Reverse, which reinstates the voucher.

// --- leaving -----------------------------------------------------------------------------------

// Moves the member to a state, from any but erased; nothing is posted if they are in it.
absl::Status SetMemberState(Books& books, const Posting& posting, MemberState state);

struct Forfeited {
  std::map<int16_t, int64_t> points;  // by unit, those of vouchers among them
  int64_t vouchers = 0;               // that were live
  int64_t holds = 0;                  // that were released first
};
// Ends whatever the member has, available, pending or held, in every unit. It counts as expired, so
// that a purchase which comes back later finds it taken and leaves no debt. What they owe stays.
absl::StatusOr<Forfeited> Forfeit(Books& books, const Posting& posting);

}  // namespace gratis::ledger
