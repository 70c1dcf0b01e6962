#include "services/thanks/thanks.h"

#include <condition_variable>
#include <mutex>
#include <vector>

#include "common/ledger/writing.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {
namespace {

class ThanksTest : public ThanksHouse {};

TEST_F(ThanksTest, APurchaseEarnsAndIsThankedForInOneTransaction) {
  const auto response = Parsed(poster_.Post(changes_, Purchase("1", 1177)));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.available_points(), 11);
  EXPECT_EQ(response.thank_you().outcome(), v1::THANK_YOU_OUTCOME_GIVEN);
  EXPECT_EQ(response.thank_you().sender(), "All of us");

  const auto found = Find("1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->purchase.id.ToString(), response.purchase_id());
  EXPECT_EQ(found->purchase.total, (base::Money{"USD", 1177}));
  EXPECT_EQ(found->purchase.earning.points, 11);

  const ledger::TrialBalance books = Books();
  EXPECT_EQ(books.total_points, 0);
  EXPECT_EQ(books.entries, 3);  // enrolled, bought, thanked
}

TEST_F(ThanksTest, AReplayGivesTheFirstAnswerAndPaysNothing) {
  const ledger::Outcome first = poster_.Post(changes_, Purchase("1", 1177));
  const ledger::Outcome again = poster_.Post(changes_, Purchase("1", 1177));
  ASSERT_TRUE(again.answer.ok()) << again.answer.status();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*again.answer, *first.answer);
  EXPECT_EQ(Books().entries, 3);
}

TEST_F(ThanksTest, WhatIsBoughtForAnOrganizationIsSharedAsTheProgramSays) {
  const MemberId firm = NewMember();
  int64_t members = 0;
  int64_t firms = 0;
  for (const auto& [percent, share] : {std::pair(0, 0), std::pair(30, 3), std::pair(100, 11)}) {
    const std::string order = absl::StrCat("for the firm ", percent);
    const auto response = Parsed(poster_.Post(changes_, PurchaseFor(firm, percent, order, 1177)));
    members += 11 - share;
    firms += share;
    EXPECT_EQ(response.organization_points(), share);
    EXPECT_EQ(response.points(), 11 - share);
    EXPECT_EQ(response.available_points(), members);
    EXPECT_EQ(Available(member_), members);
    EXPECT_EQ(Available(firm), firms);
    // The purchase is the member's in any case.
    const auto found = Find(order);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->purchase.member, member_);
    EXPECT_EQ(found->purchase.earning.points, 11 - share);
  }
  EXPECT_EQ(Books().total_points, 0);

  const auto again = poster_.Post(changes_, PurchaseFor(firm, 100, "for the firm 30", 1177));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(Available(firm), firms);
}

TEST_F(ThanksTest, AReplayIsAnsweredThoughTheOrganizationIsLeft) {
  const MemberId firm = NewMember();
  const ledger::Outcome first = poster_.Post(changes_, PurchaseFor(firm, 50, "1", 1000));
  ASSERT_TRUE(first.answer.ok()) << first.answer.status();
  const absl::Status left = Error(Reason::kNotInGroup, "the member is not in the group");
  auto again = PurchaseFor(firm, 0, "1", 1000);
  again->envelope.refusal = left;
  EXPECT_EQ(*poster_.Post(changes_, std::move(again)).answer, *first.answer);
  auto another = PurchaseFor(firm, 0, "2", 1000);
  another->envelope.refusal = left;
  EXPECT_EQ(ReasonOf(poster_.Post(changes_, std::move(another)).answer.status()),
            Reason::kNotInGroup);
}

TEST_F(ThanksTest, OneOrderIsRecordedOnceWhateverTheRequest) {
  const auto first = Parsed(poster_.Post(changes_, Purchase("1", 1177)));
  auto again = Purchase("1", 1177);
  again->envelope.request_id = "another";
  const ledger::Outcome outcome = poster_.Post(changes_, std::move(again));
  EXPECT_EQ(ReasonOf(outcome.answer.status()), Reason::kPurchaseExists);
  EXPECT_EQ(MetadataOf(outcome.answer.status()), (Metadata{{"purchase_id", first.purchase_id()}}));
  EXPECT_EQ(Books().entries, 3);
}

