#include <algorithm>

#include "common/base/civil.h"
#include "common/ledger/explain.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/history.h"

// What is read of the books: as they stood, as they will be, what is outstanding, and why.
namespace gratis::ledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class Histories : public History, public ::testing::WithParamInterface<uint64_t> {
 protected:
  struct Moment {
    absl::Time at;
    std::map<MemberId, Wallets> answered;
    bool nothing_due;
  };

  Sums TotalsBefore(absl::Time before, Basis basis, int64_t page_rows = 20'000) {
    const auto found = ReadOutstanding(pool_, program_, before, basis, Report(page_rows));
    EXPECT_EQ(found.status(), absl::OkStatus());
    Sums sums = found.ok() ? Totals(*found) : Sums();
    std::erase_if(sums, [](const auto& sum) { return sum.second == Owed{}; });
    return sums;
  }

  void ExpectReconciled(absl::Time from, absl::Time to, const Sums& opening, const Sums& closing) {
    const auto flow = ReadFlow(pool_, program_, from, to, Report(7));
    ASSERT_EQ(flow.status(), absl::OkStatus());
    const auto net = [](const Sums& sums) {
      std::map<int16_t, int64_t> nets;
      for (const auto& [unit, owed] : sums) nets[unit] = owed.points + owed.debt;
      std::erase_if(nets, [](const auto& sum) { return sum.second == 0; });
      return nets;
    };
    EXPECT_EQ(net(Totals(flow->opening)), net(opening));
    EXPECT_EQ(net(Totals(flow->closing)), net(closing));
    std::map<int16_t, int64_t> sum = net(Totals(flow->opening));
    for (const auto& [key, points] : flow->movements) sum[key.first] += points;
    std::erase_if(sum, [](const auto& entry) { return entry.second == 0; });
    EXPECT_EQ(sum, net(Totals(flow->closing)));
  }
};

TEST_P(Histories, ReadTheSameForEver) {
  std::mt19937_64 random(GetParam());
  for (int i = 0; i < 4; ++i) members_.push_back(Enroll(i % 2));
  std::vector<Moment> moments;
  const absl::Time begin = now_;
  absl::Time closed_until = absl::InfinitePast();
  Sums closed;
  for (int i = 0; i < 60; ++i) {
    now_ += absl::Minutes(1 + static_cast<int64_t>(random() % (3 * 24 * 60)));
    Happen(random);
    if (i % 6 != 5) continue;
    now_ += absl::Minutes(1);
    const bool swept = random() % 2 == 0;
    if (swept) {
      ASSERT_EQ(Sweep(now_).status(), absl::OkStatus());
    }
    moments.push_back({now_, NowOfAll(), swept});
    if (i % 20 == 17) {
      ASSERT_EQ(Sweep(now_).status(), absl::OkStatus());
      closed_until = now_;
      ASSERT_EQ(ClosePeriod(now_), absl::OkStatus());
      closed = SumOf(moments.back().answered);
    }
  }
  ExpectSoundBooks();
  EXPECT_GT(closed_until, begin);
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round == 0 ? "before the sweep" : "after the sweep");
    for (const Moment& moment : moments) {
      SCOPED_TRACE(base::FormatTime(moment.at));
      for (const MemberId& member : members_) {
        const Wallets answered = moment.answered.at(member);
        EXPECT_EQ(AsOf(member, moment.at, Basis::kEffective), answered);
        if (moment.nothing_due) {
          EXPECT_EQ(AsOf(member, moment.at, Basis::kRecorded), answered);
        }
      }
      const absl::Time just_after = moment.at + absl::Microseconds(1);
      const Sums sums = SumOf(moment.answered);
      EXPECT_EQ(TotalsBefore(just_after, Basis::kEffective, 11), sums);
      if (moment.nothing_due) {
        EXPECT_EQ(TotalsBefore(just_after, Basis::kRecorded), sums);
      }
    }
    EXPECT_EQ(TotalsBefore(absl::InfiniteFuture(), Basis::kEffective), SumOf(NowOfAll()));
    EXPECT_EQ(TotalsBefore(closed_until, Basis::kEffective), closed);
    for (size_t i = 2; i < moments.size(); i += 3) {
      const absl::Time after = absl::InfinitePast();
      ExpectReconciled(after, moments[i].at + absl::Microseconds(1), {},
                       SumOf(moments[i].answered));
      ExpectReconciled(moments[i - 2].at + absl::Microseconds(1),
                       moments[i].at + absl::Microseconds(1), SumOf(moments[i - 2].answered),
                       SumOf(moments[i].answered));
    }
    // Everything reads the same when time's own doings have been posted.
    ASSERT_EQ(Sweep(now_).status(), absl::OkStatus());
  }
  EXPECT_EQ(
      Number("SELECT coalesce(sum(available + pending + held + debt), 0)::bigint FROM ledger.lot"),
      Number("SELECT coalesce(sum(available + pending + held + debt), 0)::bigint"
             " FROM ledger.wallet"));
  ExpectSoundBooks();
}

