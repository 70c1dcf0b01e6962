#include "common/ledger/chain.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace gratis::ledger {
namespace {

const NewLot kLot{.earned_at = absl::FromUnixSeconds(9)};

JournalRow SomeRow() {
  JournalRow row{.partition = 1, .seq = 7};
  row.fact = {.kind = FactKind::kEarn,
              .points = 5,
              .debit = Account::kIssued,
              .credit = Account::kAvailable,
              .effective_at = absl::FromUnixSeconds(10),
              .source = "ab",
              .detail = "c"};
  row.fact.member.uuid.bytes[0] = 1;
  row.fact.transaction.uuid.bytes[0] = 2;
  row.debit_after = -5;
  row.credit_after = 5;
  row.recorded_at = absl::FromUnixSeconds(11);
  row.actor = "key";
  return row;
}

TEST(CanonicalBytes, EveryColumnCounts) {
  const std::vector<std::function<void(JournalRow&)>> changes = {
      [](JournalRow&) {},
      [](JournalRow& r) { r.partition = 2; },
      [](JournalRow& r) { r.seq = 8; },
      [](JournalRow& r) { r.fact.kind = FactKind::kSpend; },
      [](JournalRow& r) { r.fact.transaction.uuid.bytes[15] = 1; },
      [](JournalRow& r) { r.fact.member.uuid.bytes[15] = 1; },
      [](JournalRow& r) { r.fact.points = 6; },
      [](JournalRow& r) { r.fact.debit = Account::kRedeemed; },
      [](JournalRow& r) { r.fact.credit = Account::kRedeemed; },
      [](JournalRow& r) { r.debit_after = -6; },
      [](JournalRow& r) { r.credit_after = 6; },
      [](JournalRow& r) { r.fact.effective_at += absl::Microseconds(1); },
      [](JournalRow& r) { r.recorded_at += absl::Microseconds(1); },
      [](JournalRow& r) { r.actor = "keys"; },
      [](JournalRow& r) { r.fact.source = "a", r.fact.detail = "bc"; },
      [](JournalRow& r) { r.fact.detail = "d"; },
      [](JournalRow& r) { r.fact.unit = 2; },
      [](JournalRow& r) { r.fact.about.bytes[0] = 1; },
      [](JournalRow& r) { r.fact.budget.uuid.bytes[0] = 1; },
      [](JournalRow& r) { r.fact.undoes = 1; },
      [](JournalRow& r) { r.fact.hold_until = absl::UnixEpoch(); },
      [](JournalRow& r) { r.fact.hold_until = absl::InfiniteFuture(); },
      [](JournalRow& r) { r.fact.lot = kLot; },
      [](JournalRow& r) { r.fact.lot = kLot, r.fact.lot->origin = Origin{}; },
      [](JournalRow& r) { r.fact.lot = kLot, r.fact.lot->origin = Origin::kPurchase; },
      [](JournalRow& r) { r.fact.lot = kLot, r.fact.lot->earned_at += absl::Microseconds(1); },
      [](JournalRow& r) { r.fact.lot = kLot, r.fact.lot->available_at = absl::UnixEpoch(); },
      [](JournalRow& r) { r.fact.lot = kLot, r.fact.lot->expires_at = absl::UnixEpoch(); },
      [](JournalRow& r) {
        r.fact.allocations = {{1, 2, 3}};
      },
      [](JournalRow& r) {
        r.fact.allocations = {{4, 2, 3}};
      },
      [](JournalRow& r) {
        r.fact.allocations = {{1, 4, 3}};
      },
      [](JournalRow& r) {
        r.fact.allocations = {{1, 2, 4}};
      },
      [](JournalRow& r) {
        r.fact.allocations = {{1, 2, 3}, {1, 2, 3}};
      },
      [](JournalRow& r) {
        r.fact.allocations = {{1, 2, 3}, {4, 5, 6}};
      },
      [](JournalRow& r) {
        r.fact.allocations = {{4, 5, 6}, {1, 2, 3}};
      },
  };
  std::set<std::string> seen;
  for (const auto& change : changes) {
    JournalRow row = SomeRow();
    change(row);
    seen.insert(CanonicalBytes(row));
  }
  EXPECT_EQ(seen.size(), changes.size());
}

TEST(BlockHash, DependsOnKeyPastAndOrder) {
  const JournalRow first = SomeRow();
  JournalRow second = SomeRow();
  second.seq = 8;
  const auto hash = [&](std::string_view key, std::string_view previous, const JournalRow& a,
                        const JournalRow& b) {
    BlockHash block(key, previous);
    block.Add(a);
    block.Add(b);
    return block.Finish();
  };
  const std::string key(32, 'k');
  const base::Digest digest = hash(key, GenesisHash(), first, second);
  EXPECT_EQ(digest, hash(key, GenesisHash(), first, second));
  EXPECT_NE(digest, hash(key, GenesisHash(), second, first));
  EXPECT_NE(digest, hash(key, std::string(32, 'x'), first, second));
  EXPECT_NE(digest, hash(std::string(32, 'K'), GenesisHash(), first, second));
}

}  // namespace
}  // namespace gratis::ledger
