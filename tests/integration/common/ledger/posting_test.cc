#include <atomic>
#include <future>
#include <limits>
#include <map>
#include <mutex>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/kernel.h"

// What the kernel promises to whoever posts, attacked.
namespace gratis::ledger::testing {
namespace posting_test {
namespace {

class Posting : public Kernel {
 protected:
  // A second process: its own connections, its own poster.
  pg::Pool other_pool_{Options(database_.conninfo(), 8)};
  std::unique_ptr<Poster> other_poster_ = NewPoster(other_pool_);

  Poster& AnyPoster(int i) { return i % 2 == 0 ? *poster_ : *other_poster_; }
  int64_t Rows() { return Number("SELECT count(*) FROM ledger.journal"); }
};

TEST_F(Posting, SameRequestFromSixteenThreadsAtOnceIsPostedOnce) {
  const MemberId ada = Enroll();
  const int64_t before = Rows();
  for (int round = 0; round < 10; ++round) {
    const std::string request_id = NextRequestId();
    std::vector<std::string> answers(16);
    std::atomic<int> fresh{0};
    InThreads(16, [&](int i) {
      const Outcome outcome = AnyPoster(i).Post(kind_, Move(FactKind::kEarn, ada, 10, request_id));
      ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
      answers[i] = *outcome.answer;
      if (!outcome.replayed) ++fresh;
    });
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 1u);
    EXPECT_EQ(Rows(), before + round + 1);
    EXPECT_EQ(Balance(ada), 10 * (round + 1));
  }
  ExpectSoundBooks();
}

TEST_F(Posting, ParallelSpendsTakeExactlyWhatThereIs) {
  const MemberId ada = Enroll();
  ASSERT_TRUE(Earn(ada, 1'000, NextRequestId()).answer.ok());
  std::atomic<int> spent{0};
  std::atomic<int> refused{0};
  InThreads(20, [&](int i) {
    for (int n = 0; n < 10; ++n) {
      const Outcome outcome =
          AnyPoster(i).Post(kind_, Move(FactKind::kSpend, ada, 100, NextRequestId()));
      if (outcome.answer.ok()) {
        ++spent;
      } else {
        EXPECT_THAT(outcome.answer, FailsWith(Reason::kInsufficientPoints));
        ++refused;
      }
    }
  });
  EXPECT_EQ(spent, 10);
  EXPECT_EQ(refused, 190);
  EXPECT_EQ(Balance(ada), 0);
  ExpectSoundBooks();
}

// What a posting decides on is read after the head's lock is had, so it is never out of date.
TEST_F(Posting, WaitsForTheHeadAndSeesWhatWasDoneBeforeIt) {
  const MemberId ada = Enroll();
  std::thread spend;
  const std::string lock = absl::StrCat(
      "SELECT FROM ledger.head WHERE partition = ", PartitionOf(program_, ada), " FOR UPDATE");
  const absl::Status held = pg::RunTx(
      admin_, {.deadline = clock_.Now() + absl::Seconds(20)}, [&](pg::Tx& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.RunScript(lock));
        spend = std::thread([&] { EXPECT_TRUE(Spend(ada, 100, NextRequestId()).answer.ok()); });
        while (Number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                      " AND datname = current_database()") == 0) {
          if (clock_.Now() > tx.deadline()) return absl::DeadlineExceededError("nobody waits");
        }
        return tx.RunScript(
            "INSERT INTO ledger.wallet SELECT partition, member, 1, 100, 0, 0, 0, 'infinity', now()"
            " FROM ledger.holder;"
            "INSERT INTO ledger.lot SELECT partition, 1, member, 1, 2, 100, now(), '-infinity',"
            " 'infinity', 100, 0, 0, 0, 0, 0, 0, 0, 0, true FROM ledger.holder");
      });
  EXPECT_EQ(held, absl::OkStatus());
  spend.join();
  EXPECT_EQ(Balance(ada), 0);
}

TEST_F(Posting, ARequestIdIsUniqueInTheProgramWhateverThePartition) {
  const MemberId ada = Enroll(0);
  const MemberId bob = Enroll(5);
  int ada_won = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string request_id = NextRequestId();
    std::vector<Outcome> outcomes(2, Outcome{absl::UnknownError("")});
    InThreads(2, [&](int i) {
      outcomes[i] =
          AnyPoster(i).Post(kind_, Move(FactKind::kEarn, i == 0 ? ada : bob, 1, request_id));
    });
    const bool first = outcomes[0].answer.ok();
    EXPECT_NE(first, outcomes[1].answer.ok()) << "exactly one of them";
    EXPECT_THAT(outcomes[first ? 1 : 0].answer, FailsWith(Reason::kRequestIdReused));
    ada_won += first;
  }
  EXPECT_EQ(Balance(ada), ada_won);
  EXPECT_EQ(Balance(bob), 20 - ada_won);
  ExpectSoundBooks();
}

// Two sets that take the same ids in opposite order would lock each other out if ids were not taken
// in their own order.
TEST_F(Posting, SetsThatShareRequestIdsDoNotLockEachOtherOut) {
  const MemberId members[] = {Enroll(1), Enroll(6)};
  for (int round = 0; round < 10; ++round) {
    std::vector<std::string> ids;
    for (int i = 0; i < 50; ++i) ids.push_back(NextRequestId());
    std::atomic<int> posted{0};
    InThreads(2, [&](int i) {
      std::vector<Pending> set;
      for (int n = 0; n < 50; ++n) {
        set.push_back({&kind_, Move(FactKind::kEarn, members[i], 1, ids[i == 0 ? n : 49 - n]),
                       [](const Outcome&) {}});
      }
      for (const Outcome& outcome : RunSet(i == 0 ? pool_ : other_pool_, kChainKey,
                                           clock_.Now() + absl::Seconds(20), absl::MakeSpan(set))) {
        if (outcome.answer.ok()) {
          ++posted;
        } else {
          EXPECT_THAT(outcome.answer, FailsWith(Reason::kRequestIdReused));
        }
      }
    });
    EXPECT_EQ(posted, 50);
  }
  ExpectSoundBooks();
}

TEST_F(Posting, AReusedRequestIdPostsNothing) {
  const MemberId ada = Enroll();
  const std::string request_id = NextRequestId();
  ASSERT_TRUE(Earn(ada, 10, request_id).answer.ok());
  const std::string before = Everything();
  const Outcome reused = Earn(ada, 11, request_id);
  EXPECT_THAT(reused.answer, FailsWith(Reason::kRequestIdReused));
  EXPECT_EQ(FieldOf(reused.answer.status()), "request_id");
  EXPECT_THAT(Spend(ada, 10, request_id).answer, FailsWith(Reason::kRequestIdReused));
  EXPECT_EQ(Everything(), before);
}

TEST_F(Posting, AReplayIsTheFirstAnswerByteForByteAndChangesNothing) {
  const MemberId ada = Enroll();
  const std::string request_id = NextRequestId();
  const Outcome first = Earn(ada, 10, request_id);
  ASSERT_TRUE(first.answer.ok());
  ASSERT_TRUE(Earn(ada, 5, NextRequestId()).answer.ok());
  const std::string before = Everything();
  const Outcome again = Earn(ada, 10, request_id);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*again.answer, *first.answer);
  EXPECT_EQ(Everything(), before);
}