INSTANTIATE_TEST_SUITE_P(Seeds, Histories, ::testing::Range<uint64_t>(1, 7));

using Reports = History;

TEST_F(Reports, FactsDatedBackChangeTheEffectivePastAndNotTheBook) {
  const MemberId ada = Enroll();
  now_ += absl::Hours(48);
  const absl::Time before = now_ - absl::Hours(1);
  Done(ada, [&](Books& books, Posting posting) {
    posting.effective_at = now_ - absl::Hours(2);
    return ledger::Earn(books, {.posting = posting, .points = 70});
  });
  EXPECT_THAT(AsOf(ada, before, Basis::kRecorded), IsEmpty());
  EXPECT_EQ(AsOf(ada, before, Basis::kEffective)[kPointsUnit].available, 70);
  EXPECT_THAT(AsOf(ada, now_ - absl::Hours(3), Basis::kEffective), IsEmpty());
  EXPECT_EQ(AsOf(ada, now_, Basis::kRecorded)[kPointsUnit].available, 70);
}

TEST_F(Reports, AFactOfAClosedPeriodCountsInTheFirstThatWasOpen) {
  const MemberId ada = Enroll();
  Earned(ada, 100);
  const absl::Time end = now_ + absl::Hours(24);
  EXPECT_THAT(absl::StatusOr<int>(ClosePeriod(end)), FailsWith(Reason::kPeriodNotOver));
  now_ = end + absl::Hours(2);
  // Recorded before the closing, in the next period.
  Spent(ada, 10);
  ASSERT_EQ(ClosePeriod(end), absl::OkStatus());
  EXPECT_THAT(absl::StatusOr<int>(ClosePeriod(end)), FailsWith(Reason::kPeriodClosed));
  EXPECT_THAT(absl::StatusOr<int>(ClosePeriod(end - absl::Hours(1))),
              FailsWith(Reason::kPeriodClosed));
  now_ += absl::Hours(1);
  // Recorded after it, in effect before its end.
  Done(ada, [&](Books& books, Posting posting) {
    posting.effective_at = end - absl::Hours(2);
    return ledger::Earn(books, {.posting = posting, .points = 7});
  });
  const auto first = ReadFlow(pool_, program_, absl::InfinitePast(), end, Report());
  ASSERT_EQ(first.status(), absl::OkStatus());
  EXPECT_TRUE(first->closed);
  EXPECT_THAT(first->movements, ElementsAre(Pair(Pair(kPointsUnit, Movement::kIssued), 100)));
  EXPECT_EQ(Totals(first->closing)[kPointsUnit].points, 100);
  now_ += absl::Hours(1);
  const auto second = ReadFlow(pool_, program_, end, now_, Report());
  ASSERT_EQ(second.status(), absl::OkStatus());
  EXPECT_FALSE(second->closed);
  EXPECT_EQ(Totals(second->opening)[kPointsUnit].points, 100);
  EXPECT_THAT(second->movements, ElementsAre(Pair(Pair(kPointsUnit, Movement::kIssued), 7),
                                             Pair(Pair(kPointsUnit, Movement::kRedeemed), -10)));
  EXPECT_EQ(Totals(second->closing)[kPointsUnit].points, 97);
  // As a member's balance it keeps its effective time.
  EXPECT_EQ(AsOf(ada, end - absl::Hours(1), Basis::kEffective)[kPointsUnit].available, 107);
  ASSERT_EQ(ClosePeriod(now_), absl::OkStatus());
  const auto closed = ReadFlow(pool_, program_, end, now_, Report());
  EXPECT_TRUE(closed->closed);
  EXPECT_EQ(closed->movements, second->movements);
  EXPECT_EQ(closed->closing, second->closing);
  EXPECT_EQ(closed->opening, second->opening);
  ExpectSoundBooks();
}

