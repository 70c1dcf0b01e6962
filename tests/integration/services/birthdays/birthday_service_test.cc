#include "services/birthdays/birthday_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/integration/services/birthdays/two_services.h"

namespace gratis::birthdays {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class BirthdayServiceTest : public TwoServices {
 protected:
  absl::StatusOr<v1::BirthdayPolicy> SetPolicy(const v1::SetBirthdayPolicyRequest& request,
                                               const std::string& key = "marketing") {
    v1::SetBirthdayPolicyResponse response;
    RETURN_IF_ERROR(Call(key, &Birthday::SetBirthdayPolicy, request, response));
    return response.policy();
  }

  static v1::SetBirthdayPolicyRequest Wish(const std::string& request_id) {
    v1::SetBirthdayPolicyRequest request;
    request.set_request_id(request_id);
    v1::BirthdayPolicy& policy = *request.mutable_policy();
    policy.set_enabled(true);
    policy.mutable_gift()->set_points(250);
    policy.set_local_hour(7);
    policy.set_lead_days(2);
    policy.set_late_days(14);
    policy.set_leap_day_rule(v1::LEAP_DAY_RULE_MARCH_1);
    return request;
  }

  v1::BirthdayPolicy Current() {
    v1::GetBirthdayPolicyResponse response;
    const absl::Status read =
        Call("auditor", &Birthday::GetBirthdayPolicy, v1::GetBirthdayPolicyRequest(), response);
    EXPECT_TRUE(read.ok()) << read;
    return response.policy();
  }
};

TEST_F(BirthdayServiceTest, WhoeverWantsNoCelebrationsGetsNoneAndIsToldWhy) {
  SetTime("2027-06-15 10:00");
  const std::string member = Enroll(6, 15);
  const std::string other = Enroll(6, 15);
  const auto wish = [&](const std::string& request_id, bool none) {
    members::v1::SetPreferencesRequest request;
    request.set_request_id(request_id);
    request.set_member_id(member);
    request.add_set()->set_key("no_celebrations");
    request.mutable_set(0)->set_flag(none);
    members::v1::SetPreferencesResponse response;
    return Call("pos", &members::v1::PreferenceService::Stub::SetPreferences, request, response);
  };
  ASSERT_EQ(wish("r1", true), absl::OkStatus());
  const auto run = Run();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->given(), 1);
  EXPECT_EQ(run->withheld(), 1);
  EXPECT_EQ(Balance(member), 0);
  EXPECT_EQ(Balance(other), 100);
  const auto why = Explain(member, 2027);
  ASSERT_TRUE(why.ok()) << why.status();
  EXPECT_EQ(why->outcome(), v1::BIRTHDAY_OUTCOME_WITHHELD);
  EXPECT_EQ(why->why(), v1::WITHHELD_REASON_NO_CELEBRATIONS);
  EXPECT_THAT(why->sentence(), HasSubstr("wants no celebrations"));

  ASSERT_EQ(wish("r2", false), absl::OkStatus());
  EXPECT_EQ(Run()->given(), 1);
  EXPECT_EQ(Balance(member), 100);
}

TEST_F(BirthdayServiceTest, AMergeTheDayBeforeIntoACardWithoutABirthdayCostsNobodyTheirGift) {
  SetTime("2027-06-14 12:00");
  const std::string account = Enroll(6, 15);
  const std::string card = Enroll(0, 0);
  EXPECT_EQ(Explain(card, 2027)->why(), v1::WITHHELD_REASON_NO_BIRTHDAY);
  members::v1::MergeMembersRequest request;
  request.set_request_id("merge");
  request.set_duplicate_id(account);
  request.set_survivor_id(card);
  members::v1::MergeMembersResponse merged;
  ASSERT_EQ(Call("support", &members::v1::MergingService::Stub::MergeMembers, request, merged),
            absl::OkStatus());
  EXPECT_EQ(Explain(card, 2027)->outcome(), v1::BIRTHDAY_OUTCOME_DUE);
  SetTime("2027-06-15 10:00");
  const auto run = Run();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->given(), 1);
  EXPECT_EQ(Balance(card), 100);
  EXPECT_EQ(Explain(card, 2027)->outcome(), v1::BIRTHDAY_OUTCOME_GIVEN);
  EXPECT_EQ(Run()->given(), 0);
}

