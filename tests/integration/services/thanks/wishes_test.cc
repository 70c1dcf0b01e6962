#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/status/reasons.h"
#include "tests/integration/services/thanks/wishes_house.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using WishesTest = WishesHouse;

TEST_F(WishesTest, WhoeverWaitsIsToldOnceByWhatTheyAskedFor) {
  const MemberId other = NewMember();
  EXPECT_EQ(Wishes(member_, "moons").wish().state(), v1::WISH_STATE_WAITING);
  Wishes(other, "moons", "zurich-1", WishOrigin::kNoticed);
  const MemberId stranger = NewMember();
  Wishes(stranger, "stars");
  EXPECT_EQ(WaitingFor(Back("moons", "zurich-1")), 2);
  EXPECT_THAT(Told(member_), IsEmpty());
  Tell();
  EXPECT_THAT(Told(member_), ElementsAre(HasSubstr("\"purpose\":\"service\"")));
  EXPECT_THAT(Told(other), ElementsAre(HasSubstr("\"purpose\":\"marketing\"")));
  EXPECT_THAT(Told(stranger), IsEmpty());
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kMet);
  // Once, whatever else comes back.
  Tell();
  now_ += absl::Minutes(1);
  EXPECT_EQ(WaitingFor(Back("moons", "zurich-1")), 0);
  EXPECT_EQ(WaitingFor(Back("moons")), 0);
  Tell();
  EXPECT_THAT(Told(member_), SizeIs(1));
  EXPECT_THAT(Told(other), SizeIs(1));
  EXPECT_THAT(WishesOf(member_, /*waiting_only=*/true), IsEmpty());
  // Who asks again waits again.
  Wishes(member_, "moons");
  EXPECT_THAT(WishesOf(member_, /*waiting_only=*/true), SizeIs(1));
  now_ += absl::Minutes(1);
  Back("moons");
  Tell();
  EXPECT_THAT(Told(member_), SizeIs(2));
}

TEST_F(WishesTest, NobodyWishesForMoreThanTheirShare) {
  for (int i = 0; i < kMostWishes; ++i) Wishes(member_, absl::StrCat("sku-", i));
  const auto wish = [&](const MemberId& member, const std::string& sku) {
    return poster_.Post(wish_changes_, Wishing(member, sku)).answer.status();
  };
  EXPECT_EQ(ReasonOf(wish(member_, "one-more")), Reason::kWishLimitReached);
  // Again what they wished for, and for somebody else.
  EXPECT_TRUE(wish(member_, "sku-0").ok());
  EXPECT_TRUE(wish(NewMember(), "one-more").ok());
  // Those that are over make room.
  now_ += kWishLife + absl::Seconds(1);
  EXPECT_TRUE(wish(member_, "one-more").ok());
}

TEST_F(WishesTest, AWishOfLongAgoThatIsMadeAgainIsOneMore) {
  Wishes(member_, "old");
  now_ += kWishLife + absl::Seconds(1);
  for (int i = 1; i < kMostWishes; ++i) Wishes(member_, absl::StrCat("sku-", i));
  // Also for who comes behind it in its set.
  std::vector<ledger::Pending> set;
  set.push_back({&wish_changes_, Wishing(member_, "old"), {}});
  set.push_back({&wish_changes_, Wishing(member_, "one-more"), {}});
  set.push_back({&wish_changes_, Wishing(member_, "old"), {}});
  const std::vector<ledger::Outcome> outcomes =
      ledger::RunSet(pool_, std::string(32, 'c'), Soon(), absl::MakeSpan(set));
  EXPECT_TRUE(outcomes[0].answer.ok()) << outcomes[0].answer.status();
  EXPECT_EQ(ReasonOf(outcomes[1].answer.status()), Reason::kWishLimitReached);
  EXPECT_TRUE(outcomes[2].answer.ok()) << outcomes[2].answer.status();
}

TEST_F(WishesTest, AWishOfLongAgoFindsNoRoomWhereThereIsNone) {
  Wishes(member_, "old");
  now_ += kWishLife + absl::Seconds(1);
  for (int i = 0; i < kMostWishes; ++i) Wishes(member_, absl::StrCat("sku-", i));
  EXPECT_EQ(ReasonOf(poster_.Post(wish_changes_, Wishing(member_, "old")).answer.status()),
            Reason::kWishLimitReached);
}

