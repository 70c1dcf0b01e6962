#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"

// What the journal adds up to: the rows that are kept beside it so that nobody has to add up.
namespace gratis::ledger {

// A lot's place in its program.
struct LotKey {
  int32_t partition = 0;
  int64_t seq = 0;

  friend auto operator<=>(const LotKey&, const LotKey&) = default;
  template <class H>
  friend H AbslHashValue(H state, const LotKey& key) {
    return H::combine(std::move(state), key.partition, key.seq);
  }
};

// Where a partition's journal ends.
struct Head {
  int32_t program = 0;
  int64_t seq = 0;
  std::string chain_hash;
  absl::Time recorded_at = absl::InfinitePast();
  int64_t requests = 0;  // answered from the partition, ever
  int64_t names = 0;     // that lead to it
  std::string seal;      // see Sealer
};

// A member's points of one unit.
struct Wallet {
  int64_t available = 0;
  int64_t pending = 0;
  int64_t held = 0;
  int64_t debt = 0;  // never above 0
  // Nothing in the wallet falls due before this: no expiry, activation or end of a hold. It may be
  // early, never late; inactivity is reckoned from active_at instead.
  absl::Time next_due = absl::InfiniteFuture();
  absl::Time active_at = absl::InfinitePast();  // the last activity that was not the engine's

  friend bool operator==(const Wallet&, const Wallet&) = default;
};

// Where the points of a lot are. They add up: points = available + pending + held + debt + spent +
// expired + taken + lent - borrowed.
struct Lot {
  LotKey key;
  MemberId member;
  int16_t unit = kPointsUnit;
  Origin origin = Origin::kGiven;
  int64_t points = 0;  // as made
  absl::Time earned_at;
  absl::Time available_at = absl::InfinitePast();
  absl::Time expires_at = absl::InfiniteFuture();
  int64_t available = 0;
  int64_t pending = 0;
  int64_t held = 0;
  int64_t debt = 0;   // never above 0: taken back, and spent before
  int64_t spent = 0;  // redeemed, transferred, adjusted or voided
  int64_t expired = 0;
  int64_t taken = 0;     // by reversals of what made it
  int64_t lent = 0;      // went to other lots' shortfalls, see Cover
  int64_t borrowed = 0;  // came from other lots for this one's

  // Whether anything can still happen to it by itself or by being spent.
  bool open() const { return available > 0 || pending > 0 || held > 0 || debt < 0; }

  friend bool operator==(const Lot&, const Lot&) = default;
};

// The order in which lots are spent: by expiry, then by earning, then as they were made.
struct SpendOrder {
  bool operator()(const Lot& a, const Lot& b) const {
    return std::tie(a.expires_at, a.earned_at, a.key.seq) <
           std::tie(b.expires_at, b.earned_at, b.key.seq);
  }
};

// A lot that was taken back after its points were spent borrows them from others of the wallet.
// When what was spent comes back, they are given back.
struct Cover {
  int64_t borrower = 0;  // lots, by seq
  int64_t lender = 0;
  int64_t points = 0;

  friend bool operator==(const Cover&, const Cover&) = default;
};

// Points pinned for a while. Open as long as anything is pinned; resolved at once, whole.
struct Hold {
  HoldId id;
  MemberId member;
  int16_t unit = kPointsUnit;
  int64_t points = 0;  // as placed
  absl::Time placed_at;
  absl::Time expires_at;
  std::map<int64_t, int64_t> pins;  // lot seq -> points still pinned

  int64_t held() const {
    int64_t sum = 0;
    for (const auto& [lot, pinned] : pins) sum += pinned;
    return sum;
  }

  friend bool operator==(const Hold&, const Hold&) = default;
};

enum class VoucherKind : int16_t {
  kFixed = 1,       // worth money; may be used in parts
  kPercentage = 2,  // off one purchase
  kItem = 3,        // one thing
};

// What a voucher is for. What is left of it, and until when, is its lot's.
struct VoucherTerms {
  VoucherKind kind = VoucherKind::kFixed;
  int32_t basis_points = 0;  // kPercentage: hundredths of a percent
  std::string item;          // kItem: what, in the shop's own codes
  std::string origin;        // what gave it, such as "birthday"; of some, one may live per member
  bool one_live = false;     // neither issued nor reinstated beside a live one of this origin

  friend bool operator==(const VoucherTerms&, const VoucherTerms&) = default;
};

struct Voucher {
  VoucherId id;
  MemberId member;
  LotKey lot;
  VoucherTerms terms;

  friend bool operator==(const Voucher&, const Voucher&) = default;
};

// What may be given away for one purpose. Spent is what was given less what came back.
struct Budget {
  BudgetId id;
  int16_t unit = kPointsUnit;
  int64_t limit = 0;
  int64_t spent = 0;  // over all partitions
};

// A budget and what people call it.
struct NamedBudget {
  Budget budget;
  std::string code;
};

}  // namespace gratis::ledger
