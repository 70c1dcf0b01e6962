#include <algorithm>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/ledger/mend.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

// Something that falls due by itself. At one instant, in this order.
struct Due {
  enum What { kActivates, kHoldEnds, kPendingExpires, kExpires, kWalletSleeps, kNothing };

  absl::Time at = absl::InfiniteFuture();
  What what = kNothing;
  LotKey lot;
  HoldId hold;

  friend bool operator<(const Due& a, const Due& b) {
    return std::tie(a.at, a.what, a.lot, a.hold) < std::tie(b.at, b.what, b.lot, b.hold);
  }
};

// Time's own doings have ids that follow from what they are, so that whoever notices first makes
// the same.
TransactionId TransactionOf(const Books& books, const MemberId& member, int16_t unit,
                            const Due& due) {
  const base::Digest digest = base::Sha256(
      absl::StrCat(member.ToString(), "|", unit, "|", absl::ToUnixMicros(due.at), "|",
                   static_cast<int>(due.what), "|", due.lot.seq, "|", due.hold.ToString()));
  Uuid id;
  std::copy(digest.begin(), digest.begin() + 16, id.bytes.begin());
  const auto millis = static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixMillis(due.at)));
  for (int i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(millis >> (8 * (5 - i)));
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0F) | 0x70);
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return {InPartition(books.program(), PartitionOf(books.program(), member), id)};
}

absl::StatusOr<Due> NextDue(Books& books, const MemberId& member, const Unit& unit) {
  ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.OpenLots(member, unit.number));
  ASSIGN_OR_RETURN(const std::vector<const Hold*> holds, books.OpenHolds(member));
  Due next;
  for (const Lot* lot : lots) {
    if (lot->pending > 0) {
      next = std::min(next, Due{.at = lot->available_at, .what = Due::kActivates, .lot = lot->key});
      next =
          std::min(next, Due{.at = lot->expires_at, .what = Due::kPendingExpires, .lot = lot->key});
    }
    if (lot->available > 0) {
      next = std::min(next, Due{.at = lot->expires_at, .what = Due::kExpires, .lot = lot->key});
    }
  }
  for (const Hold* hold : holds) {
    if (hold->unit != unit.number) continue;
    next = std::min(next, Due{.at = hold->expires_at, .what = Due::kHoldEnds, .hold = hold->id});
  }
  return next;
}

// When the wallet's points end because nothing happened in it.
absl::Time SleepsAt(const Books& books, const Unit& unit, const Wallet& wallet) {
  if (unit.expiry != ExpiryKind::kInactivity || wallet.available <= 0) {
    return absl::InfiniteFuture();
  }
  return ExpiryOf(unit, wallet.active_at, books.zone());
}

absl::Status Happen(Books& books, const MemberId& member, int16_t unit, const Due& due) {
  Fact fact{.kind = FactKind::kExpired,
            .transaction = TransactionOf(books, member, unit, due),
            .member = member,
            .unit = unit,
            .debit = Account::kAvailable,
            .credit = Account::kExpired,
            .effective_at = due.at,
            .by_engine = true};
  if (due.what == Due::kWalletSleeps) {
    ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.OpenLots(member, unit));
    for (const Lot* lot : lots) {
      if (lot->available == 0) continue;
      fact.points += lot->available;
      fact.allocations.push_back({lot->key.seq, lot->key.seq, lot->available});
    }
    return books.Post(std::move(fact)).status();
  }
  if (due.what == Due::kHoldEnds) {
    fact.kind = FactKind::kHoldExpired;
    return ReleaseHold(books, std::move(fact), due.hold);
  }
  ASSIGN_OR_RETURN(const Lot* lot, books.FindLot(due.lot));
  fact.points = due.what == Due::kExpires ? lot->available : lot->pending;
  fact.allocations = {{due.lot.seq, due.lot.seq, fact.points}};
  if (due.what != Due::kExpires) fact.debit = Account::kPending;
  if (due.what == Due::kActivates) {
    fact.kind = FactKind::kActivated;
    fact.credit = Account::kAvailable;
  }
  RETURN_IF_ERROR(books.Post(fact).status());
  return due.what == Due::kActivates ? MakeGood(books, fact, due.lot) : absl::OkStatus();
}

absl::Status SettleWallet(Books& books, const MemberId& member, const Unit& unit) {
  const absl::Time now = books.recorded_at();
  absl::Time last = absl::InfinitePast();
  while (true) {
    const Wallet wallet = books.WalletOf(member, unit.number);
    // What becomes available in a wallet that sleeps ends then, not before.
    const Due asleep{.at = std::max(SleepsAt(books, unit, wallet), last),
                     .what = Due::kWalletSleeps};
    if (wallet.next_due > now && asleep.at > now) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Due other, NextDue(books, member, unit));
    const Due next = std::min(other, asleep);
    if (next.at > now) {
      books.SetNextDue(member, unit.number, other.at);
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(Happen(books, member, unit.number, next));
    last = next.at;
  }
}

}  // namespace

absl::Status Settle(Books& books, const MemberId& member) {
  RETURN_IF_ERROR(books.RequireHolder(member));
  std::vector<int16_t> units;
  for (const auto& [unit, wallet] : books.FindHolder(member)->wallets) units.push_back(unit);
  for (const int16_t number : units) {
    ASSIGN_OR_RETURN(const Unit unit, books.UnitOf(number));
    RETURN_IF_ERROR(SettleWallet(books, member, unit));
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