TEST_F(WishesTest, ARestockSaidTwiceIsOneAndOneThatIsTriedIsNone) {
  Wishes(member_, "moons");
  EXPECT_EQ(WaitingFor(Back("moons", "", "try", /*validate_only=*/true)), 1);
  Tell();
  EXPECT_THAT(Told(member_), IsEmpty());
  EXPECT_FALSE(Back("moons", "", "back").replayed);
  Tell();
  const ledger::Outcome again = Back("moons", "", "back");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(WaitingFor(again), 1);
  Tell();
  EXPECT_THAT(Told(member_), SizeIs(1));
}

TEST_F(WishesTest, TwoProcessesTellOnceAndTwoWishesAreOneMessage) {
  std::vector<MemberId> members;
  for (int i = 0; i < 20; ++i) {
    members.push_back(NewMember());
    Wishes(members.back(), "moons", "", WishOrigin::kNoticed);
    Wishes(members.back(), "moons", "zurich-1");
  }
  EXPECT_EQ(WaitingFor(Back("moons", "zurich-1")), 20);
  ledger::Poster other_poster{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  Restocks other(pool_, other_poster);
  std::thread beside([&] { EXPECT_TRUE(other.Run(program_, now_, Soon(), {}).ok()); });
  Tell();
  beside.join();
  for (const MemberId& member : members) {
    EXPECT_THAT(Told(member), ElementsAre(HasSubstr("\"purpose\":\"service\"")));
    EXPECT_THAT(WishesOf(member, /*waiting_only=*/true), IsEmpty());
  }
}

TEST_F(WishesTest, WhatFailsForOneHoldsUpNoOther) {
  // Those of the first partition are told first.
  const MemberId nobody = NewMemberIn(program_.first_partition);
  const MemberId elsewhere = NewMemberIn(program_.last_partition());
  Wishes(nobody, "moons");
  Wishes(elsewhere, "moons");
  Spoil("wish", nobody);
  Back("moons");
  EXPECT_EQ(ReasonOf(restocks_.Run(program_, now_, Soon(), {})), Reason::kMemberNotFound);
  EXPECT_THAT(Told(elsewhere), SizeIs(1));
}

TEST_F(WishesTest, WhatLackedInAnOrderIsAWishAndEndsWithTheOrder) {
  BuyWithout("1", "moons");
  std::vector<Wish> wishes = WishesOf(member_);
  ASSERT_THAT(wishes, SizeIs(1));
  EXPECT_EQ(wishes[0].of.sku, "moons");
  EXPECT_EQ(wishes[0].origin, WishOrigin::kNoticed);
  EXPECT_FALSE(wishes[0].purchase.IsNil());
  Back("moons");
  Tell();
  EXPECT_THAT(Told(member_), ElementsAre(HasSubstr(wishes[0].purchase.ToString())));
  // Another order, of which nothing is kept.
  now_ += kDay;
  BuyWithout("2", "suns");
  Return("2", {.everything = true});
  Back("suns");
  Tell();
  EXPECT_THAT(Told(member_), SizeIs(1));
  EXPECT_EQ(StateOf(member_, "suns"), WishState::kOvertaken);
}

TEST_F(WishesTest, AnOrderThatIsOnlyTriedOrOlderThanTheNewsNotesNothing) {
  auto tried = Purchasing("1", 0, {{.sku = "moons", .unit_price_minor = 800, .unfulfilled = 1}});
  tried->envelope.validate_only = true;
  EXPECT_TRUE(poster_.Post(changes_, std::move(tried)).answer.ok());
  EXPECT_THAT(WishesOf(member_), IsEmpty());
  // A till that was offline: what lacked then was met meanwhile.
  Wishes(member_, "moons");
  Back("moons");
  Tell();
  purchased_at_ = now_ - kDay;
  BuyWithout("2", "moons");
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kMet);
  purchased_at_ = now_ + absl::Seconds(1);
  BuyWithout("3", "moons");
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kWaiting);
  // What was asked for stays so.
  Wishes(member_, "moons");
  purchased_at_ = now_ + absl::Seconds(2);
  BuyWithout("4", "moons");
  EXPECT_EQ(WishesOf(member_).at(0).origin, WishOrigin::kAsked);
}

