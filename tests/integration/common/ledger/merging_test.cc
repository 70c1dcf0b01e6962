#include "common/ledger/merging.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/till.h"

// Two members become one, and two again: nothing is lost, nothing is there twice, and verify
// agrees.
namespace gratis::ledger::testing {
namespace {

using ::testing::IsEmpty;

// What somebody has, expiry by expiry: unit, expiry, age, when it may be spent, origin -> points.
using Having = std::map<std::tuple<int16_t, absl::Time, absl::Time, absl::Time, Origin>, int64_t>;

class Merging : public Till {
 protected:
  Merging() {
    Unit points;
    points.transferable = false;
    points.clawback = Clawback::kDebt;
    SetUnit(points);
    SetUnit({.number = 2, .version = 1, .code = "miles", .display_name = "Miles"});
  }

  MergePair PairOf(const MemberId& duplicate, const MemberId& survivor) {
    return {.duplicate = duplicate,
            .survivor = survivor,
            .leaving = Beside(program_, duplicate, TransactionId{ids_.Next(now_)}),
            .arriving = Beside(program_, survivor, TransactionId{ids_.Next(now_)}),
            .effective_at = now_,
            .source = "test"};
  }

  using Posts = std::function<absl::StatusOr<Carried>(Books&)>;
  Outcome DoWith(const MergePair& pair, Posts posts, bool validate_only = false) {
    auto act = std::make_unique<Act>(
        [posts = std::move(posts)](Act&, Books& books) -> absl::StatusOr<std::string> {
          RETURN_IF_ERROR(posts(books).status());
          return std::string("done");
        });
    const std::string request_id = NextRequestId();
    act->envelope = EnvelopeFor(pair.duplicate, request_id, request_id);
    act->envelope.also = {pair.survivor};
    act->envelope.of_merged = true;
    act->envelope.validate_only = validate_only;
    return poster_->Post(kind_, std::move(act));
  }
  Outcome Merge(const MergePair& pair, bool validate_only = false) {
    return DoWith(
        pair, [=](Books& books) { return MergeMembers(books, pair); }, validate_only);
  }
  Outcome Undo(const MergePair& merge) {
    const MergePair undo = PairOf(merge.duplicate, merge.survivor);
    return DoWith(merge, [=](Books& books) { return UndoMerge(books, merge, undo); });
  }
  MergePair Merged(const MemberId& duplicate, const MemberId& survivor) {
    const MergePair pair = PairOf(duplicate, survivor);
    EXPECT_EQ(Merge(pair).answer.status(), absl::OkStatus());
    return pair;
  }

  // A reversal as the edge has it posted once it knows who they became.
  Done ReversesFor(const MemberId& member, const MemberId& survivor, const TransactionId& undone,
                   int64_t points = 0) {
    return ReversesFor(member, std::vector<MemberId>{survivor}, undone, points, std::nullopt);
  }
  // `chain`: all whom they became part of, one after another.
  Done ReversesFor(const MemberId& member, const std::vector<MemberId>& chain,
                   const TransactionId& undone, int64_t points, std::optional<Clawback> clawback) {
    const std::string request_id = NextRequestId();
    auto act = ActOf(
        FactKind::kEarnReversed, member,
        [=](Books& books, const ledger::Posting& posting) {
          return Reverse(
                     books,
                     {.posting = posting, .undone = undone, .points = points, .clawback = clawback})
              .status();
        },
        request_id, request_id);
    act->envelope.survivors = chain;
    act->envelope.of_merged = true;
    const TransactionId transaction = act->transaction;
    return {transaction, poster_->Post(kind_, std::move(act))};
  }

