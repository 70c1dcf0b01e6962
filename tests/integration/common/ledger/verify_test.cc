#include <atomic>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/kernel.h"

// Damage is planted directly in the database; verify must name it with its place.
namespace gratis::ledger::testing {
namespace verify_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Plant {
  std::string name;
  std::string script;  // on partition 1, whose journal has 61 rows
  std::string check;
  std::string says;  // part of the description
  std::optional<int64_t> seq;
  size_t most = 8;  // findings for one damaged place
};

void PrintTo(const Plant& plant, std::ostream* out) { *out << plant.name; }

class PlantedDamage : public Kernel, public ::testing::WithParamInterface<Plant> {
 protected:
  // Ada and Bob in partition 1: enrolled, then 59 earns and spends in as many blocks.
  PlantedDamage() {
    ada_ = Enroll(0);
    bob_ = Enroll(0);
    for (int i = 0; i < 59; ++i) {
      const MemberId& member = i % 3 == 0 ? bob_ : ada_;
      const Outcome outcome = i % 4 == 3 ? Spend(member, 1 + i % 7, NextRequestId())
                                         : Earn(member, 10 + i, NextRequestId());
      EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    }
    EXPECT_EQ(Number("SELECT seq FROM ledger.head WHERE partition = 1"), 61);
  }