TEST_F(WishesTest, WhoGotAPartOfWhatTheyAskedForIsToldOfTheRest) {
  Wishes(member_, "moons");
  now_ += absl::Minutes(1);
  Buy("1", {{.sku = "moons", .quantity = 3, .unit_price_minor = 800, .unfulfilled = 2}});
  const std::vector<Wish> wishes = WishesOf(member_);
  ASSERT_THAT(wishes, SizeIs(1));
  EXPECT_EQ(wishes[0].origin, WishOrigin::kAsked);
  EXPECT_EQ(wishes[0].noted_at, now_);
  EXPECT_TRUE(wishes[0].purchase.IsNil());
  now_ += absl::Minutes(1);
  Back("moons");
  Tell();
  EXPECT_THAT(Told(member_), ElementsAre(HasSubstr("\"purpose\":\"service\"")));
}

TEST_F(WishesTest, WhatWasAskedForTooLongAgoIsNoticedAnew) {
  Wishes(member_, "moons");
  now_ += kWishLife - absl::Seconds(1);
  BuyWithout("1", "moons");
  EXPECT_EQ(WishesOf(member_).at(0).origin, WishOrigin::kAsked);
  now_ += kWishLife;
  BuyWithout("2", "moons");
  const std::vector<Wish> wishes = WishesOf(member_);
  ASSERT_THAT(wishes, SizeIs(1));
  EXPECT_EQ(wishes[0].origin, WishOrigin::kNoticed);
  EXPECT_FALSE(wishes[0].purchase.IsNil());
  now_ += absl::Minutes(1);
  EXPECT_EQ(WaitingFor(Back("moons")), 1);
  Tell();
  EXPECT_THAT(Told(member_), ElementsAre(HasSubstr("\"purpose\":\"marketing\"")));
}

TEST_F(WishesTest, WhoBoughtItMeanwhileOrNeedsNoTellingIsNotTold) {
  Wishes(member_, "moons");
  Wishes(member_, "suns");
  now_ += absl::Minutes(1);
  Buy("1", {{.sku = "moons", .unit_price_minor = 800}});
  EXPECT_TRUE(Withdraws(member_, "suns"));
  EXPECT_FALSE(Withdraws(member_, "suns"));
  EXPECT_FALSE(Withdraws(member_, "never"));
  Back("moons");
  Back("suns");
  Tell();
  EXPECT_THAT(Told(member_), IsEmpty());
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kOvertaken);
  EXPECT_EQ(StateOf(member_, "suns"), WishState::kWithdrawn);
  // Nor who is not to hear of anything, for now or for ever.
  const MemberId suspended = NewMember();
  const MemberId erased = NewMember();
  Wishes(suspended, "stars");
  Wishes(erased, "stars");
  SetState(suspended, ledger::MemberState::kSuspended);
  SetState(erased, ledger::MemberState::kErased);
  Back("stars");
  Tell();
  EXPECT_THAT(Told(suspended), IsEmpty());
  EXPECT_EQ(StateOf(suspended, "stars"), WishState::kOvertaken);
  EXPECT_EQ(StateOf(erased, "stars"), WishState::kOvertaken);
}

TEST_F(WishesTest, WhoWithdrawsWhileEverybodyIsToldIsToldOrHasWithdrawn) {
  Wishes(member_, "moons");
  now_ += absl::Minutes(1);
  Back("moons");
  const bool waited = Waited(ChangeWhileTelling(wish_changes_, Withdrawing(member_, "moons")));
  EXPECT_THAT(Told(member_), SizeIs(waited ? 0 : 1));
  EXPECT_EQ(StateOf(member_, "moons"), waited ? WishState::kWithdrawn : WishState::kMet);
}