TEST_F(Reports, WhatIsOutstandingIsToldByOriginAndAge) {
  const MemberId ada = Enroll();
  Done(ada, [&](Books& books, const Posting& posting) {
    return ledger::Earn(books, {.posting = posting,
                                .points = 60,
                                .origin = Origin::kPurchase,
                                .expires_at = absl::InfiniteFuture()});
  });
  now_ += absl::Hours(24 * 100);
  Done(ada, [&](Books& books, const Posting& posting) {
    return ledger::Earn(books, {.posting = posting,
                                .points = 40,
                                .available_at = absl::InfiniteFuture(),
                                .expires_at = absl::InfiniteFuture()});
  });
  const auto found =
      ReadOutstanding(pool_, program_, absl::InfiniteFuture(), Basis::kEffective, Report());
  ASSERT_EQ(found.status(), absl::OkStatus());
  EXPECT_THAT(
      *found,
      ElementsAre(Pair(LineKey{kPointsUnit, Origin::kPurchase, Age::kTo6}, Owed{60, 0}),
                  Pair(LineKey{kPointsUnit, Origin::kGiven, Age::kTo3Months}, Owed{40, 0})));
}

TEST_F(Reports, WhatComesBackTooLateCountsOnceAndAsOldAsItIs) {
  const MemberId ada = Enroll();
  Earned(ada, 50);
  const TransactionId spent = Spent(ada, 50);
  now_ += absl::Hours(24 * 100);
  const absl::Time before = now_;
  Done(ada, [&](Books& books, const Posting& posting) {
    return ledger::Reverse(books, {.posting = posting, .undone = spent}).status();
  });
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.journal WHERE kind = 56"), 1) << "grace was given";
  const auto now =
      ReadOutstanding(pool_, program_, absl::InfiniteFuture(), Basis::kEffective, Report());
  EXPECT_THAT(*now,
              ElementsAre(Pair(LineKey{kPointsUnit, Origin::kGiven, Age::kTo6}, Owed{50, 0})));
  for (const Basis basis : {Basis::kEffective, Basis::kRecorded}) {
    const auto then = ReadOutstanding(pool_, program_, before, basis, Report());
    EXPECT_THAT(*then, IsEmpty());
  }
}

// Whoever settles late posts what would have been posted in time, as of when it was due.
TEST_F(Reports, WhatAHoldReleasesAfterItsExpiryEndsWhenTheHoldDoes) {
  const MemberId ada = Enroll();
  const absl::Time begin = now_;
  const HoldId hold{InPartition(program_, PartitionOf(program_, ada), ids_.Next(now_))};
  Done(ada, [&](Books& books, const Posting& posting) {
    return ledger::Earn(books,
                        {.posting = posting, .points = 50, .expires_at = begin + absl::Hours(10)});
  });
  Done(ada, [&](Books& books, const Posting& posting) {
    return ledger::PlaceHold(
               books, {.posting = posting, .hold = hold, .points = 20, .life = absl::Hours(20)})
        .status();
  });
  std::vector<JournalRow> due;
  const absl::Status read =
      pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20)}, [&](pg::Tx& tx) {
        ASSIGN_OR_RETURN(due, ReadDue(tx, program_, ada, begin + absl::Hours(1000)));
        return absl::OkStatus();
      });
  ASSERT_EQ(read, absl::OkStatus());
  ASSERT_EQ(due.size(), 3u);
  EXPECT_EQ(due[0].fact.kind, FactKind::kExpired);
  EXPECT_EQ(due[0].fact.points, 30);
  EXPECT_EQ(due[0].fact.effective_at, begin + absl::Hours(10));
  EXPECT_EQ(due[1].fact.kind, FactKind::kHoldExpired);
  EXPECT_EQ(due[2].fact.kind, FactKind::kExpired);
  EXPECT_EQ(due[2].fact.points, 20);
  EXPECT_EQ(due[2].fact.effective_at, begin + absl::Hours(20));
  now_ = begin + absl::Hours(1000);
  EXPECT_EQ(AsOf(ada, begin + absl::Hours(15), Basis::kEffective)[kPointsUnit].held, 20);
  EXPECT_THAT(AsOf(ada, begin + absl::Hours(21), Basis::kEffective), IsEmpty());
}

