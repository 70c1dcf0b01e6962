#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/kernel.h"
#include "tests/integration/common/pg/relay.h"

// Items, statements and lines that fail in the middle of a posting.
namespace gratis::ledger::testing {
namespace {

using pg::testing::Relay;

class Failing : public Kernel {
 protected:
  // Posts all it can, and then thinks better of it.
  std::unique_ptr<Act> Regret(const MemberId& member, const MemberId& other) {
    const DirectoryKey name{DirectoryKind::kEmail, "sixteen bytes 00"};
    auto act = std::make_unique<Act>(
        [name, other](Act& self, Books& books) -> absl::StatusOr<std::string> {
          const MemberId& who = self.envelope.member;
          const Posting posting{.kind = FactKind::kEarn,
                                .transaction = self.transaction,
                                .member = who,
                                .effective_at = self.envelope.now};
          RETURN_IF_ERROR(ledger::Earn(books, {.posting = posting, .points = 500}));
          RETURN_IF_ERROR(ledger::Earn(books, {.posting = posting, .points = 500}));
          books.AddHolder(other, self.envelope.now);
          books.Claim(name, who, who.uuid);
          EXPECT_GE(books.AvailablePoints(who), 1'000);
          return Error(Reason::kFieldInvalid, "on second thoughts");
        });
    act->names = {name};
    act->transaction = {ids_.Next(now_)};
    act->envelope = EnvelopeFor(member, NextRequestId(), "regret");
    return act;
  }

  std::vector<Outcome> Run(std::vector<Pending>& set) {
    return RunSet(pool_, kChainKey, clock_.Now() + absl::Seconds(20), absl::MakeSpan(set));
  }
};

TEST_F(Failing, AnItemThatFailsLeavesItsNeighborsUntouched) {
  const MemberId ada = Enroll(2);
  MemberId stranger{ids_.Next(now_)};
  std::vector<Pending> set;
  set.push_back({&kind_, Move(FactKind::kEarn, ada, 10, NextRequestId()), {}});
  set.push_back({&kind_, Regret(ada, stranger), {}});
  set.push_back({&kind_, Move(FactKind::kSpend, ada, 4, NextRequestId()), {}});
  set.push_back({&kind_, Regret(ada, stranger), {}});
  set.push_back({&kind_, Move(FactKind::kSpend, ada, 7, NextRequestId()), {}});  // 6 are left
  const std::vector<Outcome> outcomes = Run(set);
  EXPECT_TRUE(outcomes[0].answer.ok());
  EXPECT_THAT(outcomes[1].answer, FailsWith(Reason::kFieldInvalid));
  EXPECT_TRUE(outcomes[2].answer.ok());
  EXPECT_THAT(outcomes[3].answer, FailsWith(Reason::kFieldInvalid));
  EXPECT_THAT(outcomes[4].answer, FailsWith(Reason::kInsufficientPoints));
  EXPECT_EQ(Balance(ada), 6);
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.journal WHERE partition > 0"),
            3);  // enrolled, earned, spent
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.holder"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.directory"), 0);
  ExpectSoundBooks();
}

// A kind whose Write fails in the database for items with more than 100 points.
class Touchy final : public KindOf<Act> {
 public:
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Act* const> set) override {
    constexpr pg::Query kDivide{"kernel_test/divide", "SELECT 1 / $1::bigint"};
    for (const Act* act : set) {
      tx.Send(kDivide, int64_t{act->envelope.request_id.starts_with("poison") ? 0 : 1});
    }
    return absl::OkStatus();
  }
};

TEST_F(Failing, AnItemThatTheDatabaseRefusesFailsAlone) {
  const MemberId ada = Enroll(2);
  Touchy touchy;
  std::vector<Pending> set;
  for (int i = 0; i < 7; ++i) {
    const std::string id = i == 3 ? "poison" : NextRequestId();
    set.push_back({&touchy, Move(FactKind::kEarn, ada, 10, id), {}});
  }
  const std::vector<Outcome> outcomes = Run(set);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(outcomes[i].answer.ok(), i != 3) << i;
  EXPECT_EQ(Balance(ada), 60);
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.request WHERE request_id = 'poison'"), 0);
  ExpectSoundBooks();
}

class LostLine : public Failing {
 protected:
  Relay relay_{pg::testing::TestClusterOptions().home + "/postgres/socket/.s.PGSQL.5432"};
  pg::Pool relayed_{Options(relay_.Through(database_.conninfo()), 1)};
  std::unique_ptr<Poster> poster_over_relay_ = NewPoster(relayed_);
};

TEST_F(LostLine, AnAnswerToCommitThatIsLostPostsOnce) {
  const MemberId ada = Enroll();
  for (const Relay::Cut where : {Relay::Cut::kBeforeClient, Relay::Cut::kBeforeServer}) {
    const int64_t before = Balance(ada);
    const std::string request_id = NextRequestId();
    relay_.CutAt("pg/commit", where);
    const Outcome outcome =
        poster_over_relay_->Post(kind_, Move(FactKind::kEarn, ada, 10, request_id));
    ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    // The set is run again and finds what its first run has done.
    EXPECT_EQ(outcome.replayed, where == Relay::Cut::kBeforeClient);
    EXPECT_EQ(Balance(ada), before + 10);
    const Outcome retried =
        poster_over_relay_->Post(kind_, Move(FactKind::kEarn, ada, 10, request_id));
    EXPECT_TRUE(retried.replayed);
    EXPECT_EQ(*retried.answer, *outcome.answer);
    EXPECT_EQ(Balance(ada), before + 10);
  }
  ExpectSoundBooks();
}

TEST_F(LostLine, AStatementThatIsLostBeforeAnythingIsWrittenPostsNothingAndMayBeRetried) {
  const MemberId ada = Enroll();
  const std::string request_id = NextRequestId();
  ASSERT_TRUE(
      poster_over_relay_->Post(kind_, Move(FactKind::kEarn, ada, 1, NextRequestId())).answer.ok());
  const std::string before = Everything();
  relay_.CutAt("ledger/lock_head", Relay::Cut::kBeforeClient);
  EXPECT_THAT(poster_over_relay_->Post(kind_, Move(FactKind::kEarn, ada, 10, request_id)).answer,
              FailsWith(Reason::kDatabaseUnavailable));
  EXPECT_EQ(Everything(), before);
  const Outcome retried =
      poster_over_relay_->Post(kind_, Move(FactKind::kEarn, ada, 10, request_id));
  ASSERT_TRUE(retried.answer.ok()) << retried.answer.status();
  EXPECT_FALSE(retried.replayed);
  ExpectSoundBooks();
}

TEST_F(LostLine, AWriteThatIsLostTogetherWithItsCommitPostsOnce) {
  const MemberId ada = Enroll();
  for (const Relay::Cut where : {Relay::Cut::kBeforeClient, Relay::Cut::kBeforeServer}) {
    const int64_t before = Balance(ada);
    relay_.CutAt("ledger/insert_journal", where);
    const Outcome outcome =
        poster_over_relay_->Post(kind_, Move(FactKind::kEarn, ada, 10, NextRequestId()));
    ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    EXPECT_EQ(Balance(ada), before + 10);
  }
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger::testing
