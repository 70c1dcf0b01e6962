#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/ledger/runner.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/wishes.pb.h"
#include "services/thanks/wish_aftermath.h"
#include "services/thanks/wish_changes.h"
#include "services/thanks/wish_store.h"
#include "services/thanks/wish_telling.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WishesTest : public ShopTest {
 protected:
  std::unique_ptr<WishChange> Wishing(const MemberId& member, const std::string& sku,
                                      const std::string& store = "",
                                      WishOrigin origin = WishOrigin::kAsked) {
    auto note = std::make_unique<NoteWish>(Wish{.of = {member, sku, store},
                                                .origin = origin,
                                                .noted_at = now_,
                                                .ended_at = std::nullopt,
                                                .purchase = {}});
    note->envelope = EnvelopeFor(absl::StrCat("wish ", ++changes_made_), member);
    return note;
  }
  v1::NoteWishResponse Wishes(const MemberId& member, const std::string& sku,
                              const std::string& store = "",
                              WishOrigin origin = WishOrigin::kAsked) {
    return Answered<v1::NoteWishResponse>(
        poster_.Post(wish_changes_, Wishing(member, sku, store, origin)));
  }

  std::unique_ptr<WishChange> Withdrawing(const MemberId& member, const std::string& sku) {
    auto withdraw = std::make_unique<WithdrawWish>(WishKey{member, sku, ""});
    withdraw->envelope = EnvelopeFor(absl::StrCat("withdraw ", ++changes_made_), member);
    return withdraw;
  }
  bool Withdraws(const MemberId& member, const std::string& sku) {
    return Waited(poster_.Post(wish_changes_, Withdrawing(member, sku)));
  }
  static bool Waited(const ledger::Outcome& outcome) {
    return Answered<v1::WithdrawWishResponse>(outcome).waited();
  }

  // The first only validated, the second done behind it in one set. Returns what became of that.
  ledger::Outcome DoBehindValidated(std::unique_ptr<WishChange> first,
                                    std::unique_ptr<WishChange> second) {
    first->envelope.validate_only = true;
    std::vector<ledger::Pending> set;
    set.push_back({&wish_changes_, std::move(first), {}});
    set.push_back({&wish_changes_, std::move(second), {}});
    std::vector<ledger::Outcome> outcomes =
        ledger::RunSet(pool_, std::string(32, 'c'), Soon(), absl::MakeSpan(set));
    EXPECT_TRUE(outcomes[0].answer.ok()) << outcomes[0].answer.status();
    return std::move(outcomes[1]);
  }

  ledger::Outcome Back(const std::string& sku, const std::string& store = "",
                       const std::string& request = "", bool validate_only = false) {
    auto record =
        std::make_unique<RecordRestock>(Restock{.id = {},
                                                .sku = sku,
                                                .store = store,
                                                .item = "Duvet",
                                                .restocked_at = restocked_at_.value_or(now_),
                                                .recorded_at = now_},
                                        ids_, now_);
    record->envelope =
        EnvelopeFor(request.empty() ? absl::StrCat("back ", ++changes_made_) : request, {});
    record->envelope.validate_only = validate_only;
    return poster_.Post(record_restocks_, std::move(record));
  }
  int64_t WaitingFor(const ledger::Outcome& outcome) {
    return Answered<v1::RecordRestockResponse>(outcome).waiting();
  }

  void Tell() { EXPECT_TRUE(restocks_.Run(program_, now_, Soon(), {}).ok()); }

  // What a member was told is back: the details of the facts.
  std::vector<std::string> Told(const MemberId& member) {
    std::vector<std::string> told;
    for (const ledger::JournalRow& row : Facts(ledger::FactKind::kThankYou, member)) {
      if (row.fact.source.rfind("restock:", 0) == 0) told.push_back(row.fact.detail);
    }
    return told;
  }

  std::vector<Wish> WishesOf(const MemberId& member, bool waiting_only = false) {
    std::vector<Wish> wishes;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(wishes, ListWishes(tx, ledger::PartitionOf(program_, member),
                                                      {.after = {member, "", ""},
                                                       .waiting_only = waiting_only,
                                                       .now = now_,
                                                       .limit = 100}));
                  return absl::OkStatus();
                }).ok());
    return wishes;
  }
  WishState StateOf(const MemberId& member, const std::string& sku, const std::string& store = "") {
    for (const Wish& wish : WishesOf(member)) {
      if (wish.of.sku == sku && wish.of.store == store) return StateAt(wish, now_);
    }
    return {};
  }

  // An order of the member's in which one of two SKUs lacked.
  void BuyWithout(const std::string& order, const std::string& sku) {
    Buy(order, {{.sku = "stars", .unit_price_minor = 800},
                {.sku = sku, .unit_price_minor = 0, .unfulfilled = 1}});
  }

  std::optional<absl::Time> restocked_at_;
  WishAftermath wish_aftermath_{aftermath_};
  PurchaseChanges changes_{&wish_aftermath_};
  WishChanges wish_changes_;
  RecordRestocks record_restocks_;
  Restocks restocks_{pool_, poster_};

  v1::RecordPurchaseResponse Buy(const std::string& order_id, std::vector<Line> lines) {
    return Answered<v1::RecordPurchaseResponse>(
        poster_.Post(changes_, Purchasing(order_id, 1000, std::move(lines))));
  }
};

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
