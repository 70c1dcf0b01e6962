#include "services/ledger/postings.h"

#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <optional>
#include <string>

#include "common/base/random.h"
#include "common/status/reasons.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class Postings : public ::testing::Test {
 protected:
  Postings() {
    books_.AddHolder(ada_, kNow - absl::Hours(24));
    books_.AddHolder(bob_, kNow - absl::Hours(24));
    books_.LoadUnit({.number = 2,
                     .version = 1,
                     .code = "stamps",
                     .display_name = "Stamps",
                     .rounding = ledger::Rounding::kUp,
                     .transferable = true,
                     .adjust_limit = 500});
    envelope_.program = program_;
    envelope_.actor = "key_a";
    envelope_.now = kNow;
  }

  Stamp NewStamp() {
    return {.transaction = {ledger::InPartition(program_, 3, ids_.Next(kNow))},
            .source = "till 7",
            .effective_at = {},
            .statable_past = absl::Minutes(5)};
  }
  EarnOrder Earn(int64_t points, std::string unit = "") {
    EarnOrder order{.stamp = NewStamp(), .member = ada_, .unit = std::move(unit)};
    order.points = points;
    return order;
  }
  SpendOrder Spend(int64_t points) {
    return {.stamp = NewStamp(), .member = ada_, .unit = "", .points = points};
  }

  // Decides as the runner does: what is lacking is not there, and all is decided again.
  template <class Order>
  auto Done(const Order& order) {
    while (true) {
      const ledger::Books::Mark mark = books_.mark();
      auto done = Post(order, envelope_, books_);
      if (!done.ok()) books_.UndoTo(mark);
      if (!books_.lacks_something()) return done;
      books_.UndoTo(mark);
      books_.Loaded(books_.TakeWants());
    }
  }

  base::SequentialIds ids_;
  const MemberId ada_{ids_.Next(kNow)};
  const MemberId bob_{ids_.Next(kNow)};
  const ledger::Program program_{
      .number = 2, .time_zone = "UTC", .first_partition = 3, .partitions = 1};
  ledger::Envelope envelope_;
  ledger::Books books_{program_, {{3, 0}}, kNow};
};

TEST_F(Postings, AnEarnSaysWhatItWasAskedFor) {
  EarnOrder order = Earn(20);
  order.origin = ledger::Origin::kPurchase;
  order.expires_at = kNow + absl::Hours(1);
  const auto earned = Done(order);
  ASSERT_TRUE(earned.ok()) << earned.status();
  EXPECT_EQ(earned->points, 20);
  EXPECT_EQ(earned->posted.wallet.available, 20);
  EXPECT_EQ(earned->posted.recorded_at, kNow);
  EXPECT_EQ(earned->posted.transaction, order.stamp.transaction);
  ASSERT_EQ(books_.rows().size(), 1u);
  const ledger::Fact& fact = books_.rows()[0].fact;
  EXPECT_EQ(fact.kind, ledger::FactKind::kEarn);
  EXPECT_EQ(fact.debit, ledger::Account::kIssued);
  EXPECT_EQ(fact.credit, ledger::Account::kAvailable);
  EXPECT_EQ(fact.effective_at, kNow);
  EXPECT_EQ(fact.source, "till 7");
  ASSERT_TRUE(fact.lot.has_value());
  EXPECT_EQ(fact.lot->origin, ledger::Origin::kPurchase);
  EXPECT_EQ(fact.lot->expires_at, kNow + absl::Hours(1));
}

