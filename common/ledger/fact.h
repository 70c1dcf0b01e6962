#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/unit.h"

namespace gratis::ledger {

// What the journal holds. The numbers are stored for ever; the contract's EntryKind has the same.
enum class FactKind : int16_t {
  kProgramCreated = 1,
  kKeyCreated = 2,
  kKeyRevoked = 3,
  kClockSet = 4,
  kMasterKeyRotated = 5,
  kKeyRotated = 6,
  kKeySet = 7,
  kMemberEnrolled = 10,
  kNameReleased = 11,    // what led to a member no longer does
  kMemberStateSet = 12,  // see standing.h
  kMemberUpdated = 13,   // which parts of a profile, never what they say
  kConsentRecorded = 14,
  kPreferencesSet = 15,
  kCardChanged = 16,     // issued, linked, lost or replaced, as its detail says
  kProofPolicySet = 17,  // what a weak proof is good for
  kMemberErased = 18,
  kMembersMerged = 19,  // a duplicate became part of another member; see merging.h
  kEarn = 20,
  kSpend = 21,
  kHoldPlaced = 22,
  kHoldCaptured = 23,
  kHoldReleased = 24,  // by its holder
  kHoldExpired = 25,   // by its own time limit
  kEarnReversed = 26,
  kSpendReversed = 27,
  kAdjusted = 28,
  kAdjustmentRequested = 29,
  kPurchase = 30,
  kThankYou = 31,
  kThanksPolicySet = 32,
  kDelivery = 33,         // a purchase reached who bought it
  kReturn = 34,           // all or part of a purchase came back
  kPurchaseClaimed = 35,  // a purchase without a member got one
  kTriggerSet = 36,       // when and how people are thanked
  kThanksCancelled = 37,  // a thank-you that was due will not come
  kComplaintOpened = 38,
  kComplaintResolved = 39,
  kBirthdayGift = 40,
  kBirthdayPolicySet = 41,
  kBirthdayGiftChosen = 42,  // by the member, a cashier, or for want of either by default
  kSurpriseDrawn = 45,       // who gets a surprise gift
  kSurpriseGift = 46,
  kTransferredOut = 50,
  kTransferredIn = 51,
  kActivated = 52,
  kExpired = 53,
  kDebtRepaid = 54,
  kCoverReturned = 55,  // between lots of one wallet
  kGraceGiven = 56,     // a lot of its own for what came back too late
  kVoucherIssued = 60,
  kVoucherRedeemed = 61,
  kVoucherReinstated = 62,
  kVoucherVoided = 63,
  kBudgetSet = 70,
  kUnitSet = 71,
  kRateSet = 72,
  kPeriodClosed = 73,
  kTierPolicySet = 80,
  kTierChanged = 81,
  kMembersPolicySet = 82,
  kForfeited = 83,           // what a member had when they left
  kAdjustmentRejected = 85,  // or withdrawn by who had asked for it
  kMergeUndone = 86,
  kGroupChanged = 87,            // created or closed, or its perks were set
  kGroupMembershipChanged = 88,  // somebody was invited, joined or left
  kGroupsPolicySet = 89,         // who earns by what is bought for an organization
  kInactivityPolicySet = 90,     // when accounts that nobody uses end
  kTemplateSet = 91,             // what a message says
  kMessagingPolicySet = 92,      // how much is said, and when
  kSubscriptionSet = 93,         // who is told what the journal says
  kSuppressionSet = 94,          // an address that is written to no more, or again
  kTaskDone = 95,                // of staff
  kInactivityNoticed = 96,       // a member was told that their account will end
  kMergedReversed = 97,          // of a duplicate's, in the survivor's journal; see merging.h
  kMembersExported = 98,         // staff took what is known of a member, or of all of them
  kDeliveriesReplayed = 99,      // what had been given up was put in line again by hand
};

// The sides that points move between: the member's (one wallet per unit), and the program's (kept
// per partition and unit). A balance is credits minus debits, so what was issued stands as a
// negative one, and so does a member's debt. The numbers are stored; the contract's Account has the
// same.
enum class Account : int16_t {
  kNone = 0,
  kAvailable = 1,  // to spend
  kPending = 2,    // earned, and not to be spent yet
  kHeld = 3,       // pinned by a hold
  kDebt = 4,       // never above 0: what a reversal could not take back
  kIssued = 10,
  kRedeemed = 11,
  kExpired = 12,
  kTransferred = 13,  // on its way between members; 0 over all partitions of a program
  kAdjusted = 14,     // taken by hand
  kVoided = 15,       // vouchers made worthless by hand
};

constexpr bool IsMembers(Account account) {
  return account >= Account::kAvailable && account <= Account::kDebt;
}

// Where points come from, for the value of what is outstanding.
enum class Origin : int16_t {
  kPurchase = 1,  // earned by buying
  kGiven = 2,     // a gift, a thank-you, a gesture
};

// Who did what time itself does.
inline constexpr char kEngineActor[] = "engine";

// Source of what happens every day, when it was staff who did it: that makes an act of it, see
// acts.h.
inline constexpr char kStaffSource[] = "staff";

constexpr int64_t kMaxPoints = 1'000'000'000'000;  // in one posting

// How far the clocks of callers may be off.
constexpr absl::Duration kClockTolerance = absl::Minutes(5);

// Points that were earned together, for the time they may be spent in. A lot is known by the seq of
// the row that made it, in its partition.
struct NewLot {
  Origin origin = Origin::kGiven;
  absl::Time earned_at;                            // its place in the order of spending
  absl::Time available_at = absl::InfinitePast();  // InfiniteFuture: when activated
  absl::Time expires_at = absl::InfiniteFuture();

