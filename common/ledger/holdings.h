#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/ledger/standing.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"
#include "common/pg/tx.h"

// What a member has, and what becomes of it next if nothing is done: for whoever looks at a member
// as a whole.
namespace gratis::ledger {

// Points that end together, or become available together.
struct Coming {
  int64_t points = 0;
  absl::Time at;

  friend bool operator==(const Coming&, const Coming&) = default;
};

// What comes first of what is available, and of what is pending; nothing: no time is set for any.
std::optional<Coming> NextExpiry(absl::Span<const Lot> lots);
std::optional<Coming> NextActivation(absl::Span<const Lot> lots);

struct UnitHolding {
  Wallet wallet;
  std::optional<Coming> expires;
  std::optional<Coming> activates;
};

// A voucher of which something can be redeemed, with its lot.
struct LiveVoucher {
  Voucher voucher;
  Lot lot;
};

struct Holdings {
  MemberState state = MemberState::kNone;
  std::vector<Unit> units;                 // the program's own, as ReadUnits has them
  std::map<int16_t, UnitHolding> by_unit;  // of its own units; points are always there
  std::vector<LiveVoucher> vouchers;       // as they expire
};

// Reads what members have. In two steps, so that it travels with whatever else is asked: the first
// queues three statements, however many the members are. To be read in one snapshot
// (pg::Isolation::kRepeatableRead).
class HoldingsQuery {
 public:
  // All arguments outlive this; `members` are of the program, or of none.
  HoldingsQuery(pg::Tx& tx, const Program& program, absl::Span<const MemberId> members);

  absl::Status Take();

  // kNone: they are not a member.
  MemberState StateOf(const MemberId& member) const;

  // A member's holdings as they stand at `now`: what fell due until then counts as happened,
  // whether or not it was posted. Only if something fell due and is not posted, or a unit ends by
  // inactivity, is more read. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<Holdings> Of(const MemberId& member, absl::Time now) const;

 private:
  // What is stored.
  struct Stored {
    MemberState state = MemberState::kNone;
    std::map<int16_t, Wallet> wallets;
    std::vector<Lot> lots;                // that are open
    std::map<int64_t, Voucher> vouchers;  // by lot
  };
  absl::Status Settle(const MemberId& member, absl::Time now, Stored& stored) const;

  pg::Tx& tx_;
  const Program& program_;
  const std::vector<MemberId> members_;
  const std::vector<int32_t> partitions_;
  const pg::Tx::Asked units_asked_, balances_asked_, lots_asked_;
  std::vector<Unit> units_;
  std::map<MemberId, Stored> stored_;
};

}  // namespace gratis::ledger
