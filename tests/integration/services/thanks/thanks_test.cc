#include "services/thanks/thanks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/ledger/writing.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/thanks_migrations.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::thanks {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Makes a member known to the ledger, as the members service does.
class Enroll final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMemberEnrolled,
                               .member = envelope.member,
                               .effective_at = envelope.now})
                        .status());
    return std::string("enrolled");
  }
};

// Moves a member to a state, as the members service does.
class Move final : public ledger::Mutation {
 public:
  explicit Move(ledger::MemberState state) : state_(state) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::SetMemberState(books,
                                           {.kind = ledger::FactKind::kMemberStateSet,
                                            .member = envelope.member,
                                            .effective_at = envelope.now},
                                           state_));
    return std::string("moved");
  }

 private:
  const ledger::MemberState state_;
};

pg::testing::Template Content() {
  return pg::testing::TemplateOf(
      {{"ledger", ledger::Migrations(), "thanks"}, {"gratis_thanks", Migrations(), "thanks"}});
}

class ThanksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
    ASSERT_TRUE(pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto frontier, ledger::ReadProgramFrontier(tx));
                  program_.number = frontier.number;
                  program_.first_partition = frontier.first_partition;
                  ledger::InsertProgram(tx, program_);
                  return absl::OkStatus();
                }).ok());
    member_ = NewMember();
  }

  absl::Time Soon() const { return clock_.Now() + absl::Seconds(30); }

  ledger::Envelope EnvelopeFor(const std::string& request_id, const MemberId& member) const {
    return {.program = program_,
            .member = member,
            .request_id = request_id,
            .fingerprint = absl::StrCat("fingerprint of ", request_id),
            .actor = "key_test",
            .now = kNow,
            .deadline = Soon()};
  }

  MemberId NewMember() {
    const MemberId member{ids_.Next(kNow)};
    auto enroll = std::make_unique<Enroll>();
    enroll->envelope = EnvelopeFor("enroll " + member.ToString(), member);
    EXPECT_TRUE(poster_.Post(plain_, std::move(enroll)).answer.ok());
    return member;
  }

  void SetState(ledger::MemberState state) {
    auto move = std::make_unique<Move>(state);
    move->envelope = EnvelopeFor("", member_);
    EXPECT_TRUE(poster_.Post(plain_, std::move(move)).answer.ok());
  }

  std::unique_ptr<RecordPurchase> Purchase(const std::string& order_id, int64_t cents,
                                           absl::Time purchased_at = kNow) {
    auto purchase =
        std::make_unique<RecordPurchase>(PurchaseOrder{.member = member_,
                                                       .source = "webshop",
                                                       .order_id = order_id,
                                                       .total = {"USD", cents},
                                                       .purchased_at = purchased_at},
                                         thanks_.NameOf(program_, "webshop", order_id), ids_, kNow);
    purchase->envelope = EnvelopeFor("buy " + order_id, member_);
    return purchase;
  }

  // The same for an organization, that earns so much of it itself.
  std::unique_ptr<RecordPurchase> PurchaseFor(const MemberId& organization, int32_t percent,
                                              const std::string& order_id, int64_t cents) {
    auto purchase =
        std::make_unique<RecordPurchase>(PurchaseOrder{.member = member_,
                                                       .source = "webshop",
                                                       .order_id = order_id,
                                                       .total = {"USD", cents},
                                                       .purchased_at = kNow,
                                                       .organization = organization,
                                                       .organization_percent = percent},
                                         thanks_.NameOf(program_, "webshop", order_id), ids_, kNow);
    purchase->envelope = EnvelopeFor("buy " + order_id, member_);
    purchase->envelope.also.push_back(organization);
    return purchase;
  }

  int64_t Available(const MemberId& member) {
    int64_t available = -1;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, kNow));
                  available = wallets[ledger::kPointsUnit].available;
                  return absl::OkStatus();
                }).ok());
    return available;
  }

  ledger::Outcome Set(Policy policy) {
    auto change = std::make_unique<SetPolicy>(std::move(policy), ids_, kNow);
    change->envelope = EnvelopeFor(absl::StrCat("policy ", ++policies_), MemberId{});
    return poster_.Post(set_policies_, std::move(change));
  }

  template <class Response = v1::RecordPurchaseResponse>
  static Response Parsed(const ledger::Outcome& outcome) {
    Response response;
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    if (outcome.answer.ok()) {
      EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    }
    return response;
  }

  ledger::TrialBalance Books() {
    ledger::TrialBalance trial;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(trial, ledger::ReadTrialBalance(tx, program_));
                  return absl::OkStatus();
                }).ok());
    return trial;
  }

  const base::SystemClock clock_;
  base::RandomIds ids_;
  pg::testing::TestDatabase database_{Content()};
  pg::Pool pool_{{.conninfo = database_.conninfo(),
                  .role = pg::ServiceRole("thanks"),
                  .application_name = "test",
                  .size = 6}};
  const vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  Thanks thanks_{pool_, vault_};
  ledger::MutationKind plain_;
  RecordPurchases record_purchases_;
  SetPolicies set_policies_;
  ledger::Program program_{.code = "shop",
                           .display_name = "Shop",
                           .currency_code = "USD",
                           .time_zone = "UTC",
                           .partitions = 4,
                           .created_at = kNow};
  MemberId member_;
  int policies_ = 0;
};

