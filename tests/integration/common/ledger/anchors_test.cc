#include "tests/integration/common/ledger/kernel.h"

// Whoever can change the database can put back an old state of it, in which everything agrees. A
// head that was kept elsewhere does not.
namespace gratis::ledger::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Anchors : public Kernel {
 protected:
  Anchors() : ada_(Enroll(0)) {
    EarnOften(3);
    database_.Execute(
        "CREATE SCHEMA before;"
        "DO $$ DECLARE t name; BEGIN FOR t IN SELECT relname FROM pg_class"
        " WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r' LOOP"
        " EXECUTE format('CREATE TABLE before.%I AS TABLE ledger.%I', t, t); END LOOP; END $$");
  }

  // Each posting a block of its own.
  void EarnOften(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(Earn(ada_, 10, NextRequestId()).answer.ok());
    }
  }
  // All rows of all tables as they were in the beginning.
  void PutBack() {
    database_.Execute(
        "SET session_replication_role = replica;"
        "DO $$ DECLARE t name; BEGIN FOR t IN SELECT relname FROM pg_class"
        " WHERE relnamespace = 'before'::regnamespace LOOP"
        " EXECUTE format('DELETE FROM ledger.%I', t);"
        " EXECUTE format('INSERT INTO ledger.%I SELECT * FROM before.%I', t, t);"
        " END LOOP; END $$");
  }
  Anchor HeadOf(int32_t partition) {
    const Verification found = Verify(partition);
    return {partition, found.last_seq, found.chain_hash};
  }
  Verification Compare(std::vector<Anchor> anchors, int32_t partition = 1, int page_rows = 5'000) {
    const auto found = VerifyPartition(pool_, program_, partition,
                                       {.chain_key = kChainKey,
                                        .deadline = clock_.Now() + absl::Seconds(60),
                                        .page_rows = page_rows,
                                        .anchors = std::move(anchors)});
    EXPECT_EQ(found.status(), absl::OkStatus());
    return found.ok() ? *found : Verification{};
  }
  static auto Says(const Anchor& anchor, const std::string& what) {
    return ElementsAre(AllOf(Field(&Damage::check, "chain"),
                             Field(&Damage::description, HasSubstr(what)),
                             Field(&Damage::seq, std::optional<int64_t>(anchor.seq))));
  }

  MemberId ada_;
};

TEST_F(Anchors, ShowThatTheNewestBlocksWereCutOff) {
  EarnOften(3);
  const Anchor anchor = HeadOf(1);
  EXPECT_THAT(Compare({anchor}).damages, IsEmpty());
  PutBack();
  ExpectSoundBooks();
  ASSERT_EQ(HeadOf(1).seq, anchor.seq - 3);
  EXPECT_THAT(Compare({anchor}).damages, Says(anchor, "the newest were cut off"));
}

TEST_F(Anchors, ShowThatWhatWasCutOffWasWrittenAnew) {
  EarnOften(3);
  const Anchor anchor = HeadOf(1);
  PutBack();
  EarnOften(3);
  ExpectSoundBooks();
  ASSERT_EQ(HeadOf(1).seq, anchor.seq);
  EXPECT_THAT(Compare({anchor}).damages, Says(anchor, "is not the anchor's"));
  EarnOften(2);
  EXPECT_THAT(Compare({anchor}).damages, Says(anchor, "is not the anchor's"));
}

TEST_F(Anchors, ShowThatWhatWasCutOffWasWrittenAnewInOtherBlocks) {
  EarnOften(3);
  const Anchor anchor = HeadOf(1);
  PutBack();
  std::vector<Pending> set;
  for (int i = 0; i < 5; ++i) {
    set.push_back({&kind_, Move(FactKind::kEarn, ada_, 10, NextRequestId()), nullptr});
  }
  RunSet(pool_, kChainKey, clock_.Now() + absl::Seconds(20), absl::MakeSpan(set));
  ExpectSoundBooks();
  ASSERT_EQ(HeadOf(1).seq, anchor.seq + 2);
  EXPECT_THAT(Compare({anchor}).damages, Says(anchor, "a block ended with row"));
}

TEST_F(Anchors, HoldHoweverMuchIsPostedAfterThem) {
  std::vector<Anchor> anchors{HeadOf(1), HeadOf(3)};
  ASSERT_EQ(anchors[1].seq, 0);
  for (int i = 0; i < 4; ++i) {
    EarnOften(2);
    anchors.push_back(HeadOf(1));
    anchors.push_back(anchors.back());
  }
  Enroll(2);
  for (const int page_rows : {5'000, 3, 1}) {
    const Verification found = Compare(anchors, 1, page_rows);
    EXPECT_THAT(found.damages, IsEmpty());
    EXPECT_EQ(found.anchors, 9);
  }
  EXPECT_THAT(Compare(anchors, 3).damages, IsEmpty());
  EXPECT_EQ(Compare(anchors, 3).anchors, 1);
  EXPECT_EQ(Compare(anchors, 2).anchors, 0);
}

TEST_F(Anchors, ThatWereNeverAHeadAreNotTakenForOne) {
  Anchor made_up = HeadOf(1);
  made_up.chain_hash = std::string(32, 'x');
  EXPECT_THAT(Compare({made_up}).damages, Says(made_up, "is not the anchor's"));
  made_up.seq = 0;
  EXPECT_THAT(Compare({made_up}).damages, Says(made_up, "a block ended with row 0"));
}

}  // namespace
}  // namespace gratis::ledger::testing
