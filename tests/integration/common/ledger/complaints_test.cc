#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/till.h"

// What users of other engines complain of. Each test is named after the complaint, and shows that
// it has no ground here.
namespace gratis::ledger::testing {
namespace {

class NoMore : public Till {
 protected:
  // A second process: the web shop, where `poster_` is the store.
  pg::Pool web_pool_{Options(database_.conninfo(), 8)};
  std::unique_ptr<Poster> web_ = NewPoster(web_pool_);

  Poster& Either(int i) { return i % 2 == 0 ? *poster_ : *web_; }

  // Every lot of a member, but for when things happened: what became of its points.
  std::string Lots(const MemberId& member) {
    return Text(absl::StrCat(
        "SELECT string_agg(concat_ws(' ', points, available, pending, held, debt, spent, expired,"
        " taken, lent, borrowed), ', ' ORDER BY seq) FROM ledger.lot WHERE member = ",
        Quoted(member)));
  }
  static std::string Quoted(const MemberId& member) {
    const std::string_view bytes = member.uuid.AsBytes();
    return absl::StrCat("'", absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size())),
                        "'");
  }
};

TEST_F(NoMore, AReplayPaysTwice) {
  const MemberId ada = Enroll();
  std::string first;
  for (int i = 0; i < 6; ++i) {
    const Outcome outcome = Either(i).Post(kind_, Move(FactKind::kEarn, ada, 100, "order 7"));
    ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    if (i == 0) first = *outcome.answer;
    EXPECT_EQ(outcome.replayed, i > 0);
    EXPECT_EQ(*outcome.answer, first);
  }
  EXPECT_EQ(Balance(ada), 100);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(Either(i).Post(kind_, Move(FactKind::kSpend, ada, 30, "order 8")).answer.ok());
  }
  EXPECT_EQ(Balance(ada), 70);
}

TEST_F(NoMore, TwentyParallelGiftsTurned100PointsInto2000) {
  Unit points;
  points.transferable = true;
  SetUnit(points);
  const MemberId ada = Enroll();
  std::vector<MemberId> friends;
  for (int i = 0; i < 20; ++i) friends.push_back(Enroll());
  ASSERT_TRUE(Earns(ada, 100).ok());
  std::atomic<int> given{0};
  InThreads(20, [&](int i) {
    auto gift = ActOf(
        FactKind::kTransferredOut, ada,
        [to = friends[i]](Books& books, const ledger::Posting& posting) {
          return TransferPoints(books, {.posting = posting, .to = to, .points = 100});
        },
        absl::StrCat("gift ", i), absl::StrCat("gift ", i));
    gift->envelope.also = {friends[i]};
    const Outcome outcome = Either(i).Post(kind_, std::move(gift));
    if (outcome.answer.ok()) {
      ++given;
    } else {
      EXPECT_THAT(outcome.answer, FailsWith(Reason::kInsufficientPoints));
    }
  });
  EXPECT_EQ(given, 1);
  EXPECT_EQ(Number("SELECT sum(available) FROM ledger.wallet"), 100);
  EXPECT_EQ(Contradictions(), "");
  ExpectSoundBooks();
}

// The same of the other side's money.
TEST_F(NoMore, TwentyParallelGiftsFromABudgetOf100) {
  const BudgetId budget = AddBudget(100);
  std::vector<MemberId> members;
  for (int i = 0; i < 20; ++i) members.push_back(Enroll());
  std::atomic<int> given{0};
  InThreads(20, [&](int i) {
    const Outcome outcome = Either(i).Post(
        kind_, ActOf(
                   FactKind::kThankYou, members[i],
                   [budget](Books& books, const ledger::Posting& posting) {
                     return ledger::Earn(books,
                                         {.posting = posting, .points = 30, .budget = budget});
                   },
                   absl::StrCat("gift ", i), absl::StrCat("gift ", i)));
    if (outcome.answer.ok()) {
      ++given;
    } else {
      EXPECT_THAT(outcome.answer, FailsWith(Reason::kBudgetExhausted));
    }
  });
  EXPECT_EQ(given, 3);
  EXPECT_EQ(Number("SELECT spent FROM ledger.budget"), 90);
  EXPECT_EQ(Contradictions(), "");
}