TEST_F(Postings, ThousandthsAreRoundedByTheUnitsRule) {
  EarnOrder order{.stamp = NewStamp(), .member = ada_, .unit = "stamps"};
  order.milli_points = 1'001;
  EXPECT_EQ(Done(order)->points, 2);
  order = {.stamp = NewStamp(), .member = ada_, .unit = ""};
  order.milli_points = 1'999;
  EXPECT_EQ(Done(order)->points, 1);
  for (const int64_t nothing : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    order.milli_points = nothing;
    const absl::Status refused = Done(order).status();
    EXPECT_EQ(ReasonOf(refused), Reason::kPointsNotPositive);
    EXPECT_EQ(FieldOf(refused), "milli_points");
  }
  order.milli_points = 999;
  EXPECT_EQ(ReasonOf(Done(order).status()), Reason::kPointsNotPositive);
  order.milli_points = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(ReasonOf(Done(order).status()), Reason::kPointsOverflow);
}

TEST_F(Postings, PointsDoNotEndBeforeTheyTookEffect) {
  EarnOrder order = Earn(1);
  order.expires_at = kNow;
  EXPECT_EQ(FieldOf(Done(order).status()), "expires_at");
  // An import may bring in what has ended since.
  order.stamp.statable_past = absl::InfiniteDuration();
  order.stamp.effective_at = kNow - absl::Hours(1);
  order.expires_at = kNow - absl::Minutes(1);
  const auto ended = Done(order);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->points, 1);
  EXPECT_EQ(ended->posted.wallet.available, 0);  // and that is told
  EXPECT_EQ(ReasonOf(Done(Spend(1)).status()), Reason::kInsufficientPoints);
}

TEST_F(Postings, NeverMoreThanThereIs) {
  ASSERT_TRUE(Done(Earn(100)).ok());
  const absl::Status refused = Done(Spend(101)).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kInsufficientPoints);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"available_points", "100"}}));
  EXPECT_EQ(Done(Spend(100))->wallet.available, 0);
}

TEST_F(Postings, NothingForStrangers) {
  EarnOrder order = Earn(1);
  order.member = {ids_.Next(kNow)};
  const absl::Status refused = Done(order).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kMemberNotFound);
  EXPECT_EQ(FieldOf(refused), "member_id");
}

TEST_F(Postings, NothingInUnitsThatAreNotTheProgramsOwn) {
  for (const std::string unit : {"nights", "voucher-money", "voucher-uses"}) {
    const absl::Status refused = Done(Earn(1, unit)).status();
    EXPECT_EQ(ReasonOf(refused), Reason::kUnitNotFound) << unit;
    EXPECT_EQ(FieldOf(refused), "unit") << unit;
  }
  EXPECT_TRUE(Done(Earn(1, "points")).ok());
}

TEST_F(Postings, EffectiveTimeIsPastOnlyForWhoeverBringsInHistory) {
  EarnOrder order = Earn(1);
  order.stamp.effective_at = kNow + absl::Minutes(5);
  EXPECT_TRUE(Done(order).ok());
  order.stamp.effective_at = kNow + absl::Minutes(5) + absl::Microseconds(1);
  const absl::Status ahead = Done(order).status();
  EXPECT_EQ(ReasonOf(ahead), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(ahead), "effective_at");
  order.stamp.effective_at = kNow - absl::Minutes(5) - absl::Microseconds(1);
  EXPECT_EQ(ReasonOf(Done(order).status()), Reason::kEffectiveTimeInvalid);
  order.stamp.statable_past = absl::InfiniteDuration();
  EXPECT_TRUE(Done(order).ok());
  EXPECT_EQ(books_.rows().back().fact.effective_at, *order.stamp.effective_at);
  order.stamp.effective_at =
      absl::FromCivil(absl::CivilSecond(1899, 12, 31, 23, 59, 59), absl::UTCTimeZone());
  EXPECT_EQ(ReasonOf(Done(order).status()), Reason::kEffectiveTimeInvalid);
}