  VoucherId GetsUntil(const MemberId& member, int64_t worth, absl::Time expires_at, bool one_live) {
    const VoucherId voucher = Beside(program_, member, VoucherId{ids_.Next(now_)});
    const Done done =
        Do(FactKind::kVoucherIssued, member, [=](Books& books, const ledger::Posting& posting) {
          ledger::Posting of_money = posting;
          of_money.unit = kVoucherMoneyUnit;
          return IssueVoucher(books, {.posting = of_money,
                                      .voucher = voucher,
                                      .terms = {.origin = "birthday", .one_live = one_live},
                                      .worth = worth,
                                      .expires_at = expires_at});
        });
    EXPECT_EQ(done.outcome.answer.status(), absl::OkStatus());
    return voucher;
  }
  HoldId HoldsOf(const MemberId& member, const VoucherId& voucher, int64_t worth) {
    const HoldId hold = Beside(program_, member, HoldId{ids_.Next(now_)});
    const Done done =
        Do(FactKind::kHoldPlaced, member, [=](Books& books, const ledger::Posting& posting) {
          return HoldVoucher(
                     books,
                     {.posting = posting, .hold = hold, .points = worth, .life = absl::Hours(1)},
                     voucher)
              .status();
        });
    EXPECT_EQ(done.outcome.answer.status(), absl::OkStatus());
    return hold;
  }
  int64_t WorthOf(const MemberId& member) { return WalletOf(member, kVoucherMoneyUnit).available; }

  Done EarnsLater(const MemberId& member, int64_t points, absl::Time available_at) {
    return Do(FactKind::kEarn, member, [=](Books& books, const ledger::Posting& posting) {
      return ledger::Earn(books,
                          {.posting = posting, .points = points, .available_at = available_at});
    });
  }
  // They leave: whatever they have ends.
  void Leaves(const MemberId& member) {
    const Done left =
        Do(FactKind::kMemberStateSet, member, [](Books& books, const ledger::Posting& posting) {
          RETURN_IF_ERROR(Forfeit(books, posting).status());
          return SetMemberState(books, posting, MemberState::kClosed);
        });
    EXPECT_EQ(left.outcome.answer.status(), absl::OkStatus());
  }
  // Of all points that the program ever gave out.
  int64_t CountedAsExpired() {
    return Number("SELECT coalesce(sum(points), 0)::bigint FROM ledger.account WHERE account = 12");
  }
  Done EarnsMiles(const MemberId& member, int64_t points, absl::Time expires_at) {
    return Do(FactKind::kEarn, member, [=](Books& books, ledger::Posting posting) {
      posting.unit = 2;
      return ledger::Earn(books, {.posting = posting, .points = points, .expires_at = expires_at});
    });
  }

  Having HavingOf(const MemberId& member) {
    Having having;
    EXPECT_EQ(pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20), .read_only = true},
                        [&](pg::Tx& tx) {
                          ASSIGN_OR_RETURN(const std::vector<OpenLot> lots,
                                           ReadOpenLots(tx, program_, member, now_));
                          for (const OpenLot& open : lots) {
                            const Lot& lot = open.lot;
                            const absl::Time usable =
                                lot.pending > 0 ? lot.available_at : absl::InfinitePast();
                            having[{lot.unit, lot.expires_at, lot.earned_at, usable, lot.origin}] +=
                                lot.available + lot.pending + lot.debt;
                          }
                          return absl::OkStatus();
                        }),
              absl::OkStatus());
    return having;
  }
  static Having Plus(Having a, const Having& b) {
    for (const auto& [key, points] : b) a[key] += points;
    return a;
  }

  void ExpectBalanced() {
    EXPECT_EQ(Contradictions(), "");
    ExpectSoundBooks();
  }

  // Something of everything, at random.
  void Live(const MemberId& member, std::mt19937_64& random) {
    for (int i = 0; i < 12; ++i) {
      const auto points = static_cast<int64_t>(1 + random() % 500);
      const absl::Time until = now_ + absl::Hours(24) * static_cast<int64_t>(1 + random() % 4);
      switch (random() % 6) {
        case 0:
          Earns(member, points);
          break;
        case 1:
          Earns(member, points, until);
          break;
        case 2:
          EarnsLater(member, points, until);
          break;
        case 3:
          EarnsMiles(member, points, until);
          break;
        case 4:
          Spends(member, points / 2 + 1);  // may be refused
          break;
        default:
          Gets(member, points);
      }
    }
  }
};

