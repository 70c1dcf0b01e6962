#include <algorithm>
#include <utility>

#include "common/ledger/books.h"

namespace gratis::ledger {

bool Wants::empty() const {
  return members.empty() && names.empty() && lots.empty() && lot_keys.empty() &&
         member_holds.empty() && holds.empty() && transactions.empty() && vouchers.empty() &&
         member_vouchers.empty() && budgets.empty() && departures.empty() && makers.empty();
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
  departures.insert(more.departures.begin(), more.departures.end());
  makers.insert(more.makers.begin(), more.makers.end());
}

void Books::LoadUnit(Unit unit) { units_[unit.number] = std::move(unit); }

void Books::LoadAccount(int32_t partition, int16_t unit, Account account, int64_t points) {
  const AccountKey key{partition, unit, account};
  accounts_.emplace(key, points);
  stored_accounts_.insert(key);
}

void Books::LoadHolder(const MemberId& member, absl::Time enrolled_at, MemberState state,
                       const MemberId& survivor) {
  holders_.emplace(
      member,
      Holder{.enrolled_at = enrolled_at, .state = state, .survivor = survivor, .wallets = {}});
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

void Books::LoadVoucher(const Voucher& voucher) {
  vouchers_[voucher.id].emplace(voucher.lot.partition, voucher);
}

void Books::LoadRow(PostedRow row) {
  transactions_[row.row.fact.transaction].emplace(row.row.seq, std::move(row));
}

void Books::LoadBudget(const Budget& budget) { budgets_.emplace(budget.id, budget); }

void Books::LoadDeparture(const MemberId& member, int64_t seq, Departure departure) {
  departures_[member].emplace(seq, std::move(departure));
}

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
