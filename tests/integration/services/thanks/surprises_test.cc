#include <gtest/gtest.h>

#include <algorithm>

#include "common/status/reasons.h"
#include "gratis/thanks/v1/surprises.pb.h"
#include "services/thanks/complaint_changes.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/surprise_draws.h"
#include "services/thanks/surprise_giving.h"
#include "services/thanks/surprise_store.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {
namespace {

using ledger::FactKind;

class SurprisesTest : public ShopTest {
 protected:
  void SetUp() override {
    ShopTest::SetUp();
    members_ = {member_};
    for (int i = 0; i < 29; ++i) members_.push_back(NewMember());
    budget_ = NewBudget(10'000);
  }

  SurpriseOrder Parcel(const std::string& code, int32_t winners = 3) const {
    return {.code = code,
            .seed = "12 17 23 31 40 49",
            .audience = {},
            .gift = {.points = 100},
            .budget = budget_,
            .winners = winners};
  }

  ledger::Outcome Draw(const SurpriseOrder& order, const std::string& request,
                       Gathered* gathered_out = nullptr) {
    const auto gathered =
        Gather(pool_, ids_, {.program = program_, .order = order, .now = now_, .deadline = Soon()});
    EXPECT_TRUE(gathered.ok()) << gathered.status();
    if (gathered_out != nullptr) *gathered_out = *gathered;
    auto draw = std::make_unique<DrawSurprise>(order, *gathered, ids_, now_);
    draw->envelope = EnvelopeFor(request, {});
    return poster_.Post(draws_, std::move(draw));
  }

  void Give() {
    const absl::Status given = gifts_.Run(program_, now_, Soon(), {});
    EXPECT_TRUE(given.ok()) << given;
  }

  std::vector<Entrant> Entrants(const Uuid& draw, bool winners_only = false) {
    std::vector<Entrant> all;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  all.clear();
                  for (int32_t p = program_.first_partition; p <= program_.last_partition(); ++p) {
                    ASSIGN_OR_RETURN(const auto some,
                                     ListEntrants(tx, p, draw, {}, winners_only, 1000));
                    all.insert(all.end(), some.begin(), some.end());
                  }
                  return absl::OkStatus();
                }).ok());
    return all;
  }
  std::vector<MemberId> Given() {
    std::vector<MemberId> given;
    for (const MemberId& member : members_) {
      if (!Facts(FactKind::kSurpriseGift, member).empty()) given.push_back(member);
    }
    return given;
  }

  // All others, by id.
  std::vector<MemberId> WithoutThose(const std::vector<MemberId>& winners) {
    std::vector<MemberId> others;
    for (const MemberId& member : members_) {
      if (!std::binary_search(winners.begin(), winners.end(), member)) others.push_back(member);
    }
    std::sort(others.begin(), others.end());
    return others;
  }

  std::vector<MemberId> members_;
  BudgetId budget_;
  DrawSurprises draws_;
  SurpriseGifts gifts_{pool_, poster_, vault_};
};

TEST_F(SurprisesTest, WinnersAreThoseWhomTheSeedDrawsAndEachGetsItOnce) {
  NewHousehold();
  Gathered gathered;
  const auto drawn =
      Answered<v1::DrawSurpriseResponse>(Draw(Parcel("november"), "draw", &gathered));
  EXPECT_EQ(drawn.surprise().entrants(), 30);
  EXPECT_EQ(drawn.surprise().won(), 3);
  EXPECT_EQ(gathered.digest, DigestOf(members_));
  std::vector<MemberId> expected = DrawWinners("12 17 23 31 40 49", members_, 3);
  Give();
  Give();
  std::vector<MemberId> given = Given();
  std::sort(given.begin(), given.end());
  EXPECT_EQ(given, expected);
  for (const MemberId& winner : given) EXPECT_EQ(Points(winner), 100);
  EXPECT_TRUE(
      pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(const EntrantCounts counts, CountEntrants(tx, program_, gathered.draw));
        EXPECT_EQ(counts.given, 3);
        EXPECT_EQ(counts.withheld, 0);
        Uuid last;
        last.bytes.fill(0xFF);
        ASSIGN_OR_RETURN(const std::vector<Surprise> all, ListSurprises(tx, program_, last, 10));
        EXPECT_EQ(all.size(), 1U);
        EXPECT_EQ(all.front().order.seed, "12 17 23 31 40 49");
        ASSIGN_OR_RETURN(const std::vector<Surprise> before,
                         ListSurprises(tx, program_, gathered.draw, 10));
        EXPECT_TRUE(before.empty());
        return absl::OkStatus();
      }).ok());
  // Whoever looks at it later draws the same again.
  std::vector<MemberId> took_part;
  for (const Entrant& entrant : Entrants(gathered.draw)) took_part.push_back(entrant.member);
  EXPECT_EQ(DigestOf(took_part), gathered.digest);
  EXPECT_EQ(DrawWinners("12 17 23 31 40 49", took_part, 3), expected);
  for (const Entrant& winner : Entrants(gathered.draw, true)) {
    EXPECT_EQ(winner.outcome, EntrantOutcome::kGiven);
    EXPECT_FALSE(winner.transaction.IsNil());
  }
}

