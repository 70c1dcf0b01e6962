#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/books.h"
#include "common/ledger/merging.h"
#include "common/ledger/wrapping.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

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
  const Holder& holder = *FindHolder(member);
  if (holder.state == MemberState::kMerged && !Allows(holder.state, deed)) {
    return BecameOf(member, holder.survivor);
  }
  return CheckStanding(holder.state, deed);
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
  const std::optional<int32_t> issued = PartitionOfId(program_, voucher.uuid);
  const Voucher* standing = nullptr;
  const auto found = vouchers_.find(voucher);
  if (found != vouchers_.end()) {
    for (const auto& [partition, place] : found->second) {
      const Lot* lot = PeekLot(place.lot);
      if (lot != nullptr && lot->open()) return &place;
      // One that is used up is with whom it went to.
      if (standing == nullptr || partition != issued) standing = &place;
    }
  }
  const bool is_new = issued && new_vouchers_.count({voucher, *issued}) > 0;
  if (is_new || known_.vouchers.count(voucher)) return standing;
  wants_.vouchers.insert(voucher);
  return Lacking();
}

absl::StatusOr<const Voucher*> Books::FindVoucherWith(const VoucherId& voucher,
                                                      const MemberId& member) {
  const int32_t partition = PartitionOfMember(member);
  if (new_vouchers_.count({voucher, partition}) == 0 && !known_.vouchers.count(voucher)) {
    wants_.vouchers.insert(voucher);
    return Lacking();
  }
  const Voucher* place = PeekVoucher(voucher, partition);
  return place != nullptr && place->member == member ? place : nullptr;
}

absl::StatusOr<std::vector<const Voucher*>> Books::LiveVouchers(const MemberId& member) {
  if (!known_.member_vouchers.count(member)) {
    wants_.member_vouchers.insert(member);
    return Lacking();
  }
  std::vector<const Voucher*> live;
  for (const auto& [id, places] : vouchers_) {
    for (const auto& [partition, voucher] : places) {
      if (voucher.member != member) continue;
      const Lot* lot = PeekLot(voucher.lot);
      if (lot != nullptr && lot->open()) live.push_back(&voucher);
    }
  }
  return live;
}

absl::StatusOr<const Voucher*> Books::FindVoucherOf(const LotKey& lot) {
  // What is stored of a voucher names its last lot alone; each one's own row names the voucher.
  const auto made = std::find_if(rows_.rbegin(), rows_.rend(), [&](const JournalRow& row) {
    return row.partition == lot.partition && row.seq == lot.seq;
  });
  if (made != rows_.rend()) return FindVoucher(VoucherId{made->fact.about});
  const auto maker = makers_.find(lot);
  if (maker != makers_.end()) return FindVoucher(VoucherId{maker->second});
  if (known_.makers.count(lot)) return nullptr;
  wants_.makers.insert(lot);
  return Lacking();
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

absl::StatusOr<std::vector<Departure>> Books::DeparturesOf(const MemberId& member) {
  if (!known_.departures.count(member)) {
    wants_.departures.insert(member);
    return Lacking();
  }
  std::vector<Departure> departures;
  const auto found = departures_.find(member);
  if (found != departures_.end()) {
    for (const auto& [seq, departure] : found->second) departures.push_back(departure);
  }
  for (const JournalRow& row : rows_) {
    const Fact& fact = row.fact;
    if (fact.kind != FactKind::kTransferredOut || fact.member != member) continue;
    if (fact.allocations.empty()) continue;
    departures.push_back({fact.allocations.front().debit_lot, fact.detail});
  }
  return departures;
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

const Voucher* Books::PeekVoucher(const VoucherId& voucher, int32_t partition) const {
  const auto found = vouchers_.find(voucher);
  if (found == vouchers_.end()) return nullptr;
  const auto place = found->second.find(partition);
  return place == found->second.end() ? nullptr : &place->second;
}

std::optional<int64_t> Books::PeekCover(const CoverKey& key) const {
  const auto found = covers_.find(key);
  return found == covers_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace gratis::ledger