TEST_F(Postings, ACaptureSaysWhatItReleased) {
  ASSERT_TRUE(Done(Earn(100)).ok());
  const HoldId hold{ledger::InPartition(program_, 3, ids_.Next(kNow))};
  const auto placed = Done(HoldOrder{.stamp = NewStamp(),
                                     .member = ada_,
                                     .unit = "",
                                     .points = 60,
                                     .hold = hold,
                                     .life = absl::Hours(1)});
  ASSERT_TRUE(placed.ok()) << placed.status();
  EXPECT_EQ(placed->posted.wallet.held, 60);
  EXPECT_EQ(placed->hold.expires_at, kNow + absl::Hours(1));
  const auto captured = Done(CaptureOrder{.stamp = NewStamp(), .hold = hold, .points = 45});
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ(captured->captured, 45);
  EXPECT_EQ(captured->released, 15);
  EXPECT_EQ(captured->posted.wallet.available, 55);
  EXPECT_EQ(ReasonOf(Done(VoidOrder{.stamp = NewStamp(), .hold = hold}).status()),
            Reason::kHoldResolved);
}

TEST_F(Postings, WhatIsUndoneSaysWhosePointsTheyAre) {
  const EarnOrder earn = Earn(20, "stamps");
  ASSERT_TRUE(Done(earn).ok());
  const auto undone = Done(ReverseOrder{
      .stamp = NewStamp(), .undone = earn.stamp.transaction, .points = 5, .clawback = {}});
  ASSERT_TRUE(undone.ok()) << undone.status();
  EXPECT_EQ(undone->reversed.taken, 5);
  EXPECT_EQ(undone->posted.wallet.available, 15);
}

TEST_F(Postings, AFactAboutTheProgramIsNoPosting) {
  const TransactionId transaction{ledger::InPartition(program_, 3, ids_.Next(kNow))};
  ASSERT_TRUE(books_
                  .Post({.kind = ledger::FactKind::kUnitSet,
                         .transaction = transaction,
                         .member = {},
                         .effective_at = kNow})
                  .ok());
  const absl::Status reversed =
      Done(ReverseOrder{.stamp = NewStamp(), .undone = transaction, .points = 0, .clawback = {}})
          .status();
  EXPECT_EQ(ReasonOf(reversed), Reason::kTransactionNotFound);
  EXPECT_EQ(ReasonOf(Done(ActivateOrder{.stamp = NewStamp(), .earned_by = transaction}).status()),
            Reason::kTransactionNotFound);
}

// An adjustment that waits, in books of their own as a later run sees them.
class Waiting : public Postings {
 protected:
  Waiting() {
    const AdjustOrder order{.stamp = NewStamp(), .member = ada_, .unit = "stamps", .points = 501};
    const auto requested = Done(order);
    EXPECT_TRUE(requested.ok()) << requested.status();
    EXPECT_TRUE(requested->requested);
    EXPECT_EQ(requested->posted.wallet.available, 0);
    transaction_ = order.stamp.transaction;
    adjustment_ = {transaction_.uuid};
    EXPECT_EQ(books_.rows().back().fact.about, adjustment_.uuid);
    books_.rows().back().actor = "key_a";  // as the runner writes it
    const ledger::PostedRow waiting{.row = books_.rows().back(), .undone = 0};
    later_.emplace(program_, std::map<int32_t, int64_t>{{3, waiting.row.seq}}, kNow);
    later_->LoadUnit(books_.UnitOf("stamps").value());
    later_->LoadHolder(ada_, kNow);
    later_->LoadRow(waiting);
    ledger::Wants rows;
    rows.transactions.insert(transaction_);
    later_->Loaded(rows);
  }

  auto Approve(const std::string& actor, const std::string& why = "") {
    envelope_.actor = actor;
    return Post(ApproveOrder{.adjustment = adjustment_,
                             .why = why,
                             .effective_at = {},
                             .statable_past = absl::Minutes(5)},
                envelope_, *later_);
  }
  auto Reject(const std::string& actor, bool others) {
    envelope_.actor = actor;
    return Post(RejectOrder{.adjustment = adjustment_,
                            .reason = "found",
                            .others = others,
                            .effective_at = {},
                            .statable_past = absl::Minutes(5)},
                envelope_, *later_);
  }
  // What both are refused with once it is resolved.
  void ExpectResolved(const std::string& state) {
    for (const absl::Status& status : {Approve("key_c").status(), Reject("key_c", true).status()}) {
      EXPECT_EQ(ReasonOf(status), Reason::kAdjustmentResolved);
      EXPECT_THAT(MetadataOf(status), ::testing::Contains(::testing::Pair("state", state)));
    }
  }