TEST_F(ThanksTest, TwoMembersCannotBothHaveTheSameOrder) {
  // Members of all partitions race for one order; whoever is first has it.
  constexpr int kBuyers = 16;
  std::mutex mutex;
  std::condition_variable all;
  int won = 0;
  int lost = 0;
  for (int i = 0; i < kBuyers; ++i) {
    member_ = NewMember();
    auto purchase = Purchase("1", 500);
    purchase->envelope.request_id = absl::StrCat("buyer ", i);
    poster_.Submit(changes_, std::move(purchase), [&](ledger::Outcome outcome) {
      const std::lock_guard lock(mutex);
      if (outcome.answer.ok()) ++won;
      if (ReasonOf(outcome.answer.status()) == Reason::kPurchaseExists) ++lost;
      all.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(all.wait_for(lock, std::chrono::seconds(30), [&] { return won + lost == kBuyers; }));
  EXPECT_EQ(won, 1);
}

TEST_F(ThanksTest, AnOldPurchaseEarnsButIsNotThankedForByMail) {
  const auto response =
      Parsed(poster_.Post(changes_, Purchase("1", 1177, kNow - absl::Hours(24 * 300))));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.thank_you().why(), v1::WITHHELD_REASON_TOO_LATE);
  EXPECT_EQ(Books().entries, 2);
}

TEST_F(ThanksTest, PointsThatEndedBeforeTheyWereRecordedAreNotToldAsPointsToSpend) {
  pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
  ASSERT_TRUE(
      pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) {
        ledger::WriteUnit(
            tx, program_,
            {.version = 1, .expiry = ledger::ExpiryKind::kRollingMonths, .expiry_months = 3});
        return absl::OkStatus();
      }).ok());
  Policy policy = DefaultPolicy("USD");
  policy.thank_you = {
      .sender = "Anna", .note = "Thank you", .bonus_points = 5, .max_age_days = 365};
  Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  const auto alive =
      Parsed(poster_.Post(changes_, Purchase("1", 1177, kNow - absl::Hours(24 * 30))));
  EXPECT_EQ(alive.available_points(), 16);
  const auto over =
      Parsed(poster_.Post(changes_, Purchase("2", 700, kNow - absl::Hours(24 * 300))));
  EXPECT_EQ(over.points(), 7);
  EXPECT_EQ(over.thank_you().bonus_points(), 5);
  EXPECT_EQ(over.available_points(), 16);
  // Enrolled, a policy, two purchases, two thanks, and two ends that were due long ago.
  EXPECT_EQ(Books().entries, 8);
}

TEST_F(ThanksTest, ANewPolicyAppliesFromThenOnAndOldPurchasesKeepWhatTheyEarned) {
  Parsed(poster_.Post(changes_, Purchase("1", 1177)));
  Policy policy = DefaultPolicy("USD");
  policy.earning = {.rates = {{"USD", 2}}, .rounding = Rounding::kUp};
  policy.thank_you = {.sender = "Anna", .note = "Thank you", .bonus_points = 5};
  const auto set = Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  EXPECT_EQ(set.policy().version(), 1);

  const auto response = Parsed(poster_.Post(changes_, Purchase("2", 1177)));
  EXPECT_EQ(response.points(), 24);
  EXPECT_EQ(response.thank_you().bonus_points(), 5);
  EXPECT_EQ(response.available_points(), 11 + 24 + 5);

  const auto old = Find("1");
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(old->purchase.earning.policy_version, 0);
  EXPECT_EQ(old->policy.thank_you.sender, "All of us");
  const auto fresh = Find("2");
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(fresh->policy.version, 1);
  EXPECT_EQ(thanks_.PolicyAt(program_, kNow, Soon())->version, 1);
}