TEST_F(NoMore, BuyEarnRefundKeepThePoints) {
  const MemberId ada = Enroll();
  const TransactionId unspent = Earns(ada, 100).transaction;
  EXPECT_TRUE(Reverses(ada, unspent).ok());
  EXPECT_EQ(Balance(ada), 0);

  // Spent meanwhile: what comes next goes to what is owed.
  const TransactionId spent = Earns(ada, 100).transaction;
  ASSERT_TRUE(Spends(ada, 80).ok());
  EXPECT_TRUE(Reverses(ada, spent).ok());
  EXPECT_EQ(WalletOf(ada).available, 0);
  EXPECT_EQ(WalletOf(ada).debt, -80);
  ASSERT_TRUE(Earns(ada, 50).ok());
  EXPECT_EQ(WalletOf(ada).available, 0);
  EXPECT_EQ(WalletOf(ada).debt, -30);
  ASSERT_TRUE(Earns(ada, 50).ok());
  EXPECT_EQ(WalletOf(ada).available, 20);
  EXPECT_EQ(WalletOf(ada).debt, 0);
  ExpectSoundBooks();
}

TEST_F(NoMore, ARefundChargesPointsAgain) {
  const MemberId ada = Enroll();
  ASSERT_TRUE(Earns(ada, 100).ok());
  const TransactionId paid = Spends(ada, 60).transaction;
  EXPECT_TRUE(Reverses(ada, paid).ok());
  EXPECT_EQ(Balance(ada), 100) << "what was paid comes back, and is not paid once more";
  // A second refund of the same payment, by another request.
  EXPECT_THAT(Reverses(ada, paid).outcome.answer, FailsWith(Reason::kNothingToReverse));
  EXPECT_EQ(Balance(ada), 100);

  const TransactionId again = Spends(ada, 60).transaction;
  EXPECT_TRUE(Reverses(ada, again, 45).ok());
  EXPECT_THAT(Reverses(ada, again, 16).outcome.answer, FailsWith(Reason::kReversalTooLarge));
  EXPECT_TRUE(Reverses(ada, again, 15).ok());
  EXPECT_EQ(Balance(ada), 100);
  ExpectSoundBooks();
}