class Explaining : public History {
 protected:
  absl::StatusOr<Explanation> Explain(const TransactionId& transaction, int depth) {
    Explanation explanation;
    RETURN_IF_ERROR(
        pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20)}, [&](pg::Tx& tx) {
          ASSIGN_OR_RETURN(explanation, ExplainTransaction(tx, program_, transaction, depth));
          return absl::OkStatus();
        }));
    return explanation;
  }
};

TEST_F(Explaining, GoesBothWays) {
  const MemberId ada = Enroll();
  const TransactionId first = Earned(ada, 30);
  const TransactionId second = Earned(ada, 50);
  const TransactionId spend = Spent(ada, 40);
  const TransactionId back = Done(ada, [&](Books& books, const Posting& posting) {
    return ledger::Reverse(books, {.posting = posting, .undone = spend, .points = 15}).status();
  });
  const TransactionId again = Spent(ada, 20);

  const auto explained = Explain(spend, 1);
  ASSERT_EQ(explained.status(), absl::OkStatus());
  const Explained& asked = explained->transactions[0];
  EXPECT_EQ(asked.transaction, spend);
  EXPECT_THAT(asked.led_by, ElementsAre(first, second));
  EXPECT_THAT(asked.followed_by, ElementsAre(back));
  ASSERT_EQ(asked.rows.size(), 1u);
  const ExplainedRow& row = asked.rows[0];
  EXPECT_EQ(row.undone, 15);
  ASSERT_EQ(row.row.fact.allocations.size(), 2u);
  EXPECT_EQ(row.made_by.at(row.row.fact.allocations[0].debit_lot), first);
  EXPECT_EQ(row.row.fact.allocations[0].points, 30);
  EXPECT_EQ(row.made_by.at(row.row.fact.allocations[1].debit_lot), second);
  EXPECT_EQ(explained->transactions.size(), 4u);
  EXPECT_FALSE(explained->cut);

  const auto from_the_beginning = Explain(first, kMaxExplainDepth);
  std::vector<TransactionId> followed = from_the_beginning->transactions[0].followed_by;
  EXPECT_THAT(followed, ElementsAre(spend, back, again));
  const auto whole = Explain(second, kMaxExplainDepth);
  followed = whole->transactions[0].followed_by;
  EXPECT_THAT(followed, ElementsAre(spend, back, again));
  EXPECT_FALSE(whole->cut);

  EXPECT_THAT(Explain(TransactionId{ids_.Next(now_)}, 1), FailsWith(Reason::kTransactionNotFound));
}

TEST_F(Explaining, FollowsHoldsAndTransfers) {
  const MemberId ada = Enroll(0);
  const MemberId bob = Enroll(1);
  const TransactionId earned = Earned(ada, 30);
  const HoldId hold{InPartition(program_, PartitionOf(program_, ada), ids_.Next(now_))};
  const TransactionId placed = Done(ada, [&](Books& books, Posting posting) {
    posting.kind = FactKind::kHoldPlaced;
    return ledger::PlaceHold(
               books, {.posting = posting, .hold = hold, .points = 20, .life = absl::Hours(1)})
        .status();
  });
  const TransactionId captured = Done(ada, [&](Books& books, Posting posting) {
    posting.kind = FactKind::kHoldCaptured;
    return CaptureHold(books, posting, hold, 20).status();
  });
  const Outcome outcome =
      Do(ada,
         [&](Books& books, const Posting& posting) {
           return TransferPoints(books, {.posting = posting, .to = bob, .points = 10});
         },
         {bob});
  ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  const TransactionId moved = *TransactionId::Parse(*outcome.answer);
  const TransactionId spent = Spent(bob, 10);

  EXPECT_THAT(Explain(captured, 1)->transactions[0].led_by, ElementsAre(earned, placed));
  EXPECT_THAT(Explain(placed, 1)->transactions[0].followed_by, ElementsAre(captured));
  const auto transfer = Explain(moved, 1);
  ASSERT_EQ(transfer.status(), absl::OkStatus());
  EXPECT_EQ(transfer->transactions[0].rows.size(), 2u) << "both members' sides";
  EXPECT_THAT(transfer->transactions[0].led_by, ElementsAre(earned));
  EXPECT_THAT(transfer->transactions[0].followed_by, ElementsAre(spent));
  EXPECT_THAT(Explain(spent, 1)->transactions[0].led_by, ElementsAre(moved));

  EXPECT_TRUE(Explain(spent, 1)->cut) << "what led to the transfer";
  const auto chain = Explain(spent, 2);
  EXPECT_FALSE(chain->cut);
  ASSERT_EQ(chain->transactions.size(), 3u);
  EXPECT_EQ(chain->transactions[2].transaction, earned);
  EXPECT_EQ(chain->transactions[2].depth, 2);
  EXPECT_EQ(chain->transactions[2].link, Link::kLedTo);
}