TEST_F(ThanksTest, AMembersPurchasesAreListedWhollyAndNobodyElses) {
  const MemberId mia = member_;
  for (int i = 0; i < 5; ++i) {
    Parsed(poster_.Post(changes_, Purchase(absl::StrCat("mia ", i), 1000)));
  }
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.sender = "Anna";
  Set(policy);
  Parsed(poster_.Post(changes_, Purchase("mia 5", 1000)));
  member_ = NewMember();
  Parsed(poster_.Post(changes_, Purchase("bob", 1000)));

  std::vector<std::string> orders;
  std::vector<std::string> senders;
  PurchaseId after;
  int pages = 0;
  do {
    const auto page = thanks_.ListPurchases(program_, mia, after, 4, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Thanks::Found& found : page->purchases) {
      EXPECT_EQ(found.purchase.member, mia);
      orders.push_back(found.purchase.order.order_id);
      senders.push_back(found.policy.thank_you.sender);
    }
    after = page->next.value_or(PurchaseId{});
    ++pages;
  } while (!after.IsNil());
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(orders,
            (std::vector<std::string>{"mia 0", "mia 1", "mia 2", "mia 3", "mia 4", "mia 5"}));
  EXPECT_EQ(senders[4], "All of us");
  EXPECT_EQ(senders[5], "Anna");
  EXPECT_EQ(
      ReasonOf(thanks_.ListPurchases(program_, MemberId{ids_.Next(kNow)}, {}, 4, Soon()).status()),
      Reason::kMemberNotFound);
}

TEST_F(ThanksTest, APolicyThatIsOnlyValidatedIsNotSet) {
  auto change = std::make_unique<SetPolicy>(DefaultPolicy("USD"), ids_, kNow);
  change->envelope = EnvelopeFor("try", MemberId{});
  change->envelope.validate_only = true;
  ASSERT_TRUE(poster_.Post(set_policies_, std::move(change)).answer.ok());
  EXPECT_EQ(thanks_.PolicyAt(program_, kNow, Soon())->version, 0);
}

TEST_F(ThanksTest, APurchaseThatIsOnlyValidatedIsNotRecorded) {
  auto purchase = Purchase("1", 1177);
  purchase->envelope.validate_only = true;
  const auto response = Parsed(poster_.Post(changes_, std::move(purchase)));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.purchase_id(), "");
  EXPECT_EQ(Books().entries, 1);
  EXPECT_EQ(ReasonOf(Find("1").status()), Reason::kPurchaseNotFound);
}

TEST_F(ThanksTest, WhatLiesFurtherBackThanATillMayStateIsRefusedButARetryIsNot) {
  const auto bought_at_till = [&](absl::Time purchased_at) {
    return Order({.member = member_,
                  .order = {.source = "till", .order_id = "1"},
                  .total = {"USD", 500},
                  .purchased_at = purchased_at,
                  .statable_past = absl::Hours(24 * 30)});
  };
  const ledger::Outcome refused =
      poster_.Post(changes_, bought_at_till(kNow - absl::Hours(24 * 31)));
  EXPECT_EQ(ReasonOf(refused.answer.status()), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(refused.answer.status()), "purchased_at");

  ASSERT_TRUE(poster_.Post(changes_, bought_at_till(kNow)).answer.ok());
  auto retry = bought_at_till(kNow);
  retry->envelope.now = kNow + absl::Hours(24 * 60);
  const ledger::Outcome replay = poster_.Post(changes_, std::move(retry));
  EXPECT_TRUE(replay.answer.ok()) << replay.answer.status();
  EXPECT_TRUE(replay.replayed);
}

TEST_F(ThanksTest, WhatASuspendedMemberBuysCountsAndNothingIsSaid) {
  SetState(ledger::MemberState::kSuspended);
  const auto response = Parsed(poster_.Post(changes_, Purchase("1", 1177)));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.thank_you().why(), v1::WITHHELD_REASON_MEMBER_STATE);
  EXPECT_EQ(Books().entries, 3);  // enrolled, suspended, bought
  const auto found = Find("1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(ExplainThankYou(found->purchase, found->policy.thank_you),
              ::testing::HasSubstr("the member was suspended"));
}

TEST_F(ThanksTest, NothingIsRecordedForWhoLeftNotEvenWhatEarnsNothing) {
  SetState(ledger::MemberState::kClosed);
  for (const int64_t cents : {1177, 0}) {
    const ledger::Outcome outcome = poster_.Post(changes_, Purchase("1", cents));
    EXPECT_EQ(ReasonOf(outcome.answer.status()), Reason::kMemberNotActive);
  }
  EXPECT_EQ(Books().entries, 2);
}

TEST_F(ThanksTest, AStrangersPurchaseIsRefused) {
  member_ = MemberId{ids_.Next(kNow)};
  const ledger::Outcome outcome = poster_.Post(changes_, Purchase("1", 1177));
  EXPECT_EQ(ReasonOf(outcome.answer.status()), Reason::kMemberNotFound);
}

}  // namespace
}  // namespace gratis::thanks
