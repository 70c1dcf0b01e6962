#include "services/cli/anchors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/failure.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace {

using testing::HasSubstr;

ledger::v1::Anchor AnchorOf(int32_t partition, int64_t sequence, const std::string& hash) {
  ledger::v1::Anchor anchor;
  anchor.set_partition(partition);
  anchor.set_sequence(sequence);
  anchor.set_chain_hash(hash);
  return anchor;
}

TEST(Anchors, AreReadAsTheyWereWritten) {
  const TempFile file("what was there before", "heads.jsonl");
  ASSERT_EQ(
      WriteAnchors(file.path(), {AnchorOf(0, 0, "00"), AnchorOf(7, 9'007'199'254'740'993, "ab")}),
      absl::OkStatus());
  EXPECT_EQ(ReadAll(file.path()),
            "{\"partition\":0,\"sequence\":0,\"chain_hash\":\"00\"}\n"
            "{\"partition\":7,\"sequence\":9007199254740993,\"chain_hash\":\"ab\"}\n");
  const auto read = ReadAnchors(file.path());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at(1).partition(), 7);
  EXPECT_EQ(read->at(1).sequence(), 9'007'199'254'740'993);
  EXPECT_EQ(read->at(1).chain_hash(), "ab");
}

TEST(Anchors, AFileOfSomethingElseIsRefusedWithItsLine) {
  const TempFile file("{\"partition\":1}\n\n{\"partition\":1,\"seq\":2}\n", "heads.jsonl");
  const absl::Status refused = ReadAnchors(file.path()).status();
  EXPECT_EQ(ExitCodeOf(refused), kWrongUsage);
  EXPECT_EQ(FieldOf(refused), "--anchor");
  EXPECT_THAT(base::Std(refused.message()), HasSubstr("line 3 of "));
}

TEST(Anchors, NoneAreNotTakenForSome) {
  const TempFile file("\n", "heads.jsonl");
  EXPECT_EQ(ExitCodeOf(ReadAnchors(file.path()).status()), kWrongUsage);
  EXPECT_EQ(ExitCodeOf(ReadAnchors(file.Beside("nowhere")).status()), kWrongUsage);
  EXPECT_EQ(ExitCodeOf(WriteAnchors(file.Beside("nowhere/heads"), {})), kWrongUsage);
}

}  // namespace
}  // namespace gratis::cli