TEST_F(Merging, SumsStayTheSameExpiryByExpiryAndTheUndoRestoresThem) {
  std::mt19937_64 random(20'261'128);
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    // Of one partition, too.
    const MemberId ada = Enroll(0), bob = Enroll(round % 4);
    Live(ada, random);
    Live(bob, random);
    const Having of_ada = HavingOf(ada), of_bob = HavingOf(bob);

    const MergePair merge = Merged(ada, bob);
    EXPECT_THAT(HavingOf(ada), IsEmpty());
    EXPECT_EQ(HavingOf(bob), Plus(of_ada, of_bob));
    ExpectBalanced();

    const Outcome undone = Undo(merge);
    EXPECT_EQ(undone.answer.status(), absl::OkStatus());
    EXPECT_EQ(HavingOf(ada), of_ada);
    EXPECT_EQ(HavingOf(bob), of_bob);
    ExpectBalanced();
    // And over again: vouchers have been there before.
    Merged(ada, bob);
    EXPECT_EQ(HavingOf(bob), Plus(of_ada, of_bob));
    ExpectBalanced();
  }
}

TEST_F(Merging, AValidationMovesNothing) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  Earns(ada, 100);
  const std::string before = Everything();
  EXPECT_EQ(Merge(PairOf(ada, bob), /*validate_only=*/true).answer.status(), absl::OkStatus());
  EXPECT_EQ(Everything(), before);
}

TEST_F(Merging, WhoeverPostsForTheDuplicateIsToldWhoTheyBecame) {
  const MemberId ada = Enroll(0), bob = Enroll(3), cyd = Enroll(5);
  const Outcome first = Earn(ada, 100, "before");
  Merged(ada, bob);
  Merged(bob, cyd);
  const Outcome refused = Earn(ada, 100, "after");
  EXPECT_THAT(refused.answer, FailsWith(Reason::kMemberMerged));
  EXPECT_THAT(
      MetadataOf(refused.answer.status()),
      ::testing::Contains(std::pair<std::string, std::string>("survivor_id", bob.ToString())));
  // What may be corrected in any state, too: it is the survivor's by now.
  EXPECT_THAT(
      Do(FactKind::kAdjusted, ada,
         [](Books& books, const ledger::Posting& posting) { return Adjust(books, posting, 5); })
          .outcome.answer,
      FailsWith(Reason::kMemberMerged));
  // A retry has its first answer.
  const Outcome again = Earn(ada, 100, "before");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*again.answer, *first.answer);
  EXPECT_EQ(Balance(cyd), 100);

  Survivors survivors({}, pool_, clock_);
  ASSERT_EQ(survivors.Look(), absl::OkStatus());
  EXPECT_EQ(survivors.Of(ada), cyd);
  EXPECT_EQ(survivors.Of(cyd), cyd);
  EXPECT_EQ(
      pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20), .read_only = true},
                [&](pg::Tx& tx) {
                  ASSIGN_OR_RETURN(const auto became, ReadSurvivors(tx, program_, {ada, cyd}));
                  EXPECT_EQ(became, (std::map<MemberId, MemberId>{{ada, cyd}}));
                  ASSIGN_OR_RETURN(const auto parts, DuplicatesOf(tx, bob, 10));
                  EXPECT_THAT(parts, ::testing::ElementsAre(ada));
                  return absl::OkStatus();
                }),
      absl::OkStatus());
  ExpectBalanced();
}

TEST_F(Merging, ADebtGoesOverAndIsRepaidFromWhatTheSurvivorHas) {
  for (const int64_t own : {0, 30, 250}) {
    SCOPED_TRACE(own);
    const MemberId ada = Enroll(0), bob = Enroll(3);
    const Done earned = Earns(ada, 100);
    Spends(ada, 100);
    Reverses(ada, earned.transaction);
    ASSERT_EQ(WalletOf(ada).debt, -100);
    if (own > 0) Earns(bob, own);
    const MergePair merge = Merged(ada, bob);
    EXPECT_EQ(WalletOf(ada).debt, 0);
    EXPECT_EQ(WalletOf(bob).debt, std::min<int64_t>(0, own - 100));
    EXPECT_EQ(WalletOf(bob).available, std::max<int64_t>(0, own - 100));
    EXPECT_THAT(Undo(merge).answer, FailsWith(Reason::kMergeContradicted));
    Earns(bob, 500);
    EXPECT_EQ(WalletOf(bob).available, own + 400);
    ExpectBalanced();
  }
}

