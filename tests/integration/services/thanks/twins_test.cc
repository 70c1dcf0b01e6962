#include "services/thanks/twins.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/ledger/voucher_code.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {
namespace twins_test {
namespace {

using ::testing::IsEmpty;

OrderKey Web(const std::string& order_id) { return {.source = "webshop", .order_id = order_id}; }
OrderKey Receipt(const std::string& receipt) {
  return {.source = "pos",
          .store = "zurich",
          .till = "3",
          .business_date = absl::CivilDay(2027, 1, 15),
          .receipt = receipt};
}
Returning Pieces(int64_t quantity) { return {.lines = {{1, quantity, 0}}}; }

// Orders under two names, and returns that come before either is known to be the other. Each test
// tells several, so that names, members and orders of nobody are in whatever partitions.
class TwinsTest : public ThanksHouse {
 protected:
  static constexpr int kTimes = 6;

  // Eight pieces for 80 dollars.
  PurchaseOrder Coats(const OrderKey& order, const MemberId& member) {
    return {
        .member = member,
        .order = order,
        .total = {"USD", 0},
        .purchased_at = kNow,
        .lines = {{.sku = "coat", .category = "coats", .quantity = 8, .unit_price_minor = 1'000}}};
  }
  v1::RecordReturnResponse Return(const OrderKey& order, const std::string& return_id,
                                  Returning returning) {
    return Parsed<v1::RecordReturnResponse>(Do(Back(order, return_id, std::move(returning))));
  }
  Thanks::Found Found(const OrderKey& order) {
    const absl::StatusOr<Thanks::Found> found = thanks_.FindPurchase(program_, order, Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(Thanks::Found());
  }
};

TEST_F(TwinsTest, AReturnThatWaitsUnderTheOtherNameOfARecordedOrderIsDoneOnceTheyAreKnownToBeOne) {
  for (int i = 0; i < kTimes; ++i) {
    member_ = NewMember();
    const OrderKey web = Web(absl::StrCat(i));
    const OrderKey receipt = Receipt(absl::StrCat(i));
    const auto first = Parsed(Do(Order(Coats(web, member_))));
    EXPECT_TRUE(Return(receipt, "r1", Pieces(1)).parked());
    EXPECT_EQ(Available(member_), 80);
    // The till may know who bought, or not.
    const auto second = Parsed(Do(Twin(receipt, i % 2 == 0 ? member_ : MemberId(), web)));
    EXPECT_TRUE(second.same_as_recorded());
    EXPECT_EQ(second.purchase_id(), first.purchase_id());
    EXPECT_EQ(second.returned_points(), 10);
    EXPECT_EQ(Available(member_), 70);
    EXPECT_EQ(Found(receipt).purchase.order, web);
    EXPECT_EQ(Found(receipt).returns.size(), 1U);
    // Both names lead to it from then on.
    EXPECT_EQ(Return(receipt, "r2", Pieces(2)).points_taken(), 20);
    const auto rest = Return(web, "r3", {.everything = true});
    EXPECT_EQ(rest.points_taken(), 50);
    EXPECT_TRUE(rest.whole());
    EXPECT_EQ(Available(member_), 0);
  }
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(TwinsTest, ATwinIsToldOnceAndReplayed) {
  Parsed(Do(Order(Coats(Web("1"), member_))));
  Return(Receipt("1"), "r1", Pieces(1));
  const ledger::Outcome first = Do(Twin(Receipt("1"), member_, Web("1")));
  const ledger::Outcome replay = Do(Twin(Receipt("1"), member_, Web("1")));
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(*replay.answer, *first.answer);
  auto again = Twin(Receipt("1"), member_, Web("1"));
  again->envelope.request_id = "another";
  EXPECT_EQ(ReasonOf(Do(std::move(again)).answer.status()), Reason::kPurchaseExists);
  EXPECT_EQ(Available(member_), 70);
}

TEST_F(TwinsTest, WhatIsOnlyValidatedLeavesTheReturnWaiting) {
  Parsed(Do(Order(Coats(Web("1"), member_))));
  Return(Receipt("1"), "r1", Pieces(1));
  auto rehearsal = Twin(Receipt("1"), member_, Web("1"));
  rehearsal->envelope.validate_only = true;
  EXPECT_EQ(Parsed(Do(std::move(rehearsal))).returned_points(), 10);
  EXPECT_EQ(Available(member_), 80);
  EXPECT_EQ(Parsed(Do(Twin(Receipt("1"), member_, Web("1")))).returned_points(), 10);
  EXPECT_EQ(Available(member_), 70);
}

TEST_F(TwinsTest, AReturnThatIsToldUnderBothNamesIsOneReturn) {
  Parsed(Do(Order(Coats(Web("1"), member_))));
  Return(Receipt("1"), "r1", Pieces(3));
  EXPECT_EQ(Return(Web("1"), "r1", Pieces(3)).points_taken(), 30);
  EXPECT_EQ(Parsed(Do(Twin(Receipt("1"), member_, Web("1")))).returned_points(), 0);
  EXPECT_EQ(Available(member_), 50);
  EXPECT_EQ(Found(Web("1")).returns.size(), 1U);

  // And when it waits under both.
  Return(Receipt("2"), "r1", Pieces(3));
  Return(Web("2"), "r1", Pieces(3));
  EXPECT_EQ(Parsed(Do(Order(Coats(Web("2"), member_), Receipt("2")))).returned_points(), 30);
  EXPECT_EQ(Available(member_), 100);
  EXPECT_EQ(Found(Receipt("2")).returns.size(), 1U);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(TwinsTest, ADeliveryThatWaitsUnderTheOtherNameIsTheOrders) {
  for (int i = 0; i < kTimes; ++i) {
    // Whoever bought is known or not.
    member_ = i % 2 == 0 ? NewMember() : MemberId();
    const OrderKey web = Web(absl::StrCat(i));
    const OrderKey receipt = Receipt(absl::StrCat(i));
    Parsed(Do(Order(Coats(web, member_))));
    const auto early = Parsed<v1::RecordDeliveryResponse>(
        Do(Delivered(receipt, absl::StrCat("delivery ", i), kNow)));
    EXPECT_TRUE(early.parked());
    Parsed(Do(Twin(receipt, {}, web)));
    EXPECT_EQ(Found(web).purchase.delivered_at, kNow);
    EXPECT_TRUE(
        Parsed<v1::RecordDeliveryResponse>(Do(Delivered(receipt, absl::StrCat("again ", i), kNow)))
            .known());
  }
}

TEST_F(TwinsTest, AWholeReturnThatWaitedLowersThePosition) {
  EXPECT_EQ(Parsed(Do(Order(Coats(Web("1"), member_)))).position(), 1);
  Return(Receipt("1"), "r1", {.everything = true});
  EXPECT_EQ(Parsed(Do(Twin(Receipt("1"), member_, Web("1")))).returned_points(), 80);
  EXPECT_EQ(Parsed(Do(Order(Coats(Web("2"), member_)))).position(), 1);
}

TEST_F(TwinsTest, WhoNamesAnotherMemberGetsNothingDone) {
  for (int i = 0; i < kTimes; ++i) {
    member_ = NewMember();
    const OrderKey web = Web(absl::StrCat(i));
    const OrderKey receipt = Receipt(absl::StrCat(i));
    const auto first = Parsed(Do(Order(Coats(web, member_))));
    Return(receipt, "r1", Pieces(1));
    const ledger::Outcome other = Do(Twin(receipt, NewMember(), web));
    EXPECT_EQ(ReasonOf(other.answer.status()), Reason::kPurchaseExists);
    EXPECT_EQ(MetadataOf(other.answer.status()), (Metadata{{"purchase_id", first.purchase_id()}}));
    EXPECT_EQ(Available(member_), 80);
    EXPECT_EQ(ReasonOf(thanks_.FindPurchase(program_, receipt, Soon()).status()),
              Reason::kPurchaseNotFound);
  }
}

TEST_F(TwinsTest, WhoNamesAnotherMemberInTheVerySetOfTheOrderGetsNothingDone) {
  const MemberId other = NewMemberBeside(member_);
  const std::vector<ledger::Outcome> both =
      DoInOneSet(Order(Coats(Web("1"), member_)), Order(Coats(Receipt("1"), other), Web("1")));
  const auto first = Parsed(both[0]);
  EXPECT_EQ(ReasonOf(both[1].answer.status()), Reason::kPurchaseExists);
  EXPECT_EQ(MetadataOf(both[1].answer.status()), (Metadata{{"purchase_id", first.purchase_id()}}));
  EXPECT_EQ(Available(member_), 80);
  EXPECT_EQ(ReasonOf(thanks_.FindPurchase(program_, Receipt("1"), Soon()).status()),
            Reason::kPurchaseNotFound);
  // What they bought under no other name is theirs all the same.
  EXPECT_EQ(Parsed(Do(Order(Coats(Receipt("1"), other)))).points(), 80);
}

TEST_F(TwinsTest, WhatIsBoughtWithoutACardInTheVerySetIsNobodysUnderItsOtherName) {
  int i = 0;
  const auto elsewhere = [&] {
    const MemberId place = PlaceOf(thanks_.NameOf(program_, Receipt(absl::StrCat(i))));
    return ledger::PartitionOf(program_, place) != ledger::PartitionOf(program_, member_);
  };
  while (elsewhere()) ++i;
  const OrderKey receipt = Receipt(absl::StrCat(i));
  const std::vector<ledger::Outcome> both =
      DoInOneSet(Order(Coats(receipt, {})), Order(Coats(Web("1"), member_), receipt));
  EXPECT_FALSE(Parsed(both[0]).receipt_code().empty());
  EXPECT_EQ(ReasonOf(both[1].answer.status()), Reason::kPurchaseExists);
  EXPECT_EQ(ReasonOf(thanks_.FindPurchase(program_, Web("1"), Soon()).status()),
            Reason::kPurchaseNotFound);
}

TEST_F(TwinsTest, AnOrderThatWasRecordedSinceItWasLookedForIsLookedForAgain) {
  const MemberId other = NewMemberBeside(member_);
  const auto first = Parsed(Do(Order(Coats(Web("1"), member_))));
  // Led by what was there before.
  for (const MemberId& member : {member_, other}) {
    EXPECT_EQ(ReasonOf(Do(Order(Coats(Receipt("1"), member), Web("1"))).answer.status()),
              Reason::kConflict);
  }
  EXPECT_EQ(Parsed(Do(Twin(Receipt("1"), member_, Web("1")))).purchase_id(), first.purchase_id());
}

TEST_F(TwinsTest, ReturnsFindWhatNobodyHasClaimedByEitherNameAndFollowItToItsMember) {
  for (int i = 0; i < kTimes; ++i) {
    member_ = NewMember();
    const OrderKey web = Web(absl::StrCat(i));
    const OrderKey receipt = Receipt(absl::StrCat(i));
    EXPECT_TRUE(Return(web, "r1", Pieces(1)).parked());
    const auto bought = Parsed(Do(Order(Coats(receipt, {}))));
    EXPECT_TRUE(Parsed(Do(Twin(web, {}, receipt))).same_as_recorded());
    EXPECT_EQ(Found(web).returns.size(), 1U);
    EXPECT_EQ(Return(web, "r2", Pieces(1)).returned().minor_units(), 1'000);

    const auto code = ledger::ParseVoucherCode(bought.receipt_code());
    ASSERT_TRUE(code.ok());
    const auto claimed = Parsed<v1::ClaimPurchaseResponse>(Do(Claim(member_, *code)));
    EXPECT_EQ(claimed.points(), 80);
    EXPECT_EQ(claimed.returned_points(), 20);
    EXPECT_EQ(Return(web, "r3", Pieces(1)).points_taken(), 10);
    EXPECT_EQ(Return(receipt, "r4", {.everything = true}).points_taken(), 50);
    EXPECT_EQ(Available(member_), 0);
  }
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(TwinsTest, WhatWaitsUnderTheOtherNameOfWhatNobodyBoughtYetIsDoneWithIt) {
  for (int i = 0; i < kTimes; ++i) {
    const OrderKey web = Web(absl::StrCat(i));
    const OrderKey receipt = Receipt(absl::StrCat(i));
    EXPECT_TRUE(Return(web, "r1", Pieces(1)).parked());
    if (i % 2 == 0) {
      EXPECT_TRUE(Return(receipt, "r2", Pieces(2)).parked());
    }
    Parsed(Do(Order(Coats(receipt, {}), web)));
    const Thanks::Found found = Found(web);
    EXPECT_EQ(found.purchase.order, receipt);
    EXPECT_EQ(found.returns.size(), i % 2 == 0 ? 2U : 1U);
    EXPECT_EQ(Return(web, "r3", {.everything = true}).returned().minor_units(),
              i % 2 == 0 ? 5'000 : 7'000);
  }
}

TEST_F(TwinsTest, WhoeverHasACardClaimsWhatWasBoughtWithoutOne) {
  Parsed(Do(Order(Coats(Receipt("1"), {}))));
  EXPECT_EQ(ReasonOf(Do(Twin(Web("1"), member_, Receipt("1"))).answer.status()),
            Reason::kPurchaseExists);
}

TEST_F(TwinsTest, TwoReturnsOfAnUnknownOrderInOneSetBothWaitForIt) {
  for (int i = 0; i < kTimes; ++i) {
    member_ = NewMember();
    const OrderKey web = Web(absl::StrCat(i));
    std::vector<ledger::Outcome> outcomes(2);
    std::vector<ledger::Pending> set;
    std::atomic<int> done = 0;
    for (size_t k = 0; k < 2; ++k) {
      set.push_back({&changes_,
                     Back(web, absl::StrCat("r", k), Pieces(static_cast<int64_t>(k) + 1)),
                     [&outcomes, &done, k](ledger::Outcome outcome) {
                       outcomes[k] = std::move(outcome);
                       ++done;
                     }});
    }
    // In one transaction, so that the second finds the name that the first has just taken.
    poster_.SubmitTogether(std::move(set));
    while (done < 2) absl::SleepFor(absl::Milliseconds(1));
    for (const ledger::Outcome& outcome : outcomes) {
      EXPECT_TRUE(Parsed<v1::RecordReturnResponse>(outcome).parked());
    }
    const auto bought = Parsed(Do(Order(Coats(web, member_))));
    EXPECT_EQ(bought.returned_points(), 30);
    EXPECT_EQ(Found(web).returns.size(), 2U);
    EXPECT_EQ(Available(member_), 50);
  }
  EXPECT_THAT(Damages(), IsEmpty());
}

}  // namespace
}  // namespace twins_test
}  // namespace gratis::thanks