TEST_F(WishesTest, WhatIsWishedForAgainWhileEverybodyIsToldWaitsForTheNextTime) {
  Wishes(member_, "moons");
  Wishes(member_, "suns");
  now_ += absl::Minutes(1);
  Back("moons");
  now_ += absl::Minutes(1);
  EXPECT_TRUE(ChangeWhileTelling(wish_changes_, Wishing(member_, "moons")).answer.ok());
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kWaiting);
  // Or lacks in an order.
  Back("suns");
  purchased_at_ = now_ + absl::Seconds(1);
  const ledger::Outcome bought = ChangeWhileTelling(
      changes_, Purchasing("1", 0, {{.sku = "suns", .unit_price_minor = 800, .unfulfilled = 1}}));
  EXPECT_TRUE(bought.answer.ok()) << bought.answer.status();
  EXPECT_EQ(StateOf(member_, "suns"), WishState::kWaiting);
}

TEST_F(WishesTest, WhatIsLateIsNotTold) {
  Wishes(member_, "moons");
  restocked_at_ = now_ - kRestockPast - absl::Seconds(1);
  EXPECT_EQ(ReasonOf(Back("moons").answer.status()), Reason::kEffectiveTimeInvalid);
  restocked_at_.reset();
  EXPECT_TRUE(Back("moons").answer.ok());
  // Nobody ran for more than a week: it may be gone again, and the wish waits for the next.
  now_ += kRestockPast + absl::Seconds(1);
  Tell();
  EXPECT_THAT(Told(member_), IsEmpty());
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kWaiting);
  now_ += kWishLife;
  EXPECT_EQ(StateOf(member_, "moons"), WishState::kLapsed);
  EXPECT_THAT(WishesOf(member_, /*waiting_only=*/true), IsEmpty());
  EXPECT_EQ(WaitingFor(Back("moons")), 0);
  Tell();
  EXPECT_THAT(Told(member_), IsEmpty());
}

TEST_F(WishesTest, WhatIsOnlyValidatedIsNotSeenByWhatComesBehindItInTheSet) {
  EXPECT_FALSE(Waited(DoBehindValidated(Wishing(member_, "moons"), Withdrawing(member_, "moons"))));
  EXPECT_THAT(WishesOf(member_), IsEmpty());
  // Nobody withdrew it, so what was asked for stays so.
  Wishes(member_, "moons");
  now_ += absl::Minutes(1);
  const auto noted = Answered<v1::NoteWishResponse>(DoBehindValidated(
      Withdrawing(member_, "moons"), Wishing(member_, "moons", "", WishOrigin::kNoticed)));
  EXPECT_EQ(noted.wish().origin(), v1::WISH_ORIGIN_ASKED);
  EXPECT_EQ(WishesOf(member_).at(0).origin, WishOrigin::kAsked);
}

TEST_F(WishesTest, WhoWasMergedIsToldAsWhoTheyBecameAndOnce) {
  const MemberId twin = NewMember();
  const MemberId third = NewMember();
  Wishes(twin, "moons");
  Wishes(third, "moons");
  Wishes(third, "suns");
  Wishes(member_, "suns", "", WishOrigin::kNoticed);
  Merge(twin, member_);
  Merge(third, member_);
  now_ += absl::Minutes(1);
  Back("moons");
  Back("suns");
  Tell();
  EXPECT_THAT(Told(twin), IsEmpty());
  EXPECT_THAT(Told(third), IsEmpty());
  EXPECT_THAT(Told(member_), SizeIs(2));
  for (const MemberId& member : {twin, third, member_}) {
    EXPECT_THAT(WishesOf(member, /*waiting_only=*/true), IsEmpty());
  }
  Tell();
  EXPECT_THAT(Told(member_), SizeIs(2));
}

TEST_F(WishesTest, StrangersAreRefused) {
  auto note = std::make_unique<NoteWish>(Wish{.of = {MemberId{ids_.Next(now_)}, "moons", ""},
                                              .noted_at = now_,
                                              .ended_at = std::nullopt,
                                              .purchase = {}});
  const MemberId nobody = note->envelope.member;
  note->envelope = EnvelopeFor("nobody", nobody);
  EXPECT_EQ(ReasonOf(poster_.Post(wish_changes_, std::move(note)).answer.status()),
            Reason::kMemberNotFound);
  EXPECT_THAT(WishesOf(nobody), IsEmpty());
}

}  // namespace
}  // namespace gratis::thanks
