#include <algorithm>
#include <utility>

#include "common/ledger/books.h"
#include "common/ledger/wrapping.h"

namespace gratis::ledger {
namespace {

// What a lot keeps of each account. A reversal's other side counts as taken, whichever it is.
int64_t* Bucket(Lot& lot, Account account, bool taking) {
  switch (account) {
    case Account::kAvailable:
      return &lot.available;
    case Account::kPending:
      return &lot.pending;
    case Account::kHeld:
      return &lot.held;
    case Account::kDebt:
      return &lot.debt;
    case Account::kExpired:
      return &lot.expired;
    case Account::kIssued:
      return &lot.taken;
    case Account::kNone:
      return nullptr;
    default:
      return taking ? &lot.taken : &lot.spent;
  }
}

int64_t* Bucket(Wallet& wallet, Account account) {
  switch (account) {
    case Account::kAvailable:
      return &wallet.available;
    case Account::kPending:
      return &wallet.pending;
    case Account::kHeld:
      return &wallet.held;
    default:
      return &wallet.debt;
  }
}

}  // namespace

int64_t Books::BalanceNow(Account account, const MemberId& member, int16_t unit,
                          int32_t partition) const {
  if (IsMembers(account)) {
    Wallet wallet = WalletOf(member, unit);
    return *Bucket(wallet, account);
  }
  const auto found = accounts_.find({partition, unit, account});
  return found == accounts_.end() ? 0 : found->second;
}

Holder& Books::HolderFor(const MemberId& member) { return holders_[member]; }

Wallet& Books::TouchWallet(const MemberId& member, int16_t unit) {
  Wallet& wallet = HolderFor(member).wallets[unit];
  if (tracking_) {
    const bool first = touched_wallets_.insert({member, unit}).second;
    changes_.push_back([this, first, member, unit, &wallet, before = wallet] {
      wallet = before;
      if (first) touched_wallets_.erase({member, unit});
    });
  }
  return wallet;
}

Lot& Books::TouchLot(const LotKey& key) {
  Lot& lot = lots_[key];
  lot.key = key;
  if (tracking_) {
    const bool first = touched_lots_.insert(key).second;
    changes_.push_back([this, first, &lot, before = lot] {
      if (first) touched_lots_.erase(before.key);
      open_[{lot.member, lot.unit}].lots.erase(&lot);
      lot = before;
      Index(lot);
      if (before.member.IsNil()) lots_.erase(before.key);
    });
  }
  return lot;
}

Hold& Books::TouchHold(const HoldId& id) {
  std::optional<Hold>& hold = holds_[id];
  if (tracking_) {
    const bool first = touched_holds_.insert(id).second;
    changes_.push_back([this, first, id, &hold, before = hold] {
      hold = before;
      if (first) touched_holds_.erase(id);
    });
  }
  if (!hold) hold.emplace(Hold{.id = id});
  return *hold;
}

void Books::Index(Lot& lot) {
  if (lot.member.IsNil() || !tracking_) return;
  std::set<Lot*, SpendOrderOfPointers>& lots = open_[{lot.member, lot.unit}].lots;
  if (lot.open()) {
    lots.insert(&lot);
  } else {
    lots.erase(&lot);
  }
}

void Books::MoveCover(int32_t partition, int64_t from_lot, int64_t to_lot, int64_t points) {
  // Points that go from one lot to another give back what was borrowed before they are lent.
  const auto change = [&](int64_t borrower, int64_t lender, int64_t by) {
    const CoverKey key{partition, borrower, lender};
    if (tracking_) {
      const bool first = touched_covers_.insert(key).second;
      changes_.push_back([this, first, key, before = PeekCover(key)] {
        if (before) {
          covers_[key] = *before;
        } else {
          covers_.erase(key);
        }
        if (first) touched_covers_.erase(key);
      });
    }
    Increase(covers_[key], by);
    Increase(TouchLot({partition, borrower}).borrowed, by);
    Increase(TouchLot({partition, lender}).lent, by);
  };
  const int64_t owed = PeekCover({partition, from_lot, to_lot}).value_or(0);
  const int64_t back = std::min(owed, points);
  if (back > 0) change(from_lot, to_lot, -back);
  if (points > back) change(to_lot, from_lot, points - back);
}

void Books::ApplyAllocation(const JournalRow& row, const Allocation& allocation) {
  const Fact& fact = row.fact;
  const bool taking = fact.kind == FactKind::kEarnReversed;
  const bool to_its_own_lot = fact.lot && allocation.credit_lot == row.seq;
  if (allocation.debit_lot != 0) {
    Lot& lot = TouchLot({row.partition, allocation.debit_lot});
    if (int64_t* bucket = Bucket(lot, fact.debit, false)) Decrease(*bucket, allocation.points);
    if (to_its_own_lot) Increase(lot.spent, allocation.points);
    Index(lot);
  }
  if (to_its_own_lot) return;
  if (allocation.credit_lot != 0) {
    Lot& lot = TouchLot({row.partition, allocation.credit_lot});
    if (int64_t* bucket = Bucket(lot, fact.credit, taking)) Increase(*bucket, allocation.points);
    Index(lot);
  }
  if (allocation.debit_lot != 0 && allocation.credit_lot != 0 &&
      allocation.debit_lot != allocation.credit_lot) {
    MoveCover(row.partition, allocation.debit_lot, allocation.credit_lot, allocation.points);
  }
}

namespace {

// A merge is a fact for both members; that of the duplicate says who they became.
bool SetsState(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kMemberStateSet:
      return true;
    case FactKind::kMembersMerged:
    case FactKind::kMergeUndone:
      return !fact.about.IsNil();
    default:
      return false;
  }
}

}  // namespace