TEST_F(Merging, WhatTheDuplicateDidIsCorrectedAtTheSurvivorsCost) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  const Done earned = Earns(ada, 100);
  const Done spent = Spends(ada, 40);
  const VoucherId voucher = Gets(ada, 500);
  const Done redeemed = Redeems(ada, voucher, 500);
  const MergePair merge = Merged(ada, bob);
  EXPECT_EQ(Balance(bob), 60);

  // Without the survivor's partition it cannot be done, and says so.
  EXPECT_THAT(Reverses(ada, spent.transaction).outcome.answer, FailsWith(Reason::kMemberMerged));
  EXPECT_TRUE(ReversesFor(ada, bob, spent.transaction).ok());
  EXPECT_EQ(Balance(bob), 100);
  EXPECT_TRUE(ReversesFor(ada, bob, earned.transaction, 30).ok());
  EXPECT_EQ(Balance(bob), 70);
  EXPECT_TRUE(ReversesFor(ada, bob, redeemed.transaction).ok());
  EXPECT_EQ(WalletOf(bob, kVoucherMoneyUnit).available, 500);
  EXPECT_TRUE(Redeems(bob, voucher, 500).ok());
  EXPECT_TRUE(Spends(bob, 70).ok());
  EXPECT_TRUE(ReversesFor(ada, bob, earned.transaction).ok());
  EXPECT_EQ(WalletOf(bob).debt, -70);
  EXPECT_THAT(HavingOf(ada), IsEmpty());
  EXPECT_THAT(Undo(merge).answer, FailsWith(Reason::kMergeContradicted));
  ExpectBalanced();
}

TEST_F(Merging, AVoucherKeepsItsIdWhereverItIs) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  const VoucherId voucher = Gets(ada, 500);
  const MergePair merge = Merged(ada, bob);
  EXPECT_TRUE(Redeems(bob, voucher, 100).ok());
  EXPECT_EQ(WalletOf(bob, kVoucherMoneyUnit).available, 400);
  EXPECT_THAT(Undo(merge).answer, FailsWith(Reason::kMergeContradicted));
  ExpectBalanced();
}

TEST_F(Merging, WhatTheDuplicateUsedOfAVoucherComesBackInPartsIntoOne) {
  for (const int32_t place : {0, 3}) {
    for (const bool captured : {false, true}) {
      for (const int64_t used : {500, 200}) {
        SCOPED_TRACE(absl::StrCat(used, captured ? " captured" : " redeemed", " in ", place));
        const MemberId ada = Enroll(0), bob = Enroll(place);
        const VoucherId voucher = Gets(ada, 500);
        const Done use = captured ? Captures(ada, HoldsOf(ada, voucher, used), used)
                                  : Redeems(ada, voucher, used);
        const MergePair merge = Merged(ada, bob);
        int64_t there = 500 - used;
        EXPECT_EQ(WorthOf(bob), there);
        for (const int64_t part : {100, 50, 20}) {
          const Done back = ReversesFor(ada, bob, use.transaction, part);
          EXPECT_EQ(back.outcome.answer.status(), absl::OkStatus());
          EXPECT_EQ(WorthOf(bob), there += part);
          ExpectBalanced();
        }
        EXPECT_TRUE(ReversesFor(ada, bob, use.transaction).ok());
        EXPECT_EQ(WorthOf(bob), 500);
        EXPECT_THAT(HavingOf(ada), IsEmpty());
        if (used < 500) {
          EXPECT_THAT(Undo(merge).answer, FailsWith(Reason::kMergeContradicted));
        }
        // All of it is the voucher's, and so is what the survivor has back of it.
        const Done all = Redeems(bob, voucher, 500);
        EXPECT_EQ(all.outcome.answer.status(), absl::OkStatus());
        EXPECT_TRUE(Reverses(bob, all.transaction, 300).ok());
        EXPECT_TRUE(Reverses(bob, all.transaction).ok());
        EXPECT_TRUE(Redeems(bob, voucher, 500).ok());
        EXPECT_EQ(WorthOf(bob), 0);
        ExpectBalanced();
      }
    }
  }
}

TEST_F(Merging, WhatTheSurvivorHasHeldOfAVoucherStaysWithWhatComesBack) {
  for (const int32_t place : {0, 3}) {
    SCOPED_TRACE(place);
    const MemberId ada = Enroll(0), bob = Enroll(place);
    const VoucherId voucher = Gets(ada, 500);
    const Done use = Redeems(ada, voucher, 200);
    Merged(ada, bob);
    const HoldId hold = HoldsOf(bob, voucher, 250);
    EXPECT_TRUE(ReversesFor(ada, bob, use.transaction).ok());
    EXPECT_EQ(WorthOf(bob), 250);
    EXPECT_TRUE(Do(FactKind::kHoldReleased, bob, [=](Books& books, const ledger::Posting& posting) {
                  return VoidHold(books, posting, hold).status();
                }).ok());
    EXPECT_TRUE(Redeems(bob, voucher, 500).ok());
    ExpectBalanced();
  }
}