TEST_F(BirthdayServiceTest, WhoeverObjectsToMarketingStillGetsTheirGift) {
  SetTime("2027-06-15 10:00");
  const std::string member = Enroll(6, 15);
  members::v1::RecordObjectionRequest request;
  request.set_request_id("r1");
  request.set_member_id(member);
  request.set_source(members::v1::CONSENT_SOURCE_TILL);
  members::v1::RecordObjectionResponse response;
  ASSERT_EQ(Call("pos", &members::v1::ConsentService::Stub::RecordObjection, request, response),
            absl::OkStatus());
  EXPECT_EQ(Run()->given(), 1);
  EXPECT_EQ(Balance(member), 100);
}

TEST_F(BirthdayServiceTest, MembersKnownToTheMembersServiceGetTheirGiftsInTheirZones) {
  SetTime("2027-06-14 20:00");
  const std::string east = Enroll(6, 15, "Pacific/Kiritimati");
  const std::string here = Enroll(6, 15);
  const std::string west = Enroll(6, 15, "Pacific/Pago_Pago");
  const std::string silent = Enroll(0, 0);
  for (const char* const time : {"2027-06-14 20:59", "2027-06-14 21:00", "2027-06-15 08:59",
                                 "2027-06-15 09:00", "2027-06-15 22:00", "2027-06-15 22:00"}) {
    SetTime(time);
    ASSERT_TRUE(Run().ok());
  }
  for (const std::string& member : {east, here, west}) EXPECT_EQ(Balance(member), 100) << member;
  EXPECT_EQ(Balance(silent), 0);
  const auto again = Run();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->given(), 0);
  EXPECT_EQ(again->already_given(), 3);
  EXPECT_EQ(again->from().month(), 5);
  EXPECT_EQ(again->to().day(), 17);
}

TEST_F(BirthdayServiceTest, LeapDayIsFoundInCommonYearsUnderBothRules) {
  SetTime("2027-02-01 12:00");
  const std::string february = Enroll(2, 29);
  const auto due = Explain(february, 2027);
  ASSERT_TRUE(due.ok()) << due.status();
  EXPECT_EQ(due->due_local(), "2027-02-28 09:00 Europe/Zurich");
  v1::SetBirthdayPolicyRequest wish = Wish("march");
  wish.mutable_policy()->set_lead_days(0);
  ASSERT_TRUE(SetPolicy(wish).ok());
  SetTime("2027-02-28 23:00");
  EXPECT_EQ(Run()->given(), 0);
  SetTime("2027-03-01 07:00");
  EXPECT_EQ(Run()->given(), 1);
  EXPECT_EQ(Balance(february), 250);
}

