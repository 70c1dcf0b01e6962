#include "common/ledger/holdings.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/civil.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

// The earliest of lots that have something and a time for it.
std::optional<Coming> Earliest(absl::Span<const Lot> lots, int64_t Lot::*points,
                               absl::Time Lot::*at) {
  std::optional<Coming> first;
  for (const Lot& lot : lots) {
    if (lot.*points <= 0 || lot.*at == absl::InfiniteFuture()) continue;
    if (!first || lot.*at < first->at) first = Coming{0, lot.*at};
    if (lot.*at == first->at) first->points += lot.*points;
  }
  return first;
}

const Unit* UnitOf(const std::vector<Unit>& units, int16_t number) {
  const auto found = std::find_if(units.begin(), units.end(),
                                  [&](const Unit& unit) { return unit.number == number; });
  return found == units.end() ? nullptr : &*found;
}

UnitHolding UnitHoldingOf(const Unit& unit, const Wallet& wallet, absl::Span<const Lot> lots,
                          const absl::TimeZone& zone) {
  UnitHolding holding{.wallet = wallet, .expires = {}, .activates = NextActivation(lots)};
  holding.expires = NextExpiry(lots);
  if (unit.expiry == ExpiryKind::kInactivity && wallet.available > 0) {
    // All of it at once, unless a part ends before by what held when it was earned.
    const absl::Time asleep = ExpiryOf(unit, wallet.active_at, zone);
    if (!holding.expires || asleep <= holding.expires->at) {
      holding.expires = Coming{wallet.available, asleep};
    }
  }
  return holding;
}

}  // namespace

std::optional<Coming> NextExpiry(absl::Span<const Lot> lots) {
  return Earliest(lots, &Lot::available, &Lot::expires_at);
}

std::optional<Coming> NextActivation(absl::Span<const Lot> lots) {
  return Earliest(lots, &Lot::pending, &Lot::available_at);
}

HoldingsQuery::HoldingsQuery(pg::Tx& tx, const Program& program, absl::Span<const MemberId> members)
    : tx_(tx),
      program_(program),
      members_(members.begin(), members.end()),
      partitions_(PartitionsOf(program, members)),
      units_asked_(AskUnits(tx, program)),
      balances_asked_(tx.Ask(sql::kReadBalances, partitions_, members_)),
      lots_asked_(tx.Ask(sql::kReadHoldings, partitions_, members_, kLastOwnUnit)) {}

absl::Status HoldingsQuery::Take() {
  ASSIGN_OR_RETURN(std::vector<Unit> units, TakeUnits(tx_, units_asked_));
  units_ = WithPoints(std::move(units));
  ASSIGN_OR_RETURN(const pg::Rows balances, tx_.Take(balances_asked_));
  for (const pg::Row row : balances) {
    Stored& stored = stored_[members_.at(static_cast<size_t>(row.Get<int64_t>(0) - 1))];
    stored.state = static_cast<MemberState>(row.Get<int16_t>(8));
    if (const auto unit = row.Get<std::optional<int16_t>>(1)) {
      stored.wallets[*unit] = ReadWallet(row, 2);
    }
  }
  ASSIGN_OR_RETURN(const pg::Rows lots, tx_.Take(lots_asked_));
  for (const pg::Row row : lots) {
    Stored& stored = stored_[row.Get<MemberId>(1)];
    const Lot& lot = stored.lots.emplace_back(ReadLot(row.Get<int32_t>(23), row));
    if (const auto id = row.Get<std::optional<VoucherId>>(17)) {
      stored.vouchers[lot.key.seq] = {
          .id = *id,
          .member = lot.member,
          .lot = lot.key,
          .terms = {.kind = static_cast<VoucherKind>(row.Get<int16_t>(18)),
                    .basis_points = row.Get<int32_t>(19),
                    .item = row.Get<std::string>(20),
                    .origin = row.Get<std::string>(21),
                    .one_live = row.Get<bool>(22)}};
    }
  }
  return absl::OkStatus();
}

MemberState HoldingsQuery::StateOf(const MemberId& member) const {
  const auto found = stored_.find(member);
  return found == stored_.end() ? MemberState::kNone : found->second.state;
}

// What settling would make of it.
absl::Status HoldingsQuery::Settle(const MemberId& member, absl::Time now, Stored& stored) const {
  return LookAtBooks(tx_, program_, now, [&](Books& books) -> absl::Status {
    RETURN_IF_ERROR(ledger::Settle(books, member));
    stored.lots.clear();
    stored.wallets = books.FindHolder(member)->wallets;
    for (const auto& [unit, wallet] : stored.wallets) {
      ASSIGN_OR_RETURN(const std::vector<const Lot*> open, books.OpenLots(member, unit));
      for (const Lot* lot : open) stored.lots.push_back(*lot);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<Holdings> HoldingsQuery::Of(const MemberId& member, absl::Time now) const {
  const auto found = stored_.find(member);
  if (found == stored_.end()) return NoSuchMember(member);
  if (found->second.state == MemberState::kErased) {
    return CheckStanding(MemberState::kErased, Deed::kCorrect);
  }
  Stored stored = found->second;
  if (MayBeStale(stored.wallets, units_, now)) RETURN_IF_ERROR(Settle(member, now, stored));

  Holdings holdings{.state = stored.state, .units = units_, .by_unit = {}, .vouchers = {}};
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program_.time_zone));
  stored.wallets.try_emplace(kPointsUnit);
  for (const auto& [number, wallet] : stored.wallets) {
    const Unit* const unit = UnitOf(units_, number);
    if (unit == nullptr) continue;
    std::vector<Lot> of_unit;
    std::copy_if(stored.lots.begin(), stored.lots.end(), std::back_inserter(of_unit),
                 [number = number](const Lot& lot) { return lot.unit == number; });
    holdings.by_unit[number] = UnitHoldingOf(*unit, wallet, of_unit, zone);
  }
  for (const Lot& lot : stored.lots) {
    const auto voucher = stored.vouchers.find(lot.key.seq);
    if (voucher == stored.vouchers.end() || lot.available == 0) continue;
    holdings.vouchers.push_back({voucher->second, lot});
  }
  std::stable_sort(
      holdings.vouchers.begin(), holdings.vouchers.end(),
      [](const LiveVoucher& a, const LiveVoucher& b) { return SpendOrder()(a.lot, b.lot); });
  return holdings;
}

}  // namespace gratis::ledger
