#include "common/ledger/books.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/name.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

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

// Figures of a damaged journal need not fit: these wrap where + and - would be undefined.
void Increase(int64_t& a, int64_t b) {
  a = static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
void Decrease(int64_t& a, int64_t b) {
  a = static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

template <class Map>
bool Has(const Map& map, const typename Map::key_type& key) {
  return map.find(key) != map.end();
}

}  // namespace

Books::State Books::ReleaseState() && {
  return {std::move(holders_), std::move(accounts_), std::move(lots_),
          std::move(covers_),  std::move(holds_),    std::move(draws_)};
}

bool Wants::empty() const {
  return members.empty() && names.empty() && lots.empty() && lot_keys.empty() &&
         member_holds.empty() && holds.empty() && transactions.empty() && vouchers.empty() &&
         member_vouchers.empty() && budgets.empty();
}

void Wants::Add(const Wants& more) {
  members.insert(more.members.begin(), more.members.end());
  names.insert(more.names.begin(), more.names.end());
  for (const auto& [wallet, count] : more.lots) {
    int& asked = lots[wallet];
    asked = std::max(asked, count);
  }
  lot_keys.insert(more.lot_keys.begin(), more.lot_keys.end());
  member_holds.insert(more.member_holds.begin(), more.member_holds.end());
  holds.insert(more.holds.begin(), more.holds.end());
  transactions.insert(more.transactions.begin(), more.transactions.end());
  vouchers.insert(more.vouchers.begin(), more.vouchers.end());
  member_vouchers.insert(more.member_vouchers.begin(), more.member_vouchers.end());
  budgets.insert(more.budgets.begin(), more.budgets.end());
}

Books::Books(Program program, std::map<int32_t, int64_t> heads, absl::Time recorded_at)
    : program_(std::move(program)), recorded_at_(recorded_at), seqs_(std::move(heads)) {
  zone_ = base::LoadZone(program_.time_zone).value_or(absl::UTCTimeZone());
  LoadUnit(Unit{});
  LoadUnit({.number = kVoucherMoneyUnit, .code = "voucher-money", .display_name = "Vouchers"});
  LoadUnit({.number = kVoucherUseUnit, .code = "voucher-uses", .display_name = "Vouchers"});
}

absl::Status Books::Lacking() { return absl::UnavailableError("something must be read first"); }

// --- looking ---------------------------------------------------------------------------------

const Holder* Books::FindHolder(const MemberId& member) const {
  const auto found = holders_.find(member);
  return found == holders_.end() ? nullptr : &found->second;
}

absl::Status Books::CheckNotErased(const MemberId& member) {
  const Holder* holder = FindHolder(member);
  if (holder == nullptr && !known_.members.count(member)) {
    wants_.members.insert(member);
    return Lacking();
  }
  const bool erased = holder != nullptr && holder->state == MemberState::kErased;
  return erased ? CheckStanding(MemberState::kErased, Deed::kCorrect) : absl::OkStatus();
}

absl::Status Books::RequireHolder(const MemberId& member) {
  if (FindHolder(member) != nullptr) return absl::OkStatus();
  if (!known_.members.count(member)) {
    wants_.members.insert(member);
    return Lacking();
  }
  return FieldError(Reason::kMemberNotFound, "member_id",
                    absl::StrCat("the program has no member ", member.ToString()));
}

absl::Status Books::Permit(const MemberId& member, Deed deed) {
  RETURN_IF_ERROR(RequireHolder(member));
  return CheckStanding(FindHolder(member)->state, deed);
}

Wallet Books::WalletOf(const MemberId& member, int16_t unit) const {
  const Holder* holder = FindHolder(member);
  if (holder == nullptr) return {};
  const auto found = holder->wallets.find(unit);
  return found == holder->wallets.end() ? Wallet{} : found->second;
}

absl::StatusOr<Unit> Books::UnitOf(int16_t unit) const {
  const auto found = units_.find(unit);
  if (found != units_.end()) return found->second;
  return Error(Reason::kUnitNotFound, absl::StrCat("the program has no unit ", unit));
}

absl::StatusOr<Unit> Books::UnitOf(std::string_view code) const {
  for (const auto& [number, unit] : units_) {
    if (unit.code == code || (code.empty() && number == kPointsUnit)) return unit;
  }
  return FieldError(Reason::kUnitNotFound, "unit",
                    absl::StrCat("the program has no unit \"", base::Abs(code), "\""));
}

std::optional<DirectoryEntry> Books::FindEntry(const DirectoryKey& key) const {
  const auto found = directory_.find(key);
  if (found == directory_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::optional<DirectoryEntry>> Books::LookUp(const DirectoryKey& key) {
  const std::optional<DirectoryEntry> entry = FindEntry(key);
  if (entry || known_.names.count(key)) return entry;
  wants_.names.insert(key);
  return Lacking();
}

absl::StatusOr<std::vector<const Lot*>> Books::SpendableLots(const MemberId& member, int16_t unit,
                                                             int64_t points) {
  constexpr int kFirst = 16;
  OpenLotsOfWallet& open = open_[{member, unit}];
  std::vector<const Lot*> lots;
  int64_t sum = 0;
  if (open.all || open.asked > 0) {
    for (const Lot* lot : open.lots) {
      // Behind the last one read there may be others before this one.
      if (!open.all && !open.ended && SpendOrder()(open.until, *lot)) break;
      if (lot->available <= 0) continue;
      lots.push_back(lot);
      Increase(sum, lot->available);
      if (sum >= points) return lots;
    }
    if (open.all || open.ended) return lots;
  }
  wants_.lots[{member, unit}] =
      open.asked > Wants::kAll / 8 ? Wants::kAll : std::max(kFirst, open.asked * 8);
  return Lacking();
}

absl::StatusOr<std::vector<const Lot*>> Books::OpenLots(const MemberId& member, int16_t unit) {
  const OpenLotsOfWallet& open = open_[{member, unit}];
  if (!open.all) {
    wants_.lots[{member, unit}] = Wants::kAll;
    return Lacking();
  }
  return std::vector<const Lot*>(open.lots.begin(), open.lots.end());
}

absl::StatusOr<const Lot*> Books::FindLot(const LotKey& key) {
  if (const Lot* lot = PeekLot(key)) return lot;
  if (known_.lot_keys.count(key)) return nullptr;
  wants_.lot_keys.insert(key);
  return Lacking();
}

absl::StatusOr<std::vector<Cover>> Books::CoversOf(const LotKey& borrower) {
  const Lot* lot = PeekLot(borrower);
  std::vector<Cover> covers;
  if (lot != nullptr && lot->borrowed == 0) return covers;
  int64_t sum = 0;
  for (auto cover = covers_.lower_bound({borrower.partition, borrower.seq, 0});
       cover != covers_.end() && cover->first.partition == borrower.partition &&
       cover->first.borrower == borrower.seq;
       ++cover) {
    if (cover->second == 0) continue;
    covers.push_back({cover->first.borrower, cover->first.lender, cover->second});
    sum += cover->second;
  }
  // What the lot says it borrowed tells whether all of its covers are here.
  if (!known_.lot_keys.count(borrower) && (lot == nullptr || sum != lot->borrowed)) {
    wants_.lot_keys.insert(borrower);
    return Lacking();
  }
  std::reverse(covers.begin(), covers.end());
  return covers;
}

absl::StatusOr<std::vector<const Hold*>> Books::OpenHolds(const MemberId& member) {
  if (!known_.member_holds.count(member)) {
    wants_.member_holds.insert(member);
    return Lacking();
  }
  std::vector<const Hold*> open;
  for (const auto& [id, hold] : holds_) {
    if (hold && hold->member == member && hold->held() > 0) open.push_back(&*hold);
  }
  return open;
}

absl::StatusOr<const Hold*> Books::FindHold(const HoldId& hold) {
  const auto found = holds_.find(hold);
  if (found != holds_.end()) return found->second ? &*found->second : nullptr;
  if (known_.holds.count(hold)) return nullptr;
  wants_.holds.insert(hold);
  return Lacking();
}

absl::StatusOr<const Voucher*> Books::FindVoucher(const VoucherId& voucher) {
  const auto found = vouchers_.find(voucher);
  if (found != vouchers_.end()) return found->second ? &*found->second : nullptr;
  if (known_.vouchers.count(voucher)) return nullptr;
  wants_.vouchers.insert(voucher);
  return Lacking();
}

absl::StatusOr<std::vector<const Voucher*>> Books::LiveVouchers(const MemberId& member) {
  if (!known_.member_vouchers.count(member)) {
    wants_.member_vouchers.insert(member);
    return Lacking();
  }
  std::vector<const Voucher*> live;
  for (const auto& [id, voucher] : vouchers_) {
    if (!voucher || voucher->member != member) continue;
    const Lot* lot = PeekLot(voucher->lot);
    if (lot != nullptr && lot->open()) live.push_back(&*voucher);
  }
  return live;
}

absl::StatusOr<const Voucher*> Books::FindVoucherOf(const MemberId& member, const LotKey& lot) {
  if (!known_.member_vouchers.count(member)) {
    wants_.member_vouchers.insert(member);
    return Lacking();
  }
  for (const auto& [id, voucher] : vouchers_) {
    if (voucher && voucher->lot == lot) return &*voucher;
  }
  return nullptr;
}

absl::StatusOr<std::vector<PostedRow>> Books::RowsOf(const TransactionId& transaction) {
  if (!known_.transactions.count(transaction)) {
    wants_.transactions.insert(transaction);
    return Lacking();
  }
  std::vector<PostedRow> rows;
  const auto found = transactions_.find(transaction);
  if (found != transactions_.end()) {
    for (const auto& [seq, posted] : found->second) rows.push_back(posted);
  }
  for (const JournalRow& row : rows_) {
    if (row.fact.transaction == transaction) rows.push_back({.row = row});
  }
  for (PostedRow& posted : rows) {
    const auto here = undone_here_.find({posted.row.partition, posted.row.seq});
    if (here == undone_here_.end()) continue;
    posted.undone += here->second.points;
    for (const auto& [lot, points] : here->second.by_lot) posted.undone_by_lot[lot] += points;
  }
  return rows;
}

absl::StatusOr<const Budget*> Books::FindBudget(const BudgetId& budget) {
  const auto found = budgets_.find(budget);
  if (found != budgets_.end()) return found->second ? &*found->second : nullptr;
  if (known_.budgets.count(budget)) return nullptr;
  wants_.budgets.insert(budget);
  return Lacking();
}

const Lot* Books::PeekLot(const LotKey& key) const {
  const auto found = lots_.find(key);
  return found == lots_.end() ? nullptr : &found->second;
}

const Hold* Books::PeekHold(const HoldId& hold) const {
  const auto found = holds_.find(hold);
  return found == holds_.end() || !found->second ? nullptr : &*found->second;
}

const Voucher* Books::PeekVoucher(const VoucherId& voucher) const {
  const auto found = vouchers_.find(voucher);
  return found == vouchers_.end() || !found->second ? nullptr : &*found->second;
}

std::optional<int64_t> Books::PeekCover(const CoverKey& key) const {
  const auto found = covers_.find(key);
  return found == covers_.end() ? std::nullopt : std::optional(found->second);
}

// --- posting ---------------------------------------------------------------------------------

int64_t Books::BalanceNow(Account account, const MemberId& member, int16_t unit,
                          int32_t partition) const {
  if (IsMembers(account)) {
    Wallet wallet = WalletOf(member, unit);
    return *Bucket(wallet, account);
  }
  const auto found = accounts_.find({partition, unit, account});
  return found == accounts_.end() ? 0 : found->second;
}

absl::Status Books::CheckBudget(const Fact& fact) {
  if (fact.budget.IsNil()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Budget* budget, FindBudget(fact.budget));
  if (budget == nullptr) {
    return FieldError(Reason::kBudgetNotFound, "budget_id",
                      absl::StrCat("the program has no budget ", fact.budget.ToString()));
  }
  if (budget->unit != fact.unit) {
    return FieldError(Reason::kBudgetNotFound, "budget_id", "the budget is of another unit");
  }
  const int64_t left = budget->limit - budget->spent;
  if (fact.debit == Account::kIssued && fact.points > left) {
    return Error(Reason::kBudgetExhausted,
                 absl::StrCat("the budget has ", left, " left, not ", fact.points),
                 {{"remaining", absl::StrCat(left)}});
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Books::Post(Fact fact) {
  if (!fact.member.IsNil()) RETURN_IF_ERROR(RequireHolder(fact.member));
  const int32_t partition = PartitionOfMember(fact.member);
  JournalRow row{.partition = partition, .seq = seqs_.at(partition) + 1, .fact = std::move(fact)};
  const Fact& posted = row.fact;
  if (posted.debit != Account::kNone) {
    if (posted.member.IsNil()) std::abort();
    // What ends or comes back at once may be more than anybody may post.
    if (posted.points < 1 || !posted.by_engine) RETURN_IF_ERROR(CheckPoints(posted.points));
    RETURN_IF_ERROR(CheckBudget(posted));
    const int64_t debit = BalanceNow(posted.debit, posted.member, posted.unit, partition);
    const int64_t credit = BalanceNow(posted.credit, posted.member, posted.unit, partition);
    if (IsMembers(posted.debit) && posted.debit != Account::kDebt && debit < posted.points) {
      return Error(Reason::kInsufficientPoints,
                   absl::StrCat("the member has ", debit, " points available, not ", posted.points),
                   {{"available_points", absl::StrCat(debit)}});
    }
    const auto debit_after = base::CheckedSub(debit, posted.points);
    const auto credit_after = base::CheckedAdd(credit, posted.points);
    if (!debit_after || !credit_after) {
      return FieldError(Reason::kPointsOverflow, "points",
                        "a balance would grow beyond what can be counted");
    }
    const bool stays = posted.debit == posted.credit;
    row.debit_after = stays ? debit : *debit_after;
    row.credit_after = stays ? credit : *credit_after;
  }
  for (Allocation& allocation : row.fact.allocations) {
    if (allocation.credit_lot == Allocation::kOwnLot) {
      allocation.credit_lot = row.seq;
    } else if (allocation.debit_lot != allocation.credit_lot) {
      // What one owes the other already must be known before it changes.
      RETURN_IF_ERROR(CoversOf({partition, allocation.debit_lot}).status());
      RETURN_IF_ERROR(CoversOf({partition, allocation.credit_lot}).status());
    }
  }
  ++seqs_.at(partition);
  Apply(row);
  rows_.push_back(std::move(row));
  return rows_.back().seq;
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

void Books::SetState(const Fact& fact) {
  Holder& holder = HolderFor(fact.member);
  if (tracking_) {
    const bool first = touched_holders_.insert(fact.member).second;
    changes_.push_back([this, first, member = fact.member, &holder, before = holder.state] {
      holder.state = before;
      if (first) touched_holders_.erase(member);
    });
  }
  // What cannot be read is no state at all, and differs from whatever is stored.
  holder.state = StateSetBy(fact.detail).value_or(MemberState::kNone);
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
  if (fact.kind == FactKind::kMemberStateSet) SetState(fact);
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

void Books::AddHolder(const MemberId& member, absl::Time enrolled_at) {
  if (!holders_.emplace(member, Holder{.enrolled_at = enrolled_at, .wallets = {}}).second) {
    std::abort();
  }
  new_holders_.push_back(member);
}

void Books::Claim(const DirectoryKey& key, const MemberId& member, const Uuid& id) {
  const int32_t partition = PartitionOfMember(member);
  const DirectoryEntry entry{partition, id, ++names_[partition]};
  if (!directory_.emplace(key, entry).second) std::abort();
  claims_.push_back({key, entry});
  Remember([this, key, partition] {
    claims_.pop_back();
    directory_.erase(key);
    --names_[partition];
  });
}

absl::Status Books::Release(const DirectoryKey& key, Fact fact) {
  ASSIGN_OR_RETURN(const std::optional<DirectoryEntry> found, LookUp(key));
  if (!found || found->partition != PartitionOfMember(fact.member)) std::abort();
  const DirectoryEntry entry = *found;
  fact.kind = FactKind::kNameReleased;
  fact.detail = ReleaseJson(entry.number);
  RETURN_IF_ERROR(Post(std::move(fact)).status());
  directory_.erase(key);
  releases_.push_back({key, entry});
  Remember([this, key, entry] {
    releases_.pop_back();
    directory_[key] = entry;
  });
  return absl::OkStatus();
}

void Books::AddVoucher(Voucher voucher) {
  const VoucherId id = voucher.id;
  std::optional<Voucher>& place = vouchers_[id];
  new_vouchers_.insert(id);
  Remember([this, &place, id] {
    place.reset();
    new_vouchers_.erase(id);
  });
  place = std::move(voucher);
}

void Books::SetBudget(NamedBudget budget) {
  std::optional<Budget>& place = budgets_[budget.budget.id];
  std::optional<NamedBudget>& set = set_budgets_[budget.budget.id];
  Remember([&place, &set, before = place, set_before = set] {
    place = before;
    set = set_before;
  });
  place = budget.budget;
  set = std::move(budget);
}

void Books::SetNextDue(const MemberId& member, int16_t unit, absl::Time next_due) {
  TouchWallet(member, unit).next_due = next_due;
}

void Books::UndoTo(const Mark& mark) {
  while (changes_.size() > mark.changes) {
    changes_.back()();
    changes_.pop_back();
  }
  while (rows_.size() > mark.rows) {
    --seqs_.at(rows_.back().partition);
    rows_.pop_back();
  }
  while (new_holders_.size() > mark.holders) {
    holders_.erase(new_holders_.back());
    new_holders_.pop_back();
  }
}

// --- loading ---------------------------------------------------------------------------------

void Books::LoadUnit(Unit unit) { units_[unit.number] = std::move(unit); }

void Books::LoadAccount(int32_t partition, int16_t unit, Account account, int64_t points) {
  const AccountKey key{partition, unit, account};
  accounts_.emplace(key, points);
  stored_accounts_.insert(key);
}

void Books::LoadHolder(const MemberId& member, absl::Time enrolled_at, MemberState state) {
  holders_.emplace(member, Holder{.enrolled_at = enrolled_at, .state = state, .wallets = {}});
}

void Books::LoadWallet(const MemberId& member, int16_t unit, const Wallet& wallet) {
  HolderFor(member).wallets.emplace(unit, wallet);
  stored_wallets_.insert({member, unit});
}

void Books::LoadLot(const Lot& lot) {
  const auto [place, is_new] = lots_.emplace(lot.key, lot);
  if (is_new) Index(place->second);
}

void Books::LoadCover(int32_t partition, const Cover& cover) {
  covers_.emplace(CoverKey{partition, cover.borrower, cover.lender}, cover.points);
}

void Books::LoadHold(Hold hold) {
  const HoldId id = hold.id;
  std::optional<Hold>& place = holds_[id];
  if (!place) place = std::move(hold);
}

void Books::LoadVoucher(const Voucher& voucher) { vouchers_.emplace(voucher.id, voucher); }

void Books::LoadRow(PostedRow row) {
  transactions_[row.row.fact.transaction].emplace(row.row.seq, std::move(row));
}

void Books::LoadBudget(const Budget& budget) { budgets_.emplace(budget.id, budget); }

void Books::Loaded(const Wants& wants) {
  for (const auto& [wallet, count] : wants.lots) {
    OpenLotsOfWallet& open = open_[wallet];
    if (count == Wants::kAll) {
      open.all = true;
    } else if (count > open.asked) {
      int available = 0;
      for (const Lot* lot : open.lots) {
        if (lot->available <= 0) continue;
        open.until = *lot;
        if (++available == count) break;
      }
      open.asked = count;
      open.ended = available < count;
    }
  }
  known_.Add(wants);
}

}  // namespace gratis::ledger
