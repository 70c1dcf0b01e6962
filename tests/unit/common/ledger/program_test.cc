#include "common/ledger/program.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/base/random.h"

namespace gratis::ledger {
namespace {

const Program kProgram{.number = 2, .first_partition = 100, .partitions = 8};

TEST(PartitionOf, StaysTheSameForEver) {
  // SHA-256 of 16 zero bytes but the last, which is 1; worked out with another implementation.
  MemberId member;
  member.uuid.bytes[15] = 1;
  EXPECT_EQ(PartitionOf(kProgram, member), 100 + 3);
}

TEST(PartitionOf, FactsAboutTheProgramLiveInItsFirst) {
  EXPECT_EQ(PartitionOf(kProgram, MemberId{}), 100);
}

TEST(PartitionOf, SpreadsMembersEvenly) {
  base::SequentialIds ids;
  std::vector<int> counts(8);
  for (int i = 0; i < 8'000; ++i) {
    ++counts.at(static_cast<size_t>(PartitionOf(kProgram, {ids.Next(absl::UnixEpoch())}) - 100));
  }
  for (const int count : counts) EXPECT_NEAR(count, 1'000, 150);
}

}  // namespace
}  // namespace gratis::ledger