TEST_F(ThanksTest, APurchaseEarnsAndIsThankedForInOneTransaction) {
  const auto response = Parsed(poster_.Post(record_purchases_, Purchase("1", 1177)));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.available_points(), 11);
  EXPECT_EQ(response.thank_you().outcome(), v1::THANK_YOU_OUTCOME_GIVEN);
  EXPECT_EQ(response.thank_you().sender(), "All of us");

  const auto found = thanks_.FindPurchase(program_, "webshop", "1", Soon());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->purchase.id.ToString(), response.purchase_id());
  EXPECT_EQ(found->purchase.total, (base::Money{"USD", 1177}));
  EXPECT_EQ(found->purchase.earning.points, 11);

  const ledger::TrialBalance books = Books();
  EXPECT_EQ(books.total_points, 0);
  EXPECT_EQ(books.entries, 3);  // enrolled, bought, thanked
}

TEST_F(ThanksTest, AReplayGivesTheFirstAnswerAndPaysNothing) {
  const ledger::Outcome first = poster_.Post(record_purchases_, Purchase("1", 1177));
  const ledger::Outcome again = poster_.Post(record_purchases_, Purchase("1", 1177));
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
    const auto response =
        Parsed(poster_.Post(record_purchases_, PurchaseFor(firm, percent, order, 1177)));
    members += 11 - share;
    firms += share;
    EXPECT_EQ(response.organization_points(), share);
    EXPECT_EQ(response.points(), 11 - share);
    EXPECT_EQ(response.available_points(), members);
    EXPECT_EQ(Available(member_), members);
    EXPECT_EQ(Available(firm), firms);
    // The purchase is the member's in any case.
    const auto found = thanks_.FindPurchase(program_, "webshop", order, Soon());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->purchase.member, member_);
    EXPECT_EQ(found->purchase.earning.points, 11 - share);
  }
  EXPECT_EQ(Books().total_points, 0);

  const auto again =
      poster_.Post(record_purchases_, PurchaseFor(firm, 100, "for the firm 30", 1177));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(Available(firm), firms);
}