TEST_F(Posting, ARefusedRequestLeavesNothingAndMayBeRetriedWithTheSameId) {
  const MemberId ada = Enroll();
  const std::string request_id = NextRequestId();
  const std::string before = Everything();
  EXPECT_THAT(Spend(ada, 10, request_id).answer, FailsWith(Reason::kInsufficientPoints));
  EXPECT_EQ(Everything(), before);
  ASSERT_TRUE(Earn(ada, 10, NextRequestId()).answer.ok());
  const Outcome retried = Spend(ada, 10, request_id);
  ASSERT_TRUE(retried.answer.ok()) << retried.answer.status();
  EXPECT_FALSE(retried.replayed);
  EXPECT_EQ(Balance(ada), 0);
}

TEST_F(Posting, NobodyEarnsWhoIsNotAMember) {
  const std::string before = Everything();
  EXPECT_THAT(Earn({ids_.Next(now_)}, 1, NextRequestId()).answer,
              FailsWith(Reason::kMemberNotFound));
  EXPECT_EQ(Everything(), before);
}

TEST_F(Posting, ValidateOnlyAnswersAndChangesNothing) {
  const MemberId ada = Enroll();
  const std::string before = Everything();
  for (const auto& [kind, points, works] :
       {std::tuple(FactKind::kEarn, 10, true), {FactKind::kSpend, 10, false}}) {
    auto act = Move(kind, ada, points, NextRequestId());
    act->envelope.validate_only = true;
    EXPECT_EQ(poster_->Post(kind_, std::move(act)).answer.ok(), works);
  }
  EXPECT_EQ(Everything(), before);
}