  MemberId ada_;
  MemberId bob_;
};

TEST_P(PlantedDamage, IsNamedWithItsPlace) {
  for (const int page_rows : {5'000, 61, 7}) {
    ASSERT_THAT(Verify(1, page_rows).damages, IsEmpty()) << "before anything was planted";
  }
  // What the database itself would refuse is planted all the same, as somebody with its files
  // could.
  database_.Execute(
      absl::StrCat("SET session_replication_role = replica;"
                   "ALTER TABLE ledger.wallet DROP CONSTRAINT wallet_available_check;"
                   "ALTER TABLE ledger.journal DROP CONSTRAINT journal_points_check;",
                   GetParam().script));
  for (const int page_rows : {5'000, 61, 7}) {
    const Verification found = Verify(1, page_rows);
    EXPECT_THAT(found.damages,
                Contains(AllOf(Field(&Damage::check, GetParam().check),
                               Field(&Damage::description, HasSubstr(GetParam().says)),
                               Field(&Damage::seq, GetParam().seq))))
        <<
        [&] {
          std::string all;
          for (const Damage& d : found.damages)
            absl::StrAppend(&all, d.check, " at ", d.seq.value_or(-1), ": ", d.description, "\n");
          return all;
        }();
    EXPECT_LE(found.damages.size(), GetParam().most)
        << "one damaged place is not reported all over the books";
  }
  EXPECT_THAT(Verify(2).damages, IsEmpty()) << "the neighbor is sound";
}

const Plant kPlants[] = {
    {"ChangedAmount",
     "UPDATE ledger.journal SET points = points + 1 WHERE partition = 1 AND seq = 30", "chain",
     "rows 30 to 30", 30},
    {"ChangedAmountShowsInTheBalances",
     "UPDATE ledger.journal SET points = points + 1 WHERE partition = 1 AND seq = 30", "wallet",
     "row 30 leaves", 30},
    {"ChangedActor", "UPDATE ledger.journal SET actor = 'key_x' WHERE partition = 1 AND seq = 12",
     "chain", "rows 12 to 12", 12},
    {"ChangedSource", "UPDATE ledger.journal SET source = '' WHERE partition = 1 AND seq = 12",
     "chain", "rows 12 to 12", 12},
    {"ChangedDetail", "UPDATE ledger.journal SET detail = '{ }' WHERE partition = 1 AND seq = 2",
     "chain", "rows 2 to 2", 2},
    {"ChangedKind", "UPDATE ledger.journal SET kind = 30 WHERE partition = 1 AND seq = 5", "chain",
     "rows 5 to 5", 5},
    {"ChangedTransaction",
     "UPDATE ledger.journal SET transaction = gen_random_uuid() WHERE partition = 1 AND seq = 5",
     "chain", "rows 5 to 5", 5},
    {"ChangedEffectiveTime",
     "UPDATE ledger.journal SET effective_at = effective_at + interval '1 microsecond'"
     " WHERE partition = 1 AND seq = 61",
     "chain", "rows 61 to 61", 61},
    {"ChangedRecordedTime",
     "UPDATE ledger.journal SET recorded_at = recorded_at - interval '1 second'"
     " WHERE partition = 1 AND seq = 20",
     "sequence", "row 20 was recorded at", 20},
    {"ChangedMember",
     "UPDATE ledger.journal SET member = (SELECT member FROM ledger.journal WHERE partition = 1"
     " AND seq = 1) WHERE partition = 1 AND seq = 3",
     "chain", "rows 3 to 3", 3},
    {"ChangedBalanceAfter",
     "UPDATE ledger.journal SET credit_after = credit_after + 1 WHERE partition = 1 AND seq = 4",
     "wallet", "row 4 leaves", 4},
    {"ChangedAccountAfter",
     "UPDATE ledger.journal SET debit_after = debit_after + 1 WHERE partition = 1 AND seq = 4",
     "account", "row 4 leaves", 4},
    {"NilForNoMember",
     "INSERT INTO ledger.journal SELECT 1, 62, transaction, 31,"
     " '00000000-0000-0000-0000-000000000000', 1, 0, 0, 0, 0, 0, effective_at, recorded_at, '', "
     "'', '',"
     " NULL, NULL, NULL, NULL, NULL, NULL, NULL"
     " FROM ledger.journal WHERE partition = 1 AND seq = 61;"
     "UPDATE ledger.head SET seq = 62 WHERE partition = 1",
     "chain", "row 62 has columns as nothing writes them", 62},
    {"DeletedRow", "DELETE FROM ledger.journal WHERE partition = 1 AND seq = 25", "sequence",
     "row 25 is missing", 25},
    {"DeletedRows", "DELETE FROM ledger.journal WHERE partition = 1 AND seq BETWEEN 20 AND 25",
     "sequence", "rows 20 to 25 are missing", 20, 26},
    {"DeletedFirstRow", "DELETE FROM ledger.journal WHERE partition = 1 AND seq = 1", "sequence",
     "row 1 is missing", 1},
    {"DeletedLastRow", "DELETE FROM ledger.journal WHERE partition = 1 AND seq = 61", "head",
     "the head says 61 rows, the journal ends with row 60", 61},
    {"SwappedRows",
     "UPDATE ledger.journal SET seq = -1 WHERE partition = 1 AND seq = 40;"
     "UPDATE ledger.journal SET seq = 40 WHERE partition = 1 AND seq = 41;"
     "UPDATE ledger.journal SET seq = 41 WHERE partition = 1 AND seq = -1",
     "chain", "rows 40 to 40", 40, 12},
    {"InsertedRowBehindTheHead",
     "INSERT INTO ledger.journal SELECT 1, 62, transaction, kind, member, unit, points, debit, "
     "credit,"
     " debit_after, credit_after, effective_at, recorded_at, actor, source, detail, about, budget,"
     " undoes, origin, earned_at, available_at, expires_at"
     " FROM ledger.journal WHERE partition = 1 AND seq = 61",
     "sequence", "row 62 lies outside", 62},
    {"InsertedRowBeforeTheFirst",
     "INSERT INTO ledger.journal SELECT 1, 0, transaction, kind, member, unit, points, debit, "
     "credit,"
     " debit_after, credit_after, effective_at, recorded_at, actor, source, detail, about, budget,"
     " undoes, origin, earned_at, available_at, expires_at"
     " FROM ledger.journal WHERE partition = 1 AND seq = 61",
     "sequence", "row 0 lies outside", 0},
    {"InsertedRowInBetween",
     "UPDATE ledger.journal SET seq = -seq WHERE partition = 1 AND seq >= 30;"
     "UPDATE ledger.journal SET seq = 1 - seq WHERE partition = 1 AND seq < 0;"
     "INSERT INTO ledger.journal SELECT 1, 30, transaction, kind, member, unit, points, debit, "
     "credit,"
     " debit_after, credit_after, effective_at, recorded_at, actor, source, detail, about, budget,"
     " undoes, origin, earned_at, available_at, expires_at"
     " FROM ledger.journal WHERE partition = 1 AND seq = 29;"
     "UPDATE ledger.head SET seq = 62 WHERE partition = 1",
     "block", "row 62 belongs to no block", 62, 99},
    {"ChangedWallet",
     "UPDATE ledger.wallet SET available = available + 1 WHERE partition = 1 AND member ="
     " (SELECT member FROM ledger.journal WHERE partition = 1 AND seq = 1)",
     "wallet", "the journal makes it", std::nullopt},
    {"DeletedWallets", "DELETE FROM ledger.wallet WHERE partition = 1", "wallet", "is gone",
     std::nullopt},
    {"InsertedWallet",
     "INSERT INTO ledger.wallet VALUES (1, gen_random_uuid(), 1, 0, 0, 0, 0, 'infinity', now())",
     "wallet", "was filled by no fact", std::nullopt},
    {"InsertedNilWallet",
     "INSERT INTO ledger.wallet VALUES (1, '00000000-0000-0000-0000-000000000000', 1, 5, 0, 0, 0, "
     "'infinity', now())",
     "wallet", "was filled by no fact", std::nullopt},
    {"InsertedLastWallet",
     "INSERT INTO ledger.wallet VALUES (1, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1, 5, 0, 0, 0, "
     "'infinity', now())",
     "wallet", "was filled by no fact", std::nullopt},
    {"ChangedAccount",
     "UPDATE ledger.account SET points = points - 1 WHERE partition = 1 AND account = 10",
     "account", "account issued holds", std::nullopt},
    {"DeletedAccount", "DELETE FROM ledger.account WHERE partition = 1 AND account = 11", "account",
     "account redeemed of unit 1 is gone", std::nullopt},
    {"InsertedAccount", "INSERT INTO ledger.account VALUES (1, 1, 77, 0)", "account",
     "account account 77 holds 0", std::nullopt},
    {"HeadWithAnotherSeq", "UPDATE ledger.head SET seq = 60 WHERE partition = 1", "sequence",
     "row 61 lies outside", 61},
    {"HeadFarAhead", "UPDATE ledger.head SET seq = 9223372036854775807 WHERE partition = 1", "head",
     "the journal ends with row 61", INT64_MAX},
    {"HeadWithAnotherHash",
     "UPDATE ledger.head SET chain_hash = decode(repeat('11', 32), 'hex') WHERE partition = 1",
     "head", "the head's hash is not the last block's", 61},
    {"HeadOfAnotherProgram", "UPDATE ledger.head SET program = 1 WHERE partition = 1", "head",
     "program 1, not 2", std::nullopt},
    {"HeadWithAnotherTime",
     "UPDATE ledger.head SET recorded_at = recorded_at + interval '1 day' WHERE partition = 1",
     "head", "the head was recorded at", 61},
    {"HeadGone", "DELETE FROM ledger.head WHERE partition = 1", "head", "the partition has no head",
     std::nullopt},
    {"ChangedBlockHash",
     "UPDATE ledger.block SET hash = decode(repeat('11', 32), 'hex') WHERE partition = 1 AND "
     "last_seq = 33",
     "chain", "rows 33 to 33", 33},
    {"DeletedBlock", "DELETE FROM ledger.block WHERE partition = 1 AND last_seq = 33", "block",
     "row 33 belongs to no block", 33},
    {"DeletedBlockLeavesAGap", "DELETE FROM ledger.block WHERE partition = 1 AND last_seq = 33",
     "block", "rows 34 to 34 does not follow the one that ends with row 32", 34},
    {"DeletedLastBlock", "DELETE FROM ledger.block WHERE partition = 1 AND last_seq = 61", "block",
     "the blocks end with row 60", 61},
    {"BlocksMadeOne",
     "DELETE FROM ledger.block WHERE partition = 1 AND last_seq = 33;"
     "UPDATE ledger.block SET first_seq = 33 WHERE partition = 1 AND last_seq = 34",
     "chain", "rows 33 to 34", 33},
    {"InsertedBlock",
     "INSERT INTO ledger.block VALUES (1, 62, 62, decode(repeat('11', 32), 'hex'))", "block",
     "the block that ends with row 62", 62},
    {"DeletedHolder",
     "DELETE FROM ledger.holder WHERE partition = 1 AND member ="
     " (SELECT member FROM ledger.journal WHERE partition = 1 AND seq = 2)",
     "holder", "was enrolled, and is not a holder", std::nullopt},
    {"InsertedHolder", "INSERT INTO ledger.holder VALUES (1, gen_random_uuid(), now(), 1)",
     "holder", "no fact enrolled them", std::nullopt},
    {"ChangedHolder", "UPDATE ledger.holder SET enrolled_at = now() WHERE partition = 1", "holder",
     "is a holder since", std::nullopt},
};

INSTANTIATE_TEST_SUITE_P(All, PlantedDamage, ::testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

class Verifying : public Kernel {};

TEST_F(Verifying, ADamageThatIsPaidForElsewhereIsStillSeen) {
  const MemberId ada = Enroll(0);
  ASSERT_TRUE(Earn(ada, 10, NextRequestId()).answer.ok());
  // Row, balances after, wallet, lot and account agree with each other; only the chain knows.
  database_.Execute(
      "UPDATE ledger.journal SET points = 20, credit_after = 20, debit_after = -20 WHERE seq = 2;"
      "UPDATE ledger.wallet SET available = 20; UPDATE ledger.account SET points = -20;"
      "UPDATE ledger.lot SET points = 20, available = 20");
  const Verification found = Verify(1);
  ASSERT_EQ(found.damages.size(), 1u);
  EXPECT_EQ(found.damages[0].check, "chain");
  EXPECT_EQ(found.damages[0].seq, 2);
}

TEST_F(Verifying, AWalletMayLookAtTheEndOfWhatWasSpentAndAtNoOtherMoment) {
  const MemberId ada = Enroll(0);
  const absl::Time end = now_ + absl::Hours(10);
  auto act = std::make_unique<Act>([end](Act& self, Books& books) -> absl::StatusOr<std::string> {
    const Posting posting{.kind = FactKind::kEarn,
                          .transaction = self.transaction,
                          .member = self.envelope.member,
                          .effective_at = self.envelope.now};
    RETURN_IF_ERROR(ledger::Earn(books, {.posting = posting, .points = 10, .expires_at = end}));
    return std::string("earned");
  });
  act->transaction = Beside(program_, ada, TransactionId{ids_.Next(now_)});
  act->envelope = EnvelopeFor(ada, NextRequestId(), "ten that end");
  ASSERT_EQ(poster_->Post(kind_, std::move(act)).answer.status(), absl::OkStatus());
  ASSERT_TRUE(Spend(ada, 10, NextRequestId()).answer.ok());
  ASSERT_EQ(Number("SELECT extract(epoch FROM next_due)::bigint FROM ledger.wallet"),
            absl::ToUnixSeconds(end));
  EXPECT_THAT(Verify(1).damages, IsEmpty());
  database_.Execute("UPDATE ledger.wallet SET next_due = next_due - interval '1 microsecond'");
  EXPECT_THAT(Verify(1).damages, ElementsAre(Field(&Damage::check, "wallet")));
}

TEST_F(Verifying, AnotherKeyProvesNothing) {
  Enroll(0);
  const auto found = VerifyPartition(
      pool_, program_, 1,
      {.chain_key = std::string(32, 'x'), .deadline = clock_.Now() + absl::Seconds(20)});
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->damages, Contains(Field(&Damage::check, "chain")));
}

TEST_F(Verifying, AnEmptyPartitionIsSound) {
  const Verification found = Verify(3);
  EXPECT_THAT(found.damages, IsEmpty());
  EXPECT_EQ(found.entries, 0);
  EXPECT_EQ(found.last_seq, 0);
}

TEST_F(Verifying, SaysWhatAnAnchorWouldKeep) {
  const MemberId ada = Enroll(0);
  ASSERT_TRUE(Earn(ada, 10, NextRequestId()).answer.ok());
  const Verification found = Verify(1);
  EXPECT_EQ(found.partition, 1);
  EXPECT_EQ(found.entries, 2);
  EXPECT_EQ(found.wallets, 1);
  EXPECT_EQ(found.last_seq, 2);
  EXPECT_EQ(found.chain_hash.size(), 32u);
  ASSERT_TRUE(Earn(ada, 10, NextRequestId()).answer.ok());
  EXPECT_NE(Verify(1).chain_hash, found.chain_hash);
}

TEST_F(Verifying, OnlyPartitionsOfTheProgram) {
  for (const int32_t partition : {-1, 0, 9, 1'000'000}) {
    const auto found =
        VerifyPartition(pool_, program_, partition,
                        {.chain_key = kChainKey, .deadline = clock_.Now() + absl::Seconds(20)});
    EXPECT_THAT(found, FailsWith(Reason::kPartitionNotFound));
  }
}

TEST_F(Verifying, AHundredDamagesAreEnough) {
  const MemberId ada = Enroll(0);
  std::vector<Pending> set;
  for (int i = 0; i < 150; ++i) {
    set.push_back({&kind_, Move(FactKind::kEarn, ada, 10, NextRequestId()), {}});
  }
  RunSet(pool_, kChainKey, clock_.Now() + absl::Seconds(20), absl::MakeSpan(set));
  EXPECT_THAT(Verify(1).damages, IsEmpty()) << "a block of many rows is sound";
  database_.Execute("UPDATE ledger.journal SET points = points + 1 WHERE seq > 1");
  EXPECT_EQ(Verify(1).damages.size(), kMaxDamages);
}

TEST_F(Verifying, RaisesNoFalseAlarmWhileThePartitionIsPostedTo) {
  std::vector<MemberId> members;
  for (int i = 0; i < 20; ++i) members.push_back(Enroll(0));
  std::atomic<bool> done{false};
  std::atomic<int> posted{0};
  std::thread load([&] {
    InThreads(8, [&](int i) {
      base::SeededRandom random(i);
      while (!done) {
        const FactKind kind = random.Below(3) == 0 ? FactKind::kSpend : FactKind::kEarn;
        const auto points = static_cast<int64_t>(1 + random.Below(50));
        const MemberId& member = members[random.Below(members.size())];
        if (poster_->Post(kind_, Move(kind, member, points, NextRequestId())).answer.ok()) ++posted;
        if (random.Below(20) == 0) poster_->Post(kind_, Enrollment(MemberInPartition(0)));
      }
    });
  });
  int64_t entries = 0;
  const absl::Time end = clock_.Now() + absl::Seconds(4);
  for (int round = 0; clock_.Now() < end; ++round) {
    const Verification found = Verify(1, round % 3 == 0 ? 5'000 : round % 3 == 1 ? 50 : 3);
    EXPECT_THAT(found.damages, IsEmpty()) << found.damages[0].description;
    EXPECT_GE(found.entries, entries);
    entries = found.entries;
    if (!found.damages.empty()) break;
  }
  done = true;
  load.join();
  EXPECT_GT(posted, 100);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace verify_test
}  // namespace gratis::ledger::testing