  friend bool operator==(const NewLot&, const NewLot&) = default;
};

// How a row's points fall onto lots: `points` leave the debit side of one and reach the credit side
// of another, mostly the same. 0 is no lot.
struct Allocation {
  // The lot that the row itself makes.
  static constexpr int64_t kOwnLot = -1;

  int64_t debit_lot = 0;
  int64_t credit_lot = 0;
  int64_t points = 0;

  friend bool operator==(const Allocation&, const Allocation&) = default;
};

// One fact to be journaled. When points is not 0, they move from `debit` to `credit` in the
// member's wallet of `unit`, between its sides and the program's.
struct Fact {
  FactKind kind;
  TransactionId transaction;
  MemberId member;  // nil for facts about the program
  int16_t unit = kPointsUnit;
  int64_t points = 0;
  Account debit = Account::kNone;
  Account credit = Account::kNone;
  absl::Time effective_at;
  std::string source;  // what it came from; no personal data
  std::string detail;  // one JSON object of ids and figures, or empty; no personal data
  Uuid about;          // the hold, voucher or other thing it concerns, see AboutId; nil for none
  BudgetId budget;     // what pays for it; nil for none. Gifts draw, their reversals give back.
  int64_t undoes = 0;  // seq of the row that it reverses, in the same partition
  std::optional<NewLot> lot;  // the points credited become a lot
  // Of a hold being placed, its end; of a voucher reinstated after its end, or joined by what a
  // duplicate had back, the one it has now.
  std::optional<absl::Time> hold_until;
  std::vector<Allocation> allocations;  // of rows that touch lots made before
  bool by_engine = false;               // done by the passing of time, whoever noticed
};

// The fact as a row of the journal.
struct JournalRow {
  int32_t partition;
  int64_t seq;
  Fact fact;
  int64_t debit_after = 0;
  int64_t credit_after = 0;
  absl::Time recorded_at;
  std::string actor;

  // What the member had to spend in the row's unit afterwards; nothing if that did not change.
  std::optional<int64_t> available_after() const {
    if (fact.debit == Account::kAvailable) return debit_after;
    if (fact.credit == Account::kAvailable) return credit_after;
    return std::nullopt;
  }
};

// As the journal has them.
std::vector<int16_t> NumbersOf(absl::Span<const FactKind> kinds);

// Of the kinds asked for (none: of all) those that members are shown of what the journal has about
// them; maybe none. What staff weigh and settle among themselves is not shown: complaints and
// tasks, adjustments that wait for a second person or were not done, thank-yous that will not come,
// exports; nor is a kind that nobody has decided about. None of it moves points, so what is shown
// adds up.
std::vector<FactKind> KindsForMembers(absl::Span<const FactKind> asked);

// `fact.about`, which is not nil, with the prefix of what it is: hld_…, vch_…, adj_…, bgt_…, cmp_…,
// or mem_… of the survivor of a merge.
std::string AboutId(const Fact& fact);

// Errors: POINTS_NOT_POSITIVE, POINTS_OVERFLOW.
absl::Status CheckPoints(int64_t points);

// A fact may take effect kClockTolerance ahead of `now` at most, and at most `past` before it.
// Errors: EFFECTIVE_TIME_INVALID.
absl::Status CheckEffectiveTime(absl::Time effective_at, absl::Time now, absl::Duration past);

}  // namespace gratis::ledger