TEST_F(BirthdayServiceTest, ExplainsGivenDueAndWithheld) {
  SetTime("2027-06-10 12:00");
  const std::string member = Enroll(6, 15);
  const auto due = Explain(member, 2027);
  ASSERT_TRUE(due.ok()) << due.status();
  EXPECT_EQ(due->outcome(), v1::BIRTHDAY_OUTCOME_DUE);
  EXPECT_EQ(due->gift().points(), 100);
  EXPECT_EQ(due->due_at().seconds(), 1'813'042'800);  // 2027-06-15T07:00:00Z
  SetTime("2027-06-15 12:00");
  ASSERT_TRUE(Run().ok());
  const auto given = Explain(member, 2027);
  EXPECT_EQ(given->outcome(), v1::BIRTHDAY_OUTCOME_GIVEN);
  EXPECT_THAT(given->transaction_id(), StartsWith("txn_"));
  EXPECT_THAT(given->sentence(), HasSubstr("100 points were given"));
  const auto before = Explain(member, 2025);
  EXPECT_EQ(before->outcome(), v1::BIRTHDAY_OUTCOME_WITHHELD);
  EXPECT_EQ(before->why(), v1::WITHHELD_REASON_JOINED_LATER);
  const auto silent = Explain(Enroll(0, 0), 2027);
  EXPECT_EQ(silent->why(), v1::WITHHELD_REASON_NO_BIRTHDAY);
  EXPECT_FALSE(silent->has_due_at());
}

TEST_F(BirthdayServiceTest, AllGiftsOfAMemberAreListedPageByPage) {
  SetTime("2027-06-01 12:00");
  const std::string mia = Enroll(6, 15);
  Enroll(6, 15);
  for (const char* const time : {"2027-06-16 12:00", "2028-06-16 12:00", "2029-06-16 12:00"}) {
    SetTime(time);
    ASSERT_TRUE(Run().ok());
  }
  v1::ListGiftsRequest request;
  request.set_member_id(mia);
  request.set_page_size(2);
  std::vector<int> years;
  do {
    v1::ListGiftsResponse page;
    const absl::Status listed = Call("support", &Birthday::ListGifts, request, page);
    ASSERT_TRUE(listed.ok()) << listed;
    for (const v1::GivenGift& gift : page.gifts()) {
      years.push_back(gift.year());
      EXPECT_EQ(gift.gift().points(), 100);
      EXPECT_THAT(gift.transaction_id(), StartsWith("txn_"));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(years, (std::vector<int>{2027, 2028, 2029}));

  v1::ListGiftsResponse none;
  request.set_member_id(MemberId{ids_.Next(absl::UnixEpoch())}.ToString());
  EXPECT_EQ(ReasonOf(Call("support", &Birthday::ListGifts, request, none)),
            Reason::kMemberNotFound);
  request.set_member_id(mia);
  EXPECT_EQ(ReasonOf(Call("pos", &Birthday::ListGifts, request, none)), Reason::kProofRequired);
}

TEST_F(BirthdayServiceTest, BadInputNamesItsField) {
  SetTime("2027-06-10 12:00");
  const auto fault = [](const absl::Status& status) {
    return std::pair(ReasonOf(status).value_or(Reason::kInternal), FieldOf(status).value_or(""));
  };
  using Fault = std::pair<Reason, std::string>;
  EXPECT_EQ(fault(Explain("", 2027).status()), Fault(Reason::kFieldMissing, "member_id"));
  EXPECT_EQ(fault(Explain("mem_x", 2027).status()), Fault(Reason::kInvalidId, "member_id"));
  EXPECT_EQ(fault(Explain(Enroll(6, 15), 0).status()), Fault(Reason::kFieldInvalid, "year"));
  const MemberId nobody{ids_.Next(real_clock_.Now())};
  EXPECT_EQ(ReasonOf(Explain(nobody.ToString(), 2027).status()), Reason::kMemberNotFound);

  v1::RunBirthdaysRequest run;
  run.mutable_through()->set_year(2027);
  run.mutable_through()->set_month(2);
  run.mutable_through()->set_day(30);
  EXPECT_EQ(fault(Run(run).status()), Fault(Reason::kInvalidDate, "through"));
  run.mutable_through()->set_month(6);
  run.mutable_through()->set_day(11);
  EXPECT_EQ(fault(Run(run).status()), Fault(Reason::kFutureDate, "through"));

  v1::SetBirthdayPolicyRequest wish = Wish("");
  EXPECT_EQ(ReasonOf(SetPolicy(wish).status()), Reason::kRequestIdMissing);
  wish = Wish("one");
  wish.clear_policy();
  EXPECT_EQ(fault(SetPolicy(wish).status()), Fault(Reason::kFieldMissing, "policy"));
  wish = Wish("one");
  wish.mutable_policy()->clear_gift();
  EXPECT_EQ(fault(SetPolicy(wish).status()), Fault(Reason::kFieldMissing, "policy.gift"));
  wish = Wish("one");
  wish.mutable_policy()->clear_leap_day_rule();
  EXPECT_EQ(fault(SetPolicy(wish).status()), Fault(Reason::kFieldInvalid, "policy.leap_day_rule"));
  wish = Wish("one");
  wish.mutable_policy()->set_leap_day_rule(static_cast<v1::LeapDayRule>(65537));
  EXPECT_EQ(fault(SetPolicy(wish).status()), Fault(Reason::kFieldInvalid, "policy.leap_day_rule"));
  EXPECT_EQ(Current().version(), 0);
}

TEST_F(BirthdayServiceTest, PolicyIsSetOncePerRequestIdAndReadAsItWasSet) {
  SetTime("2027-06-10 12:00");
  EXPECT_EQ(Current().gift().points(), 100);
  v1::SetBirthdayPolicyRequest wish = Wish("one");
  wish.set_validate_only(true);
  EXPECT_EQ(SetPolicy(wish)->version(), 1);
  EXPECT_EQ(Current().version(), 0);
  wish.set_validate_only(false);
  const auto set = SetPolicy(wish);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(SetPolicy(wish)->SerializeAsString(), set->SerializeAsString());
  EXPECT_EQ(Current().SerializeAsString(), set->SerializeAsString());
  EXPECT_EQ(Current().version(), 1);
  wish.mutable_policy()->mutable_gift()->set_points(1);
  EXPECT_EQ(ReasonOf(SetPolicy(wish).status()), Reason::kRequestIdReused);
}

TEST_F(BirthdayServiceTest, TillsAndSupportersMayNotRunOrChangeAnything) {
  SetTime("2027-06-10 12:00");
  EXPECT_EQ(ReasonOf(SetPolicy(Wish("one"), "support").status()), Reason::kRoleNotAllowed);
  v1::RunBirthdaysResponse response;
  for (const char* const role : {"pos", "support", "auditor"}) {
    EXPECT_EQ(ReasonOf(Call(role, &Birthday::RunBirthdays, v1::RunBirthdaysRequest(), response)),
              Reason::kRoleNotAllowed);
  }
}

TEST_F(BirthdayServiceTest, GiftsGoByTheTierThatMembersSays) {
  SetTime("2027-06-10 12:00");
  members::v1::SetTierPolicyRequest ladder;
  ladder.set_request_id("ladder");
  ladder.mutable_policy()->set_period(members::v1::TIER_PERIOD_ROLLING_MONTHS);
  ladder.mutable_policy()->set_rolling_months(12);
  ladder.mutable_policy()->set_demotion(members::v1::TIER_DEMOTION_RECALCULATED);
  ladder.mutable_policy()->add_tiers()->set_code("base");
  members::v1::SetTierPolicyResponse laddered;
  const std::string before = Enroll(6, 15);
  ASSERT_EQ(Call("admin", &members::v1::TierService::Stub::SetTierPolicy, ladder, laddered),
            absl::OkStatus());
  v1::SetBirthdayPolicyRequest wish = Wish("by tier");
  wish.mutable_policy()->set_lead_days(0);
  v1::TierGift& of_base = *wish.mutable_policy()->add_tier_gifts();
  of_base.set_tier("base");
  of_base.mutable_gift()->set_points(777);
  ASSERT_TRUE(SetPolicy(wish).ok());
  EXPECT_EQ(Current().tier_gifts(0).gift().points(), 777);
  EXPECT_EQ(Explain(before, 2027)->gift().points(), 777);
  SetTime("2027-06-15 12:00");
  const auto run = Run();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->points(), 777);
  EXPECT_EQ(Balance(before), 777);
}

TEST_F(BirthdayServiceTest, AGiftForATierThatTheProgramDoesNotHaveIsRefused) {
  SetTime("2027-06-10 12:00");
  v1::SetBirthdayPolicyRequest wish = Wish("gold");
  v1::TierGift& of_tier = *wish.mutable_policy()->add_tier_gifts();
  of_tier.set_tier("gold");
  of_tier.mutable_gift()->set_points(777);
  const absl::Status none = SetPolicy(wish).status();
  EXPECT_EQ(ReasonOf(none), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(none), "policy.tier_gifts[0].tier");
  EXPECT_THAT(std::string(none.message()), HasSubstr("no tier policy in force"));

  const auto ladder = [&](const std::string& tier) {
    members::v1::SetTierPolicyRequest request;
    request.set_request_id("ladder of " + tier);
    request.mutable_policy()->set_period(members::v1::TIER_PERIOD_ROLLING_MONTHS);
    request.mutable_policy()->set_rolling_months(12);
    request.mutable_policy()->set_demotion(members::v1::TIER_DEMOTION_RECALCULATED);
    request.mutable_policy()->add_tiers()->set_code(tier);
    members::v1::SetTierPolicyResponse response;
    return Call("admin", &members::v1::TierService::Stub::SetTierPolicy, request, response);
  };
  ASSERT_EQ(ladder("gold"), absl::OkStatus());
  const auto set = SetPolicy(wish);
  ASSERT_TRUE(set.ok()) << set.status();
  SetTime("2027-06-11 12:00");
  ASSERT_EQ(ladder("bronze"), absl::OkStatus());
  SetTime("2027-06-12 12:00");
  // A retry is answered as it was; the same wish, made anew, is not granted.
  EXPECT_EQ(SetPolicy(wish)->SerializeAsString(), set->SerializeAsString());
  wish.set_request_id("gold again");
  EXPECT_THAT(std::string(SetPolicy(wish).status().message()),
              HasSubstr("no tier gold; it has bronze"));
  EXPECT_EQ(Current().version(), 1);
}

TEST_F(BirthdayServiceTest, AMinorGetsTheirsOnceAGuardianAgrees) {
  SetTime("2027-06-15 12:00");
  members::v1::EnrollMemberRequest request;
  request.set_request_id("kim");
  request.mutable_profile()->set_email("kim@example.com");
  request.mutable_profile()->mutable_birthday()->set_month(6);
  request.mutable_profile()->mutable_birthday()->set_day(15);
  request.mutable_profile()->mutable_birthday()->set_year(2012);
  members::v1::EnrollMemberResponse kim;
  ASSERT_EQ(Call("import", &Member::EnrollMember, request, kim), absl::OkStatus());
  EXPECT_EQ(Run()->withheld(), 1);
  EXPECT_EQ(Explain(kim.member_id(), 2027)->why(), v1::WITHHELD_REASON_GUARDIAN);
  members::v1::RecordConsentRequest said;
  said.set_request_id("guardian");
  said.set_member_id(kim.member_id());
  said.set_source(members::v1::CONSENT_SOURCE_PAPER);
  said.set_wording_version("2027-06");
  members::v1::ConsentDecision& decision = *said.add_decisions();
  decision.set_purpose(members::v1::CONSENT_PURPOSE_GUARDIAN);
  decision.set_state(members::v1::CONSENT_STATE_GRANTED);
  members::v1::RecordConsentResponse recorded;
  ASSERT_EQ(Call("pos", &members::v1::ConsentService::Stub::RecordConsent, said, recorded),
            absl::OkStatus());
  EXPECT_EQ(Explain(kim.member_id(), 2027)->outcome(), v1::BIRTHDAY_OUTCOME_DUE);
  EXPECT_EQ(Run()->given(), 1);
  EXPECT_EQ(Balance(kim.member_id()), 100);
}

TEST_F(BirthdayServiceTest, ChoicesAreOfferedMadeAndToldOf) {
  SetTime("2027-06-15 12:00");
  v1::SetBirthdayPolicyRequest wish = Wish("choice");
  wish.mutable_policy()->set_lead_days(0);
  v1::GiftChoice& choice = *wish.mutable_policy()->mutable_gift()->mutable_choice();
  v1::GiftOption* option = choice.add_options();
  option->set_code("tea");
  option->mutable_item()->set_code("TEA-1");
  option = choice.add_options();
  option->set_code("money");
  option->mutable_voucher()->set_currency_code("CHF");
  option->mutable_voucher()->set_minor_units(500);
  choice.set_default_option("money");
  ASSERT_TRUE(SetPolicy(wish).ok());
  EXPECT_EQ(Current().gift().choice().options_size(), 2);
  const std::string mia = Enroll(6, 15);
  EXPECT_EQ(Run()->choices(), 1);

  const auto choose = [&](const v1::ChooseGiftRequest& request, const std::string& key) {
    v1::ChooseGiftResponse response;
    return Call(key, &Birthday::ChooseGift, request, response);
  };
  v1::ChooseGiftRequest wanted;
  wanted.set_request_id("tea");
  wanted.set_member_id(mia);
  EXPECT_EQ(FieldOf(choose(wanted, "support")), "option");
  wanted.set_option("coffee");
  EXPECT_EQ(FieldOf(choose(wanted, "support")), "option");
  wanted.set_option("tea");
  EXPECT_EQ(ReasonOf(choose(wanted, "marketing")), Reason::kRoleNotAllowed);
  EXPECT_EQ(ReasonOf(choose(wanted, "pos")), Reason::kProofRequired);
  EXPECT_EQ(choose(wanted, "support"), absl::OkStatus());
  const auto told = Explain(mia, 2027);
  EXPECT_EQ(told->chosen().option(), "tea");
  EXPECT_THAT(told->chosen().voucher_id(), StartsWith("vch_"));
  EXPECT_FALSE(told->chosen().by_default());
  EXPECT_EQ(told->choose_by().seconds() - told->due_at().seconds(), 14 * 86'400 + 5 * 3'600);
}

TEST_F(BirthdayServiceTest, AGiftThatIsNoneOrHasStringsIsRefusedByItsField) {
  SetTime("2027-06-10 12:00");
  const auto fault = [&](const std::function<void(v1::BirthdayPolicy&)>& spoil) {
    v1::SetBirthdayPolicyRequest wish = Wish("spoilt");
    spoil(*wish.mutable_policy());
    const absl::Status status = SetPolicy(wish).status();
    return std::pair(ReasonOf(status).value_or(Reason::kInternal), FieldOf(status).value_or(""));
  };
  using Fault = std::pair<Reason, std::string>;
  EXPECT_EQ(fault([](v1::BirthdayPolicy& policy) { policy.mutable_gift()->clear_kind(); }),
            Fault(Reason::kFieldMissing, "policy.gift"));
  EXPECT_EQ(fault([](v1::BirthdayPolicy& policy) {
              policy.mutable_gift()->mutable_voucher()->set_currency_code("EUR");
              policy.mutable_gift()->mutable_voucher()->set_minor_units(5);
            }),
            Fault(Reason::kInvalidCurrency, "policy.gift.voucher.currency_code"));
  EXPECT_EQ(fault([](v1::BirthdayPolicy& policy) {
              policy.mutable_gift()->mutable_choice()->add_options()->set_points(1);
            }),
            Fault(Reason::kFieldInvalid, "policy.gift.choice.options"));
  EXPECT_EQ(fault([](v1::BirthdayPolicy& policy) { policy.mutable_gift()->set_budget_id("x"); }),
            Fault(Reason::kInvalidId, "policy.gift.budget_id"));
  EXPECT_EQ(fault([](v1::BirthdayPolicy& policy) {
              policy.mutable_gift()->set_text("with any purchase of a cake");
            }),
            Fault(Reason::kStringsAttached, "policy.gift.text"));
  EXPECT_EQ(fault([](v1::BirthdayPolicy& policy) { policy.set_valid_days(29); }),
            Fault(Reason::kFieldInvalid, "policy.valid_days"));
  EXPECT_EQ(Current().version(), 0);
}

TEST_F(BirthdayServiceTest, ForecastsNameTheirDaysAndWhoMayAsk) {
  SetTime("2027-06-10 12:00");
  Enroll(6, 15);
  v1::ForecastBirthdaysRequest request;
  v1::ForecastBirthdaysResponse response;
  const auto ask = [&](const std::string& key = "marketing") {
    response.Clear();
    return Call(key, &Birthday::ForecastBirthdays, request, response);
  };
  EXPECT_EQ(FieldOf(ask()), "from");
  const auto day = [](int month, int of_month, type::v1::CivilDay& to) {
    to.set_year(2027);
    to.set_month(month);
    to.set_day(of_month);
  };
  day(6, 14, *request.mutable_from());
  EXPECT_EQ(FieldOf(ask()), "to");
  day(6, 13, *request.mutable_to());
  EXPECT_EQ(FieldOf(ask()), "to");
  day(9, 14, *request.mutable_to());
  EXPECT_EQ(ReasonOf(ask()), Reason::kFieldInvalid);
  day(9, 13, *request.mutable_to());
  ASSERT_EQ(ask(), absl::OkStatus());
  EXPECT_EQ(response.days_size(), 92);
  EXPECT_EQ(response.days(1).due().gifts(), 1);
  EXPECT_EQ(response.due().points(), 100);
  EXPECT_EQ(response.given().gifts(), 0);
  EXPECT_EQ(ReasonOf(ask("pos")), Reason::kRoleNotAllowed);
}

TEST_F(BirthdayServiceTest, ManyPagesOfMembersAreAllServed) {
  SetTime("2027-06-15 12:00");
  constexpr int kMembers = 45;
  for (int i = 0; i < kMembers; ++i) Enroll(6, 1 + i % 15);
  MembersClient small_pages(
      [this] { return server_->InProcessChannel(rpc::ServiceAuthorization("birthdays", kSecret)); },
      /*page_size=*/7);
  Birthdays birthdays(birthdays_pool_, birthdays_poster_, small_pages, ids_, vault_);
  const auto report = birthdays.Run({.program = gate_.program,
                                     .actor = "service:birthdays",
                                     .now = gate_.clock.Now(),
                                     .through = std::nullopt,
                                     .deadline = Soon(),
                                     .stop = {}});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->given.gifts, kMembers);
  EXPECT_EQ(Run()->already_given(), kMembers);
}

}  // namespace
}  // namespace gratis::birthdays