TEST_F(NoMore, ARefundedOrderDoesNotGiveTheRewardBack) {
  const MemberId ada = Enroll();
  const VoucherId reward = Gets(ada, 1'000);
  const TransactionId order = Redeems(ada, reward, 1'000).transaction;
  EXPECT_THAT(Redeems(ada, reward, 1).outcome.answer, FailsWith(Reason::kVoucherNotLive));
  ASSERT_TRUE(Reverses(ada, order).ok());
  EXPECT_EQ(Balance(ada, kVoucherMoneyUnit), 1'000);
  EXPECT_TRUE(Redeems(ada, reward, 1'000).ok()) << "it is the same voucher, and works";

  // Points that were held and captured come back as well.
  ASSERT_TRUE(Earns(ada, 100).ok());
  const HoldId checkout = Holds(ada, 70);
  const TransactionId captured = Captures(ada, checkout, 70).transaction;
  EXPECT_EQ(Balance(ada), 30);
  ASSERT_TRUE(Reverses(ada, captured).ok());
  EXPECT_EQ(Balance(ada), 100);
  ExpectSoundBooks();
}

// Whatever the parts and their order, two members end alike: one whose order was refunded at once,
// and one whose order was refunded bit by bit.
TEST_F(NoMore, PartialRefundArithmeticNobodyUnderstands) {
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", round));
    base::SeededRandom random(round);
    const std::array<int64_t, 3> earlier = {1 + static_cast<int64_t>(random.Below(60)),
                                            1 + static_cast<int64_t>(random.Below(60)),
                                            1 + static_cast<int64_t>(random.Below(60))};
    const int64_t all = std::accumulate(earlier.begin(), earlier.end(), int64_t{0});
    const int64_t paid = 1 + static_cast<int64_t>(random.Below(all));
    const int64_t earned = 1 + static_cast<int64_t>(random.Below(120));
    const int64_t spent_since = static_cast<int64_t>(random.Below(all - paid + earned + 1));
    const bool earn_first = random.Below(2) == 0;

    std::array<std::string, 2> ends;
    for (const bool in_parts : {false, true}) {
      const MemberId member = Enroll();
      for (const int64_t points : earlier) {
        ASSERT_TRUE(Earns(member, points, now_ + absl::Hours(10 * points)).ok());
      }
      // An order: paid with points, and earning some.
      const TransactionId payment = Spends(member, paid).transaction;
      const TransactionId earning = Earns(member, earned, now_ + absl::Hours(300)).transaction;
      if (spent_since > 0) {
        ASSERT_TRUE(Spends(member, spent_since).ok());
      }
      now_ += absl::Hours(200);  // some of it has expired when it comes back

      struct Refund {
        TransactionId undone;
        int64_t left;
      };
      std::vector<Refund> refunds = {{payment, paid}, {earning, earned}};
      if (earn_first) std::swap(refunds[0], refunds[1]);
      for (Refund& refund : refunds) {
        while (refund.left > 0) {
          const int64_t part =
              in_parts ? 1 + static_cast<int64_t>(random.Below(refund.left)) : refund.left;
          ASSERT_TRUE(Reverses(member, refund.undone, part).ok());
          refund.left -= part;
        }
        EXPECT_THAT(Reverses(member, refund.undone).outcome.answer,
                    FailsWith(Reason::kNothingToReverse));
      }
      ends[in_parts] = Lots(member);
      const Wallet wallet = WalletOf(member);
      absl::StrAppend(&ends[in_parts], "; ", wallet.available, " ", wallet.pending, " ",
                      wallet.held, " ", wallet.debt);
    }
    EXPECT_EQ(ends[false], ends[true]);
  }
  EXPECT_EQ(Contradictions(), "");
  ExpectSoundBooks();
}

TEST_F(NoMore, ExpiryCollapsesTheBalance) {
  const MemberId ada = Enroll();
  const absl::Time begin = now_;
  ASSERT_TRUE(Earns(ada, 100, begin + absl::Hours(24)).ok());
  ASSERT_TRUE(Earns(ada, 100, begin + absl::Hours(48)).ok());
  ASSERT_TRUE(Spends(ada, 130).ok());
  EXPECT_EQ(Balance(ada), 70);
  // The first hundred was spent, and so cannot expire as well.
  now_ = begin + absl::Hours(30);
  EXPECT_EQ(Balance(ada), 70);
  ASSERT_TRUE(Spends(ada, 20).ok());
  EXPECT_EQ(Balance(ada), 50);
  now_ = begin + absl::Hours(50);
  EXPECT_EQ(Balance(ada), 0) << "and no less";
  ASSERT_TRUE(Earns(ada, 10).ok());
  EXPECT_EQ(Balance(ada), 10);
  EXPECT_EQ(Number("SELECT sum(points) FROM ledger.journal WHERE kind = 53"), 50);
  ExpectSoundBooks();
}

// What a till kept while the line was down arrives late, doubled and in any order.
TEST_F(NoMore, TillsLosePointsOffline) {
  struct Kept {
    FactKind kind;
    MemberId member;
    int64_t points;
    std::string request_id;
    absl::Time happened_at;
  };
  std::vector<MemberId> members;
  std::vector<int64_t> expected;
  for (int i = 0; i < 6; ++i) {
    members.push_back(Enroll());
    expected.push_back(500);
    ASSERT_TRUE(Earns(members.back(), 500).ok());
  }
  base::SeededRandom random(7);
  std::vector<Kept> queue;
  for (int i = 0; i < 120; ++i) {
    const size_t who = random.Below(members.size());
    const bool earns = random.Below(3) > 0;
    const int64_t points = 1 + static_cast<int64_t>(random.Below(12));
    expected[who] += earns ? points : -points;
    queue.push_back({earns ? FactKind::kEarn : FactKind::kSpend, members[who], points,
                     absl::StrCat("till 4, ", i), now_ + absl::Minutes(1 + i)});
  }
  std::vector<Kept> sent = queue;
  sent.insert(sent.end(), queue.begin(), queue.end());
  for (size_t i = sent.size(); i > 1; --i) std::swap(sent[i - 1], sent[random.Below(i)]);

  now_ += absl::Hours(9);
  std::atomic<int> replayed{0};
  InThreads(4, [&](int lane) {
    for (size_t i = lane; i < sent.size(); i += 4) {
      const Kept& kept = sent[i];
      auto act = ActOf(
          kept.kind, kept.member,
          [kept](Books& books, ledger::Posting posting) {
            posting.effective_at = kept.happened_at;
            return kept.kind == FactKind::kEarn
                       ? ledger::Earn(books, {.posting = posting, .points = kept.points})
                       : ledger::Spend(books, posting, kept.points);
          },
          kept.request_id, kept.request_id);
      const Outcome outcome = Either(lane).Post(kind_, std::move(act));
      EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
      replayed += outcome.replayed;
    }
  });
  EXPECT_EQ(replayed, 120);
  for (size_t i = 0; i < members.size(); ++i) EXPECT_EQ(Balance(members[i]), expected[i]) << i;
  EXPECT_EQ(
      Number("SELECT count(DISTINCT effective_at) FROM ledger.journal WHERE kind IN (20, 21)"),
      1 + 120)
      << "each when it happened, and what they began with";
  ExpectSoundBooks();
}

TEST_F(NoMore, TheWebShopAndTheStoreShowDifferentBalances) {
  const MemberId ada = Enroll();
  int64_t expected = 0;
  const auto shown_by = [&](pg::Pool& pool) {
    int64_t points = -1;
    EXPECT_EQ(pg::RunTx(pool, {.deadline = clock_.Now() + absl::Seconds(20), .read_only = true},
                        [&](pg::Tx& tx) {
                          ASSIGN_OR_RETURN(auto wallets, ReadBalances(tx, program_, ada, now_));
                          points = wallets[kPointsUnit].available;
                          return absl::OkStatus();
                        }),
              absl::OkStatus());
    return points;
  };
  for (int i = 0; i < 40; ++i) {
    const bool earns = i % 3 != 2;
    const int64_t points = 1 + i;
    expected += earns ? points : -points;
    ASSERT_TRUE(Either(i)
                    .Post(kind_, Move(earns ? FactKind::kEarn : FactKind::kSpend, ada, points,
                                      NextRequestId()))
                    .answer.ok());
    EXPECT_EQ(shown_by(pool_), expected);
    EXPECT_EQ(shown_by(web_pool_), expected);
  }
}

TEST_F(NoMore, TheCashierCannotChooseTheAmount) {
  const MemberId ada = Enroll();
  for (const int64_t part : {1, 37, 99, 100}) {
    ASSERT_TRUE(Earns(ada, 100).ok());
    EXPECT_TRUE(Spends(ada, part).ok());
    EXPECT_EQ(Balance(ada), 100 - part);
    if (part < 100) {
      ASSERT_TRUE(Spends(ada, 100 - part).ok());
    }
  }
  for (const int64_t part : {1, 37, 99, 100}) {
    ASSERT_TRUE(Earns(ada, 100).ok());
    const HoldId hold = Holds(ada, 100);
    EXPECT_EQ(Balance(ada), 0);
    EXPECT_TRUE(Captures(ada, hold, part).ok());
    EXPECT_EQ(Balance(ada), 100 - part) << "the rest is released";
    if (part < 100) {
      ASSERT_TRUE(Spends(ada, 100 - part).ok());
    }
  }
  const VoucherId voucher = Gets(ada, 1'000);
  for (const int64_t part : {1, 399, 600}) EXPECT_TRUE(Redeems(ada, voucher, part).ok());
  EXPECT_EQ(Balance(ada, kVoucherMoneyUnit), 0);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger::testing