  TransactionId transaction_;
  AdjustmentId adjustment_;
  std::optional<ledger::Books> later_;
};

TEST_F(Waiting, AnAdjustmentIsDoneWhenAnotherKeyApprovesIt) {
  EXPECT_EQ(ReasonOf(Approve("key_a").status()), Reason::kSecondPersonNeeded);
  const auto approved = Approve("key_b", "as agreed");
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(approved->points, 501);
  EXPECT_EQ(approved->posted.transaction, transaction_);
  const ledger::Fact& fact = later_->rows().back().fact;
  EXPECT_EQ(fact.source, "till 7");
  EXPECT_EQ(fact.detail, ResolutionDetail("key_a", "as agreed"));
  EXPECT_EQ(fact.about, adjustment_.uuid);
  ExpectResolved("POSTED");
}

TEST_F(Waiting, AnAdjustmentIsRejectedByOthersWhoMayOrByWhoAsked) {
  EXPECT_EQ(ReasonOf(Reject("key_b", false).status()), Reason::kRoleNotAllowed);
  const ledger::Books::Mark before = later_->mark();
  EXPECT_TRUE(Reject("key_a", false).ok());
  later_->UndoTo(before);
  const auto rejected = Reject("key_b", true);
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_EQ(rejected->unit, "stamps");
  EXPECT_EQ(rejected->adjustment.resolution->actor, "key_b");
  const ledger::Fact& fact = later_->rows().back().fact;
  EXPECT_EQ(fact.kind, ledger::FactKind::kAdjustmentRejected);
  EXPECT_EQ(fact.transaction, transaction_);
  EXPECT_EQ(fact.points, 0);
  EXPECT_EQ(fact.source, "found");
  EXPECT_EQ(fact.detail, ResolutionDetail("key_a"));
  EXPECT_EQ(later_->WalletOf(ada_, 2).available, 0);
  ExpectResolved("REJECTED");
}

TEST_F(Waiting, AnAdjustmentTakesEffectAsTheApprovalSays) {
  envelope_.actor = "key_b";
  ApproveOrder order{.adjustment = adjustment_,
                     .why = "",
                     .effective_at = kNow - absl::Hours(1),
                     .statable_past = absl::Minutes(5)};
  const absl::Status refused = Post(order, envelope_, *later_).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(refused), "effective_at");
  order.statable_past = absl::InfiniteDuration();
  ASSERT_TRUE(Post(order, envelope_, *later_).ok());
  EXPECT_EQ(later_->rows().back().fact.effective_at, *order.effective_at);
}

TEST_F(Postings, ATransferToNobodyNamesTheReceiver) {
  ASSERT_TRUE(Done(Earn(10, "stamps")).ok());
  TransferOrder order{
      .stamp = NewStamp(), .member = ada_, .to = bob_, .unit = "stamps", .points = 4};
  EXPECT_EQ(Done(order)->wallet.available, 6);
  EXPECT_EQ(books_.WalletOf(bob_, 2).available, 4);
  order.to = {ids_.Next(kNow)};
  const absl::Status refused = Done(order).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kMemberNotFound);
  EXPECT_EQ(FieldOf(refused), "to_member_id");
  order.unit = "";
  order.to = bob_;
  EXPECT_EQ(ReasonOf(Done(order).status()), Reason::kTransferNotAllowed);
}

}  // namespace
}  // namespace gratis::ledger_service