TEST_F(SurprisesTest, AMembersDrawsAreListedNewestFirst) {
  Gathered first, second, unposted;
  EXPECT_TRUE(Draw(Parcel("first", 30), "1", &first).answer.ok());
  Give();
  now_ += kDay * 400;
  const MemberId newcomer = NewMember();
  members_.push_back(newcomer);
  EXPECT_TRUE(Draw(Parcel("second", 1), "2", &second).answer.ok());
  // Nobody took part in what was gathered and not drawn.
  EXPECT_FALSE(Draw(Parcel("second", 1), "3", &unposted).answer.ok());
  const auto list = [&](const MemberId& member, const Uuid& before, int32_t limit) {
    std::vector<TookPart> draws;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(draws, ListMemberSurprises(tx, program_, member, before, limit));
                  return absl::OkStatus();
                }).ok());
    return draws;
  };
  const std::vector<TookPart> both = list(member_, Uuid::Last(), 10);
  ASSERT_EQ(both.size(), 2U);
  const bool won = second.winners == std::vector<MemberId>{member_};
  EXPECT_EQ(both[0].code, "second");
  EXPECT_EQ(both[0].outcome, won ? EntrantOutcome::kWon : EntrantOutcome::kNone);
  EXPECT_TRUE(both[0].transaction.IsNil());
  EXPECT_EQ(both[1].code, "first");
  EXPECT_EQ(both[1].outcome, EntrantOutcome::kGiven);
  EXPECT_FALSE(both[1].transaction.IsNil());
  EXPECT_EQ(both[0].drawn_at - both[1].drawn_at, kDay * 400);
  const std::vector<TookPart> page = list(member_, both[0].draw, 1);
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0].code, "first");
  EXPECT_EQ(list(newcomer, Uuid::Last(), 10).size(), 1U);
  EXPECT_TRUE(list({ids_.Next(now_)}, Uuid::Last(), 10).empty());
}

TEST_F(SurprisesTest, NobodyWinsTwiceWithinTheRest) {
  SurpriseOrder first = Parcel("first", 20);
  Gathered one, two;
  EXPECT_TRUE(Draw(first, "1", &one).answer.ok());
  Give();
  now_ += kDay * 30;
  EXPECT_TRUE(Draw(Parcel("second", 20), "2", &two).answer.ok());
  EXPECT_EQ(two.entrants, 10);
  for (const MemberId& member : two.winners) {
    EXPECT_FALSE(std::binary_search(one.winners.begin(), one.winners.end(), member));
  }
  Give();
  EXPECT_EQ(Given().size(), 30U);
  now_ += kDay * 365;
  Gathered three;
  EXPECT_TRUE(Draw(Parcel("third", 1), "3", &three).answer.ok());
  EXPECT_EQ(three.entrants, 30);
}

TEST_F(SurprisesTest, EachDrawHasItsOwnRestThoughGiftsAreGivenTogether) {
  EXPECT_TRUE(Draw(Parcel("first", 30), "1").answer.ok());
  Give();
  now_ += kDay * 100;
  for (int i = 0; i < 10; ++i) members_.push_back(NewMember());
  // Whoever is new rests for a year, all others for a month.
  Gathered newcomers, others;
  EXPECT_TRUE(Draw(Parcel("newcomers", 10), "2", &newcomers).answer.ok());
  EXPECT_EQ(newcomers.entrants, 10);
  SurpriseOrder monthly = Parcel("monthly", 30);
  monthly.audience.rest_days = 30;
  EXPECT_TRUE(Draw(monthly, "3", &others).answer.ok());
  EXPECT_EQ(others.entrants, 30);
  Give();
  for (const Uuid& draw : {newcomers.draw, others.draw}) {
    for (const Entrant& winner : Entrants(draw, true)) {
      EXPECT_EQ(winner.outcome, EntrantOutcome::kGiven);
    }
  }
  EXPECT_EQ(Given().size(), 40U);
}