TEST_F(Posting, ValidateOnlyInASetIsNotSeenByItsNeighbours) {
  const MemberId ada = Enroll();
  std::vector<Pending> set;
  set.push_back({&kind_, Move(FactKind::kEarn, ada, 10, NextRequestId()), {}});
  set.back().mutation->envelope.validate_only = true;
  set.push_back({&kind_, Move(FactKind::kSpend, ada, 10, NextRequestId()), {}});
  const std::vector<Outcome> outcomes =
      RunSet(pool_, kChainKey, clock_.Now() + absl::Seconds(20), absl::MakeSpan(set));
  EXPECT_TRUE(outcomes[0].answer.ok());
  EXPECT_THAT(outcomes[1].answer, FailsWith(Reason::kInsufficientPoints));
  EXPECT_EQ(Balance(ada), 0);
}

TEST_F(Posting, AmountsAtTheEdgeOfWhatCanBeCounted) {
  const MemberId ada = Enroll();
  EXPECT_TRUE(Earn(ada, kMaxPoints, NextRequestId()).answer.ok());
  EXPECT_THAT(Earn(ada, kMaxPoints + 1, NextRequestId()).answer,
              FailsWith(Reason::kPointsOverflow));
  EXPECT_THAT(Earn(ada, std::numeric_limits<int64_t>::max(), NextRequestId()).answer,
              FailsWith(Reason::kPointsOverflow));
  EXPECT_THAT(Earn(ada, 0, NextRequestId()).answer, FailsWith(Reason::kPointsNotPositive));
  EXPECT_THAT(Earn(ada, std::numeric_limits<int64_t>::min(), NextRequestId()).answer,
              FailsWith(Reason::kPointsNotPositive));

  database_.Execute("UPDATE ledger.wallet SET available = 9223372036854775807 - 5");
  const std::string before = Everything();
  EXPECT_THAT(Earn(ada, 6, NextRequestId()).answer, FailsWith(Reason::kPointsOverflow));
  EXPECT_EQ(Everything(), before);
  EXPECT_TRUE(Earn(ada, 5, NextRequestId()).answer.ok());
  EXPECT_EQ(Balance(ada), std::numeric_limits<int64_t>::max());

  // The program's own side has an edge as well.
  database_.Execute(
      "UPDATE ledger.wallet SET available = 0;"
      "UPDATE ledger.account SET points = -9223372036854775808 + 3");
  EXPECT_THAT(Earn(ada, 4, NextRequestId()).answer, FailsWith(Reason::kPointsOverflow));
  EXPECT_TRUE(Earn(ada, 3, NextRequestId()).answer.ok());
}

TEST_F(Posting, TheJournalHasNoGapsHoweverMuchIsRefused) {
  std::vector<MemberId> members;
  for (int i = 0; i < 40; ++i) members.push_back(Enroll());
  InThreads(16, [&](int i) {
    base::SeededRandom random(i);
    for (int n = 0; n < 60; ++n) {
      const MemberId& member = members[random.Below(members.size())];
      const FactKind kind = random.Below(2) == 0 ? FactKind::kEarn : FactKind::kSpend;
      const auto points = static_cast<int64_t>(random.Below(100));  // 0 is refused, too
      AnyPoster(i).Post(kind_, Move(kind, member, points, NextRequestId()));
    }
  });
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.head h WHERE seq <>"
                   " (SELECT count(*) FROM ledger.journal j WHERE j.partition = h.partition)"),
            0);
  EXPECT_EQ(Number("SELECT count(*) FROM (SELECT seq, row_number() OVER"
                   " (PARTITION BY partition ORDER BY seq) AS n FROM ledger.journal) j"
                   " WHERE seq <> n"),
            0);
  EXPECT_EQ(Number("SELECT (SELECT sum(available) FROM ledger.wallet)"
                   " + (SELECT sum(points) FROM ledger.account)"),
            0);
  ExpectSoundBooks();
}