TEST_F(Merging, AVoucherIsOneHoweverManyOfAChainUsedIt) {
  const std::vector<std::pair<int32_t, int32_t>> places = {{3, 5}, {5, 3}, {3, 0}, {0, 3}, {0, 0}};
  for (const auto& [second, third] : places) {
    SCOPED_TRACE(absl::StrCat(second, " and ", third));
    const MemberId ada = Enroll(0), bob = Enroll(second), cyd = Enroll(third);
    const VoucherId voucher = Gets(ada, 500);
    const Done by_ada = Redeems(ada, voucher, 100);
    Merged(ada, bob);
    const Done by_bob = Redeems(bob, voucher, 150);
    Merged(bob, cyd);
    const Done by_cyd = Redeems(cyd, voucher, 50);
    EXPECT_TRUE(by_bob.ok() && by_cyd.ok());
    EXPECT_TRUE(ReversesFor(ada, {bob, cyd}, by_ada.transaction, 60, std::nullopt).ok());
    EXPECT_TRUE(ReversesFor(bob, cyd, by_bob.transaction).ok());
    EXPECT_TRUE(Reverses(cyd, by_cyd.transaction).ok());
    EXPECT_TRUE(ReversesFor(ada, {bob, cyd}, by_ada.transaction, 0, std::nullopt).ok());
    EXPECT_EQ(WorthOf(cyd), 500);
    EXPECT_TRUE(Redeems(cyd, voucher, 500).ok());
    ExpectBalanced();
  }
}

TEST_F(Merging, AVoucherThatIsOverLivesOnAsLongAsWhatCameBackLast) {
  for (const int32_t place : {0, 3}) {
    SCOPED_TRACE(place);
    const MemberId ada = Enroll(0), bob = Enroll(place);
    const VoucherId voucher = GetsUntil(ada, 500, now_ + absl::Hours(24), /*one_live=*/false);
    const Done use = Redeems(ada, voucher, 500);
    Merged(ada, bob);
    now_ += absl::Hours(25);
    EXPECT_TRUE(ReversesFor(ada, bob, use.transaction, 100).ok());
    now_ += absl::Hours(24 * 20);
    EXPECT_TRUE(ReversesFor(ada, bob, use.transaction, 100).ok());
    EXPECT_EQ(WorthOf(bob), 200);
    // What was not used in those 30 days has ended; what comes back now has 30 of its own.
    now_ += absl::Hours(24 * 15);
    EXPECT_TRUE(ReversesFor(ada, bob, use.transaction, 100).ok());
    EXPECT_EQ(WorthOf(bob), 100);
    now_ += absl::Hours(24 * 29);
    EXPECT_TRUE(Redeems(bob, voucher, 100).ok());
    ExpectBalanced();
  }
}

TEST_F(Merging, NoVoucherLivesAgainBesideTheSurvivorsOwnOfWhichOneMayLive) {
  for (const int32_t place : {0, 3}) {
    for (const bool over : {false, true}) {
      SCOPED_TRACE(absl::StrCat(over ? "over" : "used", " in ", place));
      const MemberId ada = Enroll(0), bob = Enroll(place);
      const VoucherId old = GetsUntil(ada, 500, absl::InfiniteFuture(), /*one_live=*/true);
      const Done use = Redeems(ada, old, 500);
      const VoucherId own = GetsUntil(bob, 300, now_ + absl::Hours(24), /*one_live=*/true);
      Merged(ada, bob);
      EXPECT_THAT(ReversesFor(ada, bob, use.transaction, 100).outcome.answer,
                  FailsWith(Reason::kVoucherLive));
      EXPECT_EQ(WorthOf(bob), 300);
      if (over) {
        now_ += absl::Hours(25);
      } else {
        EXPECT_TRUE(Redeems(bob, own, 300).ok());
      }
      // Beside itself it may.
      EXPECT_TRUE(ReversesFor(ada, bob, use.transaction, 100).ok());
      EXPECT_TRUE(ReversesFor(ada, bob, use.transaction).ok());
      EXPECT_EQ(WorthOf(bob), 500);
      EXPECT_TRUE(Redeems(bob, old, 500).ok());
      ExpectBalanced();
    }
  }
}