TEST_F(SurprisesTest, WhatADuplicateWonKeepsWhoTheyBecameFromTheNextDraw) {
  Gathered first, second;
  EXPECT_TRUE(Draw(Parcel("first", 20), "1", &first).answer.ok());
  Give();
  const std::vector<MemberId> others = WithoutThose(first.winners);
  ASSERT_EQ(others.size(), 10U);
  // Of one partition and of two.
  for (size_t i = 0; i < 8; ++i) Merge(first.winners[i], others[i]);
  now_ += kDay * 30;
  EXPECT_TRUE(Draw(Parcel("second", 30), "2", &second).answer.ok());
  EXPECT_EQ(second.winners, std::vector<MemberId>(others.begin() + 8, others.end()));
}

TEST_F(SurprisesTest, WhatADuplicateHadKeepsAGiftThatWaitsFromWhoTheyBecame) {
  // Gathered while nobody had anything yet: all win.
  const SurpriseOrder second = Parcel("second", 30);
  const auto gathered =
      Gather(pool_, ids_, {.program = program_, .order = second, .now = now_, .deadline = Soon()});
  ASSERT_TRUE(gathered.ok()) << gathered.status();
  Gathered first;
  EXPECT_TRUE(Draw(Parcel("first", 15), "1", &first).answer.ok());
  Give();
  const std::vector<MemberId> others = WithoutThose(first.winners);
  for (size_t i = 0; i < 10; ++i) Merge(first.winners[i], others[i]);
  auto draw = std::make_unique<DrawSurprise>(second, *gathered, ids_, now_);
  draw->envelope = EnvelopeFor("2", {});
  EXPECT_TRUE(poster_.Post(draws_, std::move(draw)).answer.ok());
  Give();
  std::vector<MemberId> given;
  for (const Entrant& winner : Entrants(gathered->draw, true)) {
    if (winner.outcome == EntrantOutcome::kGiven) given.push_back(winner.member);
  }
  std::sort(given.begin(), given.end());
  EXPECT_EQ(given, std::vector<MemberId>(others.begin() + 10, others.end()));
}

TEST_F(SurprisesTest, WhatFailsForOneHoldsUpNoOther) {
  EXPECT_TRUE(Draw(Parcel("all", 30), "draw").answer.ok());
  // Gifts of the first partition are given first.
  const auto nobody = std::find_if(members_.begin(), members_.end(), [&](const MemberId& member) {
    return ledger::PartitionOf(program_, member) == program_.first_partition;
  });
  ASSERT_NE(nobody, members_.end());
  Spoil("surprise_entrant", *nobody);
  EXPECT_EQ(ReasonOf(gifts_.Run(program_, now_, Soon(), {})), Reason::kMemberNotFound);
  EXPECT_EQ(Given().size(), 29U);
}

TEST_F(SurprisesTest, TwoDrawsAtOnceGiveNobodyTwo) {
  // Both are gathered before either is posted.
  const SurpriseOrder orders[] = {Parcel("first", 20), Parcel("second", 20)};
  std::vector<std::unique_ptr<DrawSurprise>> draws;
  for (const SurpriseOrder& order : orders) {
    const auto gathered =
        Gather(pool_, ids_, {.program = program_, .order = order, .now = now_, .deadline = Soon()});
    ASSERT_TRUE(gathered.ok()) << gathered.status();
    EXPECT_EQ(gathered->entrants, 30);
    draws.push_back(std::make_unique<DrawSurprise>(order, *gathered, ids_, now_));
    draws.back()->envelope = EnvelopeFor(order.code, {});
  }
  for (auto& draw : draws) EXPECT_TRUE(poster_.Post(draws_, std::move(draw)).answer.ok());
  Give();
  EXPECT_EQ(Given().size(), 20U);
  for (const MemberId& member : members_) {
    EXPECT_LE(Facts(FactKind::kSurpriseGift, member).size(), 1U);
  }
}