class Sweeping : public History {
 protected:
  // Members of many kinds, with much that is due at now_.
  void LetTimePass() {
    for (int i = 0; i < 30; ++i) {
      members_.push_back(Enroll());
      Earned(members_.back(), 10 + i);
      Earned(members_.back(), 5, kStamps);
    }
    now_ += absl::Hours(24 * 200);
  }
  int64_t RowsOfOthers() {
    return Number("SELECT count(*) FROM ledger.journal WHERE actor <> 'engine'");
  }
  int64_t RowsOfEngine() {
    return Number("SELECT count(*) FROM ledger.journal WHERE actor = 'engine'");
  }
};

TEST_F(Sweeping, PostsWhatIsDueAndChangesNothingThatAnybodySees) {
  LetTimePass();
  const auto before = NowOfAll();
  const int64_t others = RowsOfOthers();
  const int64_t requests = Number("SELECT count(*) FROM ledger.request");
  EXPECT_EQ(RowsOfEngine(), 0);
  EXPECT_EQ(Sweep(now_).value_or(-1), 30);
  EXPECT_EQ(NowOfAll(), before);
  EXPECT_EQ(RowsOfOthers(), others);
  EXPECT_EQ(RowsOfEngine(), 60);
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.request"), requests);
  ExpectSoundBooks();
  const std::string all = Everything();
  EXPECT_EQ(Sweep(now_).value_or(-1), 0);
  EXPECT_EQ(Everything(), all);
}

TEST_F(Sweeping, FindsWhoSleepsAmongAllWallets) {
  const MemberId ada = Enroll();
  const MemberId bob = Enroll();
  Earned(ada, 5, kStamps);
  Earned(bob, 5, kStamps);
  now_ += absl::Hours(24 * 20);
  Earned(bob, 1, kStamps);
  now_ += absl::Hours(24 * 20);
  SweepOrder order{.program = program_, .now = now_, .deadline = clock_.Now() + absl::Seconds(60)};
  order.which = DueMembers::Which::kByWallet;
  EXPECT_EQ(SweepProgram(pool_, *poster_, order).value_or(-1), 0);
  EXPECT_EQ(Sweep(now_).value_or(-1), 1);
  EXPECT_EQ(RowsOfEngine(), 1);
  EXPECT_EQ(Now(bob)[kStamps].available, 6);
  EXPECT_THAT(Now(ada), IsEmpty());
  ExpectSoundBooks();
}

TEST_F(Sweeping, ManyAtOnceBesideOthersPostOnce) {
  LetTimePass();
  auto other = NewPoster(pool_);
  InThreads(4, [&](int i) {
    const auto swept = SweepProgram(
        pool_, i % 2 == 0 ? *poster_ : *other,
        {.program = program_, .now = now_, .deadline = clock_.Now() + absl::Seconds(60)});
    EXPECT_EQ(swept.status(), absl::OkStatus());
    for (size_t m = static_cast<size_t>(i); m < members_.size(); m += 4) Earned(members_[m], 1);
  });
  EXPECT_EQ(RowsOfEngine(), 60);
  for (const MemberId& member : members_) EXPECT_EQ(Now(member)[kPointsUnit].available, 1);
  ExpectSoundBooks();
}

TEST_F(Sweeping, GoesOnWhereItWasStopped) {
  LetTimePass();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(SweepProgram(pool_, *poster_,
                           {.program = program_,
                            .now = now_,
                            .deadline = clock_.Now() + absl::Seconds(60),
                            .stop = stop.get_token()}),
              FailsWith(Reason::kDraining));
  // Half of it was done when it was killed.
  for (size_t m = 0; m < members_.size(); m += 2) Earned(members_[m], 1);
  EXPECT_EQ(RowsOfEngine(), 30);
  ASSERT_EQ(Sweep(now_).status(), absl::OkStatus());
  EXPECT_EQ(RowsOfEngine(), 60);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger::testing
