#include "common/ledger/seal.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace gratis::ledger {
namespace {

const std::string kKey(32, 'k');

// Seals `row` as it is and with each change, and expects that no two seals are alike.
template <class Row, class Seal>
void ExpectEveryColumnCounts(Row row, const std::vector<std::function<void(Row&)>>& changes,
                             Seal seal) {
  std::set<std::string> seen{seal(row)};
  for (const auto& change : changes) {
    Row changed = row;
    change(changed);
    seen.insert(seal(changed));
  }
  EXPECT_EQ(seen.size(), changes.size() + 1);
}

TEST(Sealer, EveryColumnOfARequestCounts) {
  Sealer sealer(kKey);
  using Row = AnsweredRequest;
  ExpectEveryColumnCounts<Row>(
      {.program = 2,
       .partition = 3,
       .number = 4,
       .request_id = "ab",
       .fingerprint = "cd",
       .answer = "ef",
       .recorded_at = absl::UnixEpoch()},
      {[](Row& r) { r.program = 3; }, [](Row& r) { r.partition = 4; }, [](Row& r) { r.number = 5; },
       [](Row& r) { r.request_id = "b"; }, [](Row& r) { r.fingerprint = "c"; },
       [](Row& r) { r.answer = ""; }, [](Row& r) { r.request_id = "abc", r.fingerprint = "d"; },
       [](Row& r) { r.recorded_at += absl::Microseconds(1); }},
      [&](const Row& row) { return sealer.Seal(row); });
}

TEST(Sealer, EveryColumnOfANameCounts) {
  Sealer sealer(kKey);
  using Row = ClaimedName;
  ExpectEveryColumnCounts<Row>(
      {.program = 2, .partition = 3, .number = 4, .kind = 5, .key = "ab", .id = {}},
      {[](Row& r) { r.program = 3; }, [](Row& r) { r.partition = 4; }, [](Row& r) { r.number = 5; },
       [](Row& r) { r.kind = 6; }, [](Row& r) { r.key = "a"; }, [](Row& r) { r.id.bytes[15] = 1; }},
      [&](const Row& row) { return sealer.Seal(row); });
}

TEST(Sealer, EveryColumnOfAHeadCounts) {
  Sealer sealer(kKey);
  ExpectEveryColumnCounts<Head>(
      {.program = 2, .seq = 3, .chain_hash = "ab", .recorded_at = absl::UnixEpoch()},
      {[](Head& h) { h.program = 3; }, [](Head& h) { h.seq = 4; },
       [](Head& h) { h.chain_hash = "a"; }, [](Head& h) { h.requests = 1; },
       [](Head& h) { h.names = 1; }, [](Head& h) { h.recorded_at = absl::InfinitePast(); }},
      [&](const Head& head) { return sealer.Seal(1, head); });
  EXPECT_NE(sealer.Seal(1, {.seq = 3}), sealer.Seal(2, {.seq = 3}));
}

TEST(Sealer, AnEmptyHeadHasNone) { EXPECT_EQ(Sealer(kKey).Seal(1, {.program = 2}), ""); }

TEST(Sealer, DependsOnTheKey) {
  const Head head{.seq = 1};
  EXPECT_EQ(Sealer(kKey).Seal(1, head), Sealer(kKey).Seal(1, head));
  EXPECT_NE(Sealer(kKey).Seal(1, head), Sealer(std::string(32, 'x')).Seal(1, head));
  EXPECT_EQ(Sealer(kKey).Seal(1, head).size(), 16u);
}

}  // namespace
}  // namespace gratis::ledger