TEST_F(Posting, RecordedTimeNeverRunsBackwards) {
  const MemberId ada = Enroll();
  for (const int seconds : {10, -3600, 5, -7200, 20}) {
    auto act = Move(FactKind::kEarn, ada, 1, NextRequestId());
    act->envelope.now += absl::Seconds(seconds);
    ASSERT_TRUE(poster_->Post(kind_, std::move(act)).answer.ok());
  }
  EXPECT_EQ(Number("SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER"
                   " (PARTITION BY partition ORDER BY seq) AS back FROM ledger.journal) j"
                   " WHERE back"),
            0);
  ExpectSoundBooks();
}

TEST_F(Posting, WhoPostsMayNotRewriteHistory) {
  const MemberId ada = Enroll();
  ASSERT_TRUE(Earn(ada, 1, NextRequestId()).answer.ok());
  for (const char* script :
       {"UPDATE ledger.journal SET points = 2", "DELETE FROM ledger.journal",
        "UPDATE ledger.block SET hash = ''", "DELETE FROM ledger.block",
        "UPDATE ledger.request SET answer = ''", "DELETE FROM ledger.request",
        "DELETE FROM ledger.wallet", "DELETE FROM ledger.head", "TRUNCATE ledger.journal",
        "UPDATE ledger.holder SET enrolled_at = now()", "UPDATE ledger.directory SET id = NULL",
        "UPDATE ledger.program SET code = 'x'"}) {
    const absl::Status status = pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(10)},
                                          [&](pg::Tx& tx) { return tx.RunScript(script); });
    EXPECT_FALSE(status.ok()) << script;
  }
  ExpectSoundBooks();
}