void Books::SetState(const Fact& fact) {
  Holder& holder = HolderFor(fact.member);
  if (tracking_) {
    const bool first = touched_holders_.insert(fact.member).second;
    changes_.push_back([this, first, member = fact.member, &holder, state = holder.state,
                        survivor = holder.survivor] {
      holder.state = state;
      holder.survivor = survivor;
      if (first) touched_holders_.erase(member);
    });
  }
  // What cannot be read is no state at all, and differs from whatever is stored.
  holder.state = StateSetBy(fact.detail).value_or(MemberState::kNone);
  holder.survivor = holder.state == MemberState::kMerged ? MemberId{fact.about} : MemberId{};
}

void Books::Apply(const JournalRow& row) {
  const Fact& fact = row.fact;
  if (fact.undoes != 0 && tracking_) {
    Undone& undone = undone_here_[{row.partition, fact.undoes}];
    Remember([&undone, before = undone] { undone = before; });
    Increase(undone.points, fact.points);
    for (const Allocation& part : fact.allocations) {
      Increase(undone.by_lot[part.debit_lot], part.points);
    }
  }
  if (SetsState(fact)) SetState(fact);
  if (fact.debit == Account::kNone) return;

  for (const auto& [account, sign] : {std::pair(fact.debit, -1), std::pair(fact.credit, 1)}) {
    if (IsMembers(account)) continue;
    int64_t& balance = accounts_[{row.partition, fact.unit, account}];
    Remember([&balance, before = balance] { balance = before; });
    sign < 0 ? Decrease(balance, fact.points) : Increase(balance, fact.points);
  }

  Wallet& wallet = TouchWallet(fact.member, fact.unit);
  if (IsMembers(fact.debit)) Decrease(*Bucket(wallet, fact.debit), fact.points);
  if (IsMembers(fact.credit)) Increase(*Bucket(wallet, fact.credit), fact.points);
  if (!fact.by_engine) wallet.active_at = std::max(wallet.active_at, fact.effective_at);

  if (fact.lot) {
    Lot& lot = TouchLot({row.partition, row.seq});
    lot.member = fact.member;
    lot.unit = fact.unit;
    lot.origin = fact.lot->origin;
    lot.points = fact.points;
    lot.earned_at = fact.lot->earned_at;
    lot.available_at = fact.lot->available_at;
    lot.expires_at = fact.lot->expires_at;
    *Bucket(lot, fact.credit, false) = fact.points;
    if (fact.credit == Account::kPending) {
      wallet.next_due = std::min(wallet.next_due, lot.available_at);
    }
    wallet.next_due = std::min(wallet.next_due, lot.expires_at);
    Index(lot);
  }
  // A voucher's, which lives longer with what came back to it.
  const bool came_back =
      fact.kind == FactKind::kVoucherReinstated || fact.kind == FactKind::kCoverReturned;
  if (came_back && fact.hold_until && !fact.allocations.empty()) {
    Lot& lot = TouchLot({row.partition, fact.allocations.front().credit_lot});
    // What is open is in the order of when it ends.
    if (tracking_) open_[{lot.member, lot.unit}].lots.erase(&lot);
    lot.expires_at = *fact.hold_until;
    Index(lot);
  }
  for (const Allocation& allocation : fact.allocations) {
    ApplyAllocation(row, allocation);
    // What is available again may end before anything else does.
    if (fact.credit == Account::kAvailable && allocation.credit_lot != 0) {
      wallet.next_due =
          std::min(wallet.next_due, PeekLot({row.partition, allocation.credit_lot})->expires_at);
    }
  }
  if (fact.debit == Account::kHeld || fact.credit == Account::kHeld) {
    Hold& hold = TouchHold({fact.about});
    if (fact.hold_until) {
      hold.member = fact.member;
      hold.unit = fact.unit;
      hold.points = fact.points;
      hold.placed_at = fact.effective_at;
      hold.expires_at = *fact.hold_until;
    }
    for (const Allocation& allocation : fact.allocations) {
      if (fact.credit == Account::kHeld) hold.pins[allocation.credit_lot] += allocation.points;
      if (fact.debit == Account::kHeld) hold.pins[allocation.debit_lot] -= allocation.points;
    }
    if (fact.credit == Account::kHeld) {
      wallet.next_due = std::min(wallet.next_due, hold.expires_at);
    }
  }
  if (!fact.budget.IsNil()) {
    const int64_t drawn = fact.debit == Account::kIssued    ? fact.points
                          : fact.credit == Account::kIssued ? -fact.points
                                                            : 0;
    int64_t& draw = draws_[{row.partition, fact.budget}];
    Remember([&draw, before = draw] { draw = before; });
    Increase(draw, drawn);
    const auto budget = budgets_.find(fact.budget);
    if (budget != budgets_.end() && budget->second) {
      int64_t& spent = budget->second->spent;
      Remember([&spent, before = spent] { spent = before; });
      Increase(spent, drawn);
    }
  }
}

}  // namespace gratis::ledger