TEST_F(Merging, IsRefusedWhereItWouldNotBeExact) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  const auto refused = [&](const MemberId& duplicate, const MemberId& survivor,
                           const std::string& why) {
    const Outcome outcome = Merge(PairOf(duplicate, survivor));
    EXPECT_THAT(outcome.answer, FailsWith(Reason::kMergeRefused));
    EXPECT_THAT(MetadataOf(outcome.answer.status()),
                ::testing::Contains(std::pair<std::string, std::string>("why", why)));
  };
  refused(ada, ada, "same");
  Earns(ada, 100);
  const HoldId hold = Holds(ada, 10);
  refused(ada, bob, "holds");
  Captures(ada, hold, 10);
  EarnsLater(ada, 5, absl::InfiniteFuture());
  refused(ada, bob, "activation");
  Do(FactKind::kMemberStateSet, bob, [](Books& books, const ledger::Posting& posting) {
    return SetMemberState(books, posting, MemberState::kSuspended);
  });
  refused(ada, bob, "states");
  Merged(bob, [&] {
    const MemberId cyd = Enroll(1);
    Do(FactKind::kMemberStateSet, cyd, [](Books& books, const ledger::Posting& posting) {
      return SetMemberState(books, posting, MemberState::kSuspended);
    });
    return cyd;
  }());
  EXPECT_THAT(Merge(PairOf(ada, bob)).answer, FailsWith(Reason::kMemberMerged));
  ExpectBalanced();
}

TEST_F(Merging, AnUndoStopsAtWhatHappenedSince) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  Earns(ada, 100, now_ + absl::Hours(24));
  Earns(bob, 50);
  const MergePair merge = Merged(ada, bob);
  EXPECT_TRUE(Spends(bob, 1).ok());
  EXPECT_THAT(Undo(merge).answer, FailsWith(Reason::kMergeContradicted));
  EXPECT_EQ(Balance(bob), 149);
  ExpectBalanced();
}

TEST_F(Merging, PendingPointsBecomeAvailableWhereverTheyAre) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  EarnsLater(ada, 100, now_ + absl::Hours(24));
  const MergePair merge = Merged(ada, bob);
  now_ += absl::Hours(25);
  EXPECT_EQ(WalletOf(bob).available, 100);
  EXPECT_EQ(Undo(merge).answer.status(), absl::OkStatus());
  EXPECT_EQ(WalletOf(ada).available, 100);
  EXPECT_EQ(WalletOf(bob).available, 0);
  ExpectBalanced();
}

constexpr Clawback kClawbacks[] = {Clawback::kDebt, Clawback::kClamp, Clawback::kRefuse};

TEST_F(Merging, PointsThatWaitWithTheSurvivorAreTakenBackWhileTheyWait) {
  for (const Clawback clawback : kClawbacks) {
    for (const int32_t place : {0, 3}) {
      SCOPED_TRACE(absl::StrCat(static_cast<int>(clawback), " in ", place));
      const MemberId ada = Enroll(0), bob = Enroll(place);
      const Done earned = EarnsLater(ada, 100, now_ + absl::Hours(24));
      Earns(bob, 50);
      const MergePair merge = Merged(ada, bob);
      EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 30, clawback).ok());
      EXPECT_EQ(WalletOf(bob).pending, 70);
      EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 0, clawback).ok());
      EXPECT_EQ(WalletOf(bob).pending, 0);
      EXPECT_EQ(WalletOf(bob).available, 50);
      EXPECT_EQ(WalletOf(bob).debt, 0);
      EXPECT_THAT(HavingOf(ada), IsEmpty());
      EXPECT_THAT(Undo(merge).answer, FailsWith(Reason::kMergeContradicted));
      ExpectBalanced();
    }
  }
}