TEST_F(Posting, ANameLeadsToOneOfThoseWhoWantItAtOnce) {
  for (int round = 0; round < 20; ++round) {
    const DirectoryKey name{DirectoryKind::kExternalId, absl::StrCat("sixteen bytes ", 10 + round)};
    std::atomic<int> taken{0};
    InThreads(8, [&](int i) {
      MemberId member{ids_.Next(now_)};
      auto act =
          std::make_unique<Act>([name](Act& self, Books& books) -> absl::StatusOr<std::string> {
            if (books.FindEntry(name)) return Error(Reason::kIdentifierTaken, "taken");
            books.AddHolder(self.envelope.member, self.envelope.now);
            books.Claim(name, self.envelope.member, self.envelope.member.uuid);
            return books.Post({.kind = FactKind::kMemberEnrolled,
                               .transaction = self.transaction,
                               .member = self.envelope.member,
                               .effective_at = self.envelope.now,
                               .source = "",
                               .detail = ""})
                           .ok()
                       ? absl::StatusOr<std::string>("enrolled")
                       : absl::InternalError("");
          });
      act->names = {name};
      act->transaction = {ids_.Next(now_)};
      act->envelope = EnvelopeFor(member, NextRequestId(), member.ToString());
      const Outcome outcome = AnyPoster(i).Post(kind_, std::move(act));
      if (outcome.answer.ok()) {
        ++taken;
      } else {
        EXPECT_THAT(outcome.answer, FailsWith(Reason::kIdentifierTaken));
      }
    });
    EXPECT_EQ(taken, 1);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.directory"), 20);
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.holder"), 20);
  ExpectSoundBooks();
}

TEST_F(Posting, WhatWaitsWhenAPosterEndsIsPosted) {
  const MemberId ada = Enroll();
  std::atomic<int> answered{0};
  for (int i = 0; i < 500; ++i) {
    other_poster_->Submit(kind_, Move(FactKind::kEarn, ada, 1, NextRequestId()),
                          [&](const Outcome& outcome) { answered += outcome.answer.ok(); });
  }
  other_poster_.reset();
  EXPECT_EQ(answered, 500);
  EXPECT_EQ(Balance(ada), 500);
}

TEST_F(Posting, MoreThanMayWaitIsRefusedAtOnce) {
  const MemberId ada = Enroll();
  PosterOptions options;
  options.chain_key = kChainKey;
  options.threads = 1;
  options.max_waiting = 5;
  Poster poster(std::move(options), pool_, clock_);
  std::atomic<int> posted{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 2'000; ++i) {
    poster.Submit(kind_, Move(FactKind::kEarn, ada, 1, NextRequestId()),
                  [&](const Outcome& outcome) {
                    if (outcome.answer.ok()) {
                      ++posted;
                      return;
                    }
                    EXPECT_THAT(outcome.answer, FailsWith(Reason::kOverloaded));
                    EXPECT_TRUE(RetryDelayOf(outcome.answer.status()).has_value());
                    ++refused;
                  });
  }
  while (posted + refused < 2'000) std::this_thread::yield();
  EXPECT_GT(refused, 0);
  EXPECT_EQ(Balance(ada), posted);
}

TEST_F(Posting, WhatIsPostedApartIsInATransactionOfItsOwnAndEachDoneByItself) {
  const MemberId ada = Enroll();
  std::vector<int> sizes;
  std::mutex mutex;
  std::map<std::string, absl::Status> became;
  {
    PosterOptions options;
    options.chain_key = kChainKey;
    options.threads = 1;
    options.observe = [&](const RunReport& report) { sizes.push_back(report.size); };
    Poster poster(std::move(options), pool_, clock_);
    const auto told = [&](const std::string& what) {
      return [&, what](const Outcome& outcome) {
        const std::lock_guard lock(mutex);
        became[what] = outcome.answer.status();
      };
    };
    // While this is decided, the others gather.
    std::promise<void> go;
    auto holding = std::make_unique<Act>(
        [end = go.get_future().share()](Act&, Books&) -> absl::StatusOr<std::string> {
          end.wait();
          return absl::CancelledError("held long enough");
        });
    holding->envelope = EnvelopeFor(ada, NextRequestId(), "holding");
    poster.Submit(kind_, std::move(holding), told("holding"));
    while (poster.waiting() > 0) std::this_thread::yield();
    poster.Submit(kind_, Move(FactKind::kEarn, ada, 1, NextRequestId()), told("in line"));
    poster.SubmitAlone(kind_, Move(FactKind::kEarn, ada, 10, NextRequestId()), told("alone"));
    std::vector<Pending> set;
    set.push_back({&kind_, Move(FactKind::kSpend, ada, 20, NextRequestId()), told("too much")});
    set.push_back({&kind_, Move(FactKind::kSpend, ada, 4, NextRequestId()), told("enough")});
    poster.SubmitApart(std::move(set));
    EXPECT_EQ(poster.waiting(), 4);
    go.set_value();
  }
  EXPECT_THAT(sizes, ::testing::UnorderedElementsAre(1, 1, 1, 2));
  EXPECT_EQ(became.size(), 5U);
  EXPECT_TRUE(became["in line"].ok()) << became["in line"];
  EXPECT_TRUE(became["alone"].ok()) << became["alone"];
  EXPECT_EQ(ReasonOf(became["too much"]), Reason::kInsufficientPoints);
  EXPECT_TRUE(became["enough"].ok()) << became["enough"];
  EXPECT_EQ(Balance(ada), 7);
}

TEST_F(Posting, ACallWhoseDeadlineHasPassedIsNotPosted) {
  const MemberId ada = Enroll();
  const std::string before = Everything();
  auto act = Move(FactKind::kEarn, ada, 1, NextRequestId());
  act->envelope.deadline = clock_.Now() - absl::Milliseconds(1);
  EXPECT_THAT(poster_->Post(kind_, std::move(act)).answer, FailsWith(Reason::kDeadlineExceeded));
  EXPECT_EQ(Everything(), before);
}

}  // namespace
}  // namespace posting_test
}  // namespace gratis::ledger::testing