TEST_F(SurprisesTest, ADrawIsPostedOnceAndABudgetThatIsTooSmallRefusesIt) {
  EXPECT_TRUE(Draw(Parcel("november"), "draw").answer.ok());
  EXPECT_TRUE(Draw(Parcel("november"), "draw").replayed);
  EXPECT_EQ(ReasonOf(Draw(Parcel("november"), "another").answer.status()), Reason::kSurpriseExists);
  SurpriseOrder dear = Parcel("dear", 30);
  dear.gift.points = 1'000;
  const ledger::Outcome refused = Draw(dear, "dear");
  EXPECT_EQ(ReasonOf(refused.answer.status()), Reason::kBudgetExhausted);
  dear.budget = {ids_.Next(now_)};
  EXPECT_EQ(ReasonOf(Draw(dear, "none").answer.status()), Reason::kBudgetNotFound);
  dear.budget = NewBudget(1'000'000, ledger::kVoucherUseUnit);
  EXPECT_EQ(ReasonOf(Draw(dear, "unit").answer.status()), Reason::kFieldInvalid);
}

TEST_F(SurprisesTest, WhatIsGatheredAndNeverPostedGivesNothingAndIsForgotten) {
  const SurpriseOrder order = Parcel("lost", 5);
  const auto gathered =
      Gather(pool_, ids_, {.program = program_, .order = order, .now = now_, .deadline = Soon()});
  ASSERT_TRUE(gathered.ok());
  Give();
  EXPECT_TRUE(Given().empty());
  EXPECT_EQ(Entrants(gathered->draw).size(), 30U);
  now_ += kDay;
  Give();
  EXPECT_TRUE(Entrants(gathered->draw).empty());
}

TEST_F(SurprisesTest, WinnersOfItemsGetAVoucherAndWhoLeftGetsNothing) {
  SurpriseOrder order = Parcel("parcel", 30);
  order.gift = {.points = 0,
                .voucher = TriggerVoucher{.kind = ledger::VoucherKind::kItem, .item = "parcel"}};
  order.budget = NewBudget(100, ledger::kVoucherUseUnit);
  Gathered gathered;
  EXPECT_TRUE(Draw(order, "draw", &gathered).answer.ok());
  SetState(members_[4], ledger::MemberState::kSuspended);
  Give();
  EXPECT_EQ(Given().size(), 29U);
  EXPECT_EQ(Facts(FactKind::kVoucherIssued, members_[0]).size(), 1U);
  for (const Entrant& winner : Entrants(gathered.draw, true)) {
    EXPECT_EQ(winner.outcome,
              winner.member == members_[4] ? EntrantOutcome::kWithheld : EntrantOutcome::kGiven);
  }
}

TEST_F(SurprisesTest, AGiftSaysWhetherItsDrawPicksByProfile) {
  Buy("1");
  SurpriseOrder buyers = Parcel("buyers", 1);
  buyers.audience.bought_within_days = 30;
  Gathered gathered;
  EXPECT_TRUE(Draw(buyers, "1", &gathered).answer.ok());
  EXPECT_EQ(gathered.winners, std::vector<MemberId>{member_});
  EXPECT_TRUE(Draw(Parcel("anybody", 30), "2").answer.ok());
  Give();
  ASSERT_EQ(Given().size(), 30U);
  for (const MemberId& member : members_) {
    const std::vector<ledger::JournalRow> gifts = Facts(FactKind::kSurpriseGift, member);
    ASSERT_EQ(gifts.size(), 1U);
    const std::string& detail = gifts.front().fact.detail;
    EXPECT_EQ(detail.find("\"by_profile\":true") != std::string::npos, member == member_) << detail;
  }
}

TEST_F(SurprisesTest, WhoComplainsTakesNoPartAndAWinnersGiftWaits) {
  OpenComplaints kind;
  const auto complain = [&](const MemberId& member) {
    auto open = std::make_unique<OpenComplaint>(
        Complaint{.member = member, .topic = "delivery", .opened_at = now_}, program_, ids_, now_);
    open->envelope = EnvelopeFor(absl::StrCat("c", ++changes_made_), member);
    EXPECT_TRUE(poster_.Post(kind, std::move(open)).answer.ok());
  };
  complain(members_[0]);
  Gathered gathered;
  EXPECT_TRUE(Draw(Parcel("all", 30), "draw", &gathered).answer.ok());
  EXPECT_EQ(gathered.entrants, 29);
  complain(members_[1]);
  Give();
  EXPECT_EQ(Given().size(), 28U);
  now_ += kDay * 8;
  Give();
  EXPECT_EQ(Given().size(), 28U);
  for (const Entrant& winner : Entrants(gathered.draw, true)) {
    if (winner.member == members_[1]) {
      EXPECT_EQ(winner.outcome, EntrantOutcome::kWithheld);
    }
  }
}

}  // namespace
}  // namespace gratis::thanks