TEST_F(Merging, WhatExpiredWithTheSurvivorLeavesNoDebt) {
  for (const Clawback clawback : kClawbacks) {
    for (const int32_t place : {0, 3}) {
      SCOPED_TRACE(absl::StrCat(static_cast<int>(clawback), " in ", place));
      const MemberId ada = Enroll(0), bob = Enroll(place);
      const Done earned = Earns(ada, 100, now_ + absl::Hours(24));
      Earns(bob, 50);
      Merged(ada, bob);
      now_ += absl::Hours(25);
      EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 40, clawback).ok());
      EXPECT_EQ(CountedAsExpired(), 60);
      EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 0, clawback).ok());
      EXPECT_EQ(CountedAsExpired(), 0);
      EXPECT_EQ(WalletOf(bob).available, 50);
      EXPECT_EQ(WalletOf(bob).debt, 0);
      ExpectBalanced();
    }
  }
}

TEST_F(Merging, WhatTheSurvivorLostByLeavingLeavesNoDebt) {
  for (const Clawback clawback : kClawbacks) {
    SCOPED_TRACE(static_cast<int>(clawback));
    const MemberId ada = Enroll(0), bob = Enroll(3);
    const Done earned = Earns(ada, 100);
    const Done waits = EarnsLater(ada, 40, now_ + absl::Hours(24));
    Merged(ada, bob);
    Leaves(bob);
    EXPECT_EQ(CountedAsExpired(), 140);
    EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 0, clawback).ok());
    EXPECT_TRUE(ReversesFor(ada, {bob}, waits.transaction, 0, clawback).ok());
    EXPECT_EQ(WalletOf(bob).debt, 0);
    EXPECT_EQ(CountedAsExpired(), 0);
    ExpectBalanced();
  }
}

TEST_F(Merging, ALotIsFollowedThroughAChain) {
  for (const Clawback clawback : kClawbacks) {
    for (const int32_t place : {0, 3}) {
      SCOPED_TRACE(absl::StrCat(static_cast<int>(clawback), " in ", place));
      const MemberId ada = Enroll(0), bob = Enroll(place), cyd = Enroll(5);
      const Done waits = EarnsLater(ada, 100, now_ + absl::Hours(24));
      const Done ends = Earns(ada, 30, now_ + absl::Hours(2));
      const Done spent = Earns(ada, 60, now_ + absl::Hours(1));
      Merged(ada, bob);
      EXPECT_TRUE(Spends(bob, 20).ok());
      Merged(bob, cyd);
      EXPECT_TRUE(Spends(cyd, 10).ok());
      const auto reverses = [&](const Done& earned, int64_t points = 0) {
        return ReversesFor(ada, {bob, cyd}, earned.transaction, points, clawback);
      };
      EXPECT_TRUE(reverses(waits, 30).ok());
      EXPECT_EQ(WalletOf(cyd).pending, 70);
      // Of the 60 half is there.
      EXPECT_TRUE(reverses(spent, 30).ok());
      EXPECT_EQ(WalletOf(cyd).available, 30);
      now_ += absl::Hours(3);
      EXPECT_TRUE(reverses(ends).ok());
      EXPECT_TRUE(reverses(waits).ok());
      EXPECT_EQ(WalletOf(cyd).pending, 0);
      EXPECT_EQ(WalletOf(cyd).debt, 0);
      const Done rest = reverses(spent);
      if (clawback == Clawback::kRefuse) {
        EXPECT_THAT(rest.outcome.answer, FailsWith(Reason::kClawbackRefused));
      } else {
        EXPECT_TRUE(rest.ok());
      }
      EXPECT_EQ(WalletOf(cyd).debt, clawback == Clawback::kDebt ? -30 : 0);
      EXPECT_EQ(WalletOf(cyd).available, 0);
      ExpectBalanced();
    }
  }
}

TEST_F(Merging, TheEndDoesNotDependOnWhatComesBackFirst) {
  for (int turn = 0; turn < 6; ++turn) {
    SCOPED_TRACE(turn);
    const MemberId ada = Enroll(0), bob = Enroll(3), cyd = Enroll(5);
    const Done earned = Earns(ada, 100);
    Merged(ada, bob);
    const Done by_bob = Spends(bob, 30);
    Merged(bob, cyd);
    const Done by_cyd = Spends(cyd, 20);
    const std::vector<std::function<Done()>> returns = {
        [&] {
          return ReversesFor(ada, {bob, cyd}, earned.transaction, 0, Clawback::kDebt);
        },
        [&] { return ReversesFor(bob, cyd, by_bob.transaction); },
        [&] { return Reverses(cyd, by_cyd.transaction); },
    };
    std::vector<size_t> order = {0, 1, 2};
    for (int i = 0; i < turn; ++i) std::next_permutation(order.begin(), order.end());
    for (const size_t which : order) EXPECT_TRUE(returns[which]().ok()) << which;
    EXPECT_EQ(WalletOf(cyd).available, 0);
    EXPECT_EQ(WalletOf(cyd).debt, 0);
    ExpectBalanced();
  }
}