TEST_F(ThanksTest, AReplayIsAnsweredThoughTheOrganizationIsLeft) {
  const MemberId firm = NewMember();
  const ledger::Outcome first = poster_.Post(record_purchases_, PurchaseFor(firm, 50, "1", 1000));
  ASSERT_TRUE(first.answer.ok()) << first.answer.status();
  const absl::Status left = Error(Reason::kNotInGroup, "the member is not in the group");
  auto again = PurchaseFor(firm, 0, "1", 1000);
  again->envelope.refusal = left;
  EXPECT_EQ(*poster_.Post(record_purchases_, std::move(again)).answer, *first.answer);
  auto another = PurchaseFor(firm, 0, "2", 1000);
  another->envelope.refusal = left;
  EXPECT_EQ(ReasonOf(poster_.Post(record_purchases_, std::move(another)).answer.status()),
            Reason::kNotInGroup);
}

TEST_F(ThanksTest, OneOrderIsRecordedOnceWhateverTheRequest) {
  const auto first = Parsed(poster_.Post(record_purchases_, Purchase("1", 1177)));
  auto again = Purchase("1", 1177);
  again->envelope.request_id = "another";
  const ledger::Outcome outcome = poster_.Post(record_purchases_, std::move(again));
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
    poster_.Submit(record_purchases_, std::move(purchase), [&](ledger::Outcome outcome) {
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
      Parsed(poster_.Post(record_purchases_, Purchase("1", 1177, kNow - absl::Hours(24 * 300))));
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
      Parsed(poster_.Post(record_purchases_, Purchase("1", 1177, kNow - absl::Hours(24 * 30))));
  EXPECT_EQ(alive.available_points(), 16);
  const auto over =
      Parsed(poster_.Post(record_purchases_, Purchase("2", 700, kNow - absl::Hours(24 * 300))));
  EXPECT_EQ(over.points(), 7);
  EXPECT_EQ(over.thank_you().bonus_points(), 5);
  EXPECT_EQ(over.available_points(), 16);
  // Enrolled, a policy, two purchases, two thanks, and two ends that were due long ago.
  EXPECT_EQ(Books().entries, 8);
}

TEST_F(ThanksTest, ANewPolicyAppliesFromThenOnAndOldPurchasesKeepWhatTheyEarned) {
  Parsed(poster_.Post(record_purchases_, Purchase("1", 1177)));
  Policy policy = DefaultPolicy("USD");
  policy.earning = {.rates = {{"USD", 2}}, .rounding = Rounding::kUp};
  policy.thank_you = {.sender = "Anna", .note = "Thank you", .bonus_points = 5};
  const auto set = Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  EXPECT_EQ(set.policy().version(), 1);

  const auto response = Parsed(poster_.Post(record_purchases_, Purchase("2", 1177)));
  EXPECT_EQ(response.points(), 24);
  EXPECT_EQ(response.thank_you().bonus_points(), 5);
  EXPECT_EQ(response.available_points(), 11 + 24 + 5);

  const auto old = thanks_.FindPurchase(program_, "webshop", "1", Soon());
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(old->purchase.earning.policy_version, 0);
  EXPECT_EQ(old->policy.thank_you.sender, "All of us");
  const auto fresh = thanks_.FindPurchase(program_, "webshop", "2", Soon());
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(fresh->policy.version, 1);
  EXPECT_EQ(thanks_.CurrentPolicy(program_, Soon())->version, 1);
}

TEST_F(ThanksTest, AMembersPurchasesAreListedWhollyAndNobodyElses) {
  const MemberId mia = member_;
  for (int i = 0; i < 5; ++i) {
    Parsed(poster_.Post(record_purchases_, Purchase(absl::StrCat("mia ", i), 1000)));
  }
  Policy policy = DefaultPolicy("USD");
  policy.thank_you.sender = "Anna";
  Set(policy);
  Parsed(poster_.Post(record_purchases_, Purchase("mia 5", 1000)));
  member_ = NewMember();
  Parsed(poster_.Post(record_purchases_, Purchase("bob", 1000)));

  std::vector<std::string> orders;
  std::vector<std::string> senders;
  PurchaseId after;
  int pages = 0;
  do {
    const auto page = thanks_.ListPurchases(program_, mia, after, 4, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Thanks::Found& found : page->purchases) {
      EXPECT_EQ(found.purchase.member, mia);
      orders.push_back(found.purchase.order_id);
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
  EXPECT_EQ(thanks_.CurrentPolicy(program_, Soon())->version, 0);
}

TEST_F(ThanksTest, APurchaseThatIsOnlyValidatedIsNotRecorded) {
  auto purchase = Purchase("1", 1177);
  purchase->envelope.validate_only = true;
  const auto response = Parsed(poster_.Post(record_purchases_, std::move(purchase)));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.purchase_id(), "");
  EXPECT_EQ(Books().entries, 1);
  EXPECT_EQ(ReasonOf(thanks_.FindPurchase(program_, "webshop", "1", Soon()).status()),
            Reason::kPurchaseNotFound);
}

TEST_F(ThanksTest, WhatLiesFurtherBackThanATillMayStateIsRefusedButARetryIsNot) {
  const auto bought_at_till = [&](absl::Time purchased_at) {
    auto purchase =
        std::make_unique<RecordPurchase>(PurchaseOrder{.member = member_,
                                                       .source = "till",
                                                       .order_id = "1",
                                                       .total = {"USD", 500},
                                                       .purchased_at = purchased_at,
                                                       .statable_past = absl::Hours(24 * 30)},
                                         thanks_.NameOf(program_, "till", "1"), ids_, kNow);
    purchase->envelope = EnvelopeFor("till 1", member_);
    return purchase;
  };
  const ledger::Outcome refused =
      poster_.Post(record_purchases_, bought_at_till(kNow - absl::Hours(24 * 31)));
  EXPECT_EQ(ReasonOf(refused.answer.status()), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(refused.answer.status()), "purchased_at");

  ASSERT_TRUE(poster_.Post(record_purchases_, bought_at_till(kNow)).answer.ok());
  auto retry = bought_at_till(kNow);
  retry->envelope.now = kNow + absl::Hours(24 * 60);
  const ledger::Outcome replay = poster_.Post(record_purchases_, std::move(retry));
  EXPECT_TRUE(replay.answer.ok()) << replay.answer.status();
  EXPECT_TRUE(replay.replayed);
}

TEST_F(ThanksTest, WhatASuspendedMemberBuysCountsAndNothingIsSaid) {
  SetState(ledger::MemberState::kSuspended);
  const auto response = Parsed(poster_.Post(record_purchases_, Purchase("1", 1177)));
  EXPECT_EQ(response.points(), 11);
  EXPECT_EQ(response.thank_you().why(), v1::WITHHELD_REASON_MEMBER_STATE);
  EXPECT_EQ(Books().entries, 3);  // enrolled, suspended, bought
  const auto found = thanks_.FindPurchase(program_, "webshop", "1", Soon());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(ExplainThankYou(found->purchase, found->policy.thank_you),
              ::testing::HasSubstr("the member was suspended"));
}

TEST_F(ThanksTest, NothingIsRecordedForWhoLeftNotEvenWhatEarnsNothing) {
  SetState(ledger::MemberState::kClosed);
  for (const int64_t cents : {1177, 0}) {
    const ledger::Outcome outcome = poster_.Post(record_purchases_, Purchase("1", cents));
    EXPECT_EQ(ReasonOf(outcome.answer.status()), Reason::kMemberNotActive);
  }
  EXPECT_EQ(Books().entries, 2);
}

TEST_F(ThanksTest, AStrangersPurchaseIsRefused) {
  member_ = MemberId{ids_.Next(kNow)};
  const ledger::Outcome outcome = poster_.Post(record_purchases_, Purchase("1", 1177));
  EXPECT_EQ(ReasonOf(outcome.answer.status()), Reason::kMemberNotFound);
}

}  // namespace
}  // namespace gratis::thanks