TEST_F(Merging, WhatTheSurvivorHasHeldIsNotForgiven) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  const Done earned = Earns(ada, 100);
  Merged(ada, bob);
  const HoldId hold = Holds(bob, 60);
  EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 0, Clawback::kClamp).ok());
  EXPECT_EQ(WalletOf(bob).available, 0);
  EXPECT_EQ(WalletOf(bob).held, 60);
  const Done voided =
      Do(FactKind::kHoldReleased, bob, [=](Books& books, const ledger::Posting& posting) {
        return VoidHold(books, posting, hold).status();
      });
  EXPECT_TRUE(voided.ok());
  EXPECT_EQ(WalletOf(bob).available, 60);
  EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 0, Clawback::kClamp).ok());
  EXPECT_EQ(WalletOf(bob).available, 0);
  ExpectBalanced();
}

TEST_F(Merging, AfterAnUndoALotIsTheDuplicatesAgain) {
  for (const Clawback clawback : kClawbacks) {
    SCOPED_TRACE(static_cast<int>(clawback));
    const MemberId ada = Enroll(0), bob = Enroll(3), cyd = Enroll(5);
    const Done first = EarnsLater(ada, 100, now_ + absl::Hours(24));
    const Done second = EarnsLater(ada, 10, now_ + absl::Hours(24));
    const Done third = Earns(ada, 5, now_ + absl::Hours(24));
    EXPECT_EQ(Undo(Merged(ada, bob)).answer.status(), absl::OkStatus());
    // Nobody's but the duplicate's own.
    EXPECT_TRUE(ReversesFor(ada, {}, first.transaction, 0, clawback).ok());
    EXPECT_EQ(WalletOf(ada).pending, 10);
    // Merged again, into somebody else and over the old survivor, it is where it went last.
    EXPECT_EQ(Undo(Merged(ada, cyd)).answer.status(), absl::OkStatus());
    Merged(ada, bob);
    Merged(bob, cyd);
    EXPECT_TRUE(ReversesFor(ada, {bob, cyd}, second.transaction, 0, clawback).ok());
    EXPECT_EQ(WalletOf(cyd).pending, 0);
    now_ += absl::Hours(25);
    EXPECT_TRUE(ReversesFor(ada, {bob, cyd}, third.transaction, 0, clawback).ok());
    EXPECT_EQ(WalletOf(cyd).debt, 0);
    ExpectBalanced();
  }
}

// As a merge was posted before its rows said so.
TEST_F(Merging, WhatWentOverWithoutAWordOfWhereCountsAsSpent) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  const Done earned = EarnsLater(ada, 100, now_ + absl::Hours(24));
  Merged(ada, bob);
  Earns(bob, 70);
  database_.Execute("UPDATE ledger.journal SET detail = '' WHERE kind = 50");
  EXPECT_TRUE(ReversesFor(ada, {bob}, earned.transaction, 60, Clawback::kRefuse).ok());
  EXPECT_EQ(WalletOf(bob).available, 10);
  EXPECT_EQ(WalletOf(bob).pending, 100);
  EXPECT_EQ(Contradictions(), "");
}

TEST_F(Merging, ASurvivorThatWasChangedIsSeen) {
  const MemberId ada = Enroll(0), bob = Enroll(3);
  Merged(ada, bob);
  ExpectSoundBooks();
  database_.Execute("UPDATE ledger.holder SET survivor = gen_random_uuid() WHERE state = 8");
  const Verification found = Verify(program_.first_partition);
  ASSERT_EQ(found.damages.size(), 1U);
  EXPECT_EQ(found.damages.front().check, "holder");
  EXPECT_THAT(found.damages.front().description,
              ::testing::HasSubstr(absl::StrCat("the journal makes it ", bob.ToString())));
}

}  // namespace
}  // namespace gratis::ledger::testing
