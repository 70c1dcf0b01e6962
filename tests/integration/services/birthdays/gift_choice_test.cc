#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/status/reasons.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "tests/integration/services/birthdays/birthdays_house.h"

namespace gratis::birthdays {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// One of several: picked by the member or for them, or for want of either given by default.
class GiftChoiceTest : public BirthdaysHouse {
 protected:
  // Tea, 5.00 or 200 points, and wine for those of age; points by default, after 14 days.
  static Policy Choices() {
    Policy policy;
    policy.offer.presents = {
        {.kind = GiftKind::kItem, .worth = 1, .item = "TEA-1", .text = "Tea", .option = "tea"},
        {.kind = GiftKind::kItem,
         .worth = 1,
         .item = "WINE-3",
         .minimum_age = 18,
         .option = "wine"},
        {.kind = GiftKind::kVoucher, .worth = 500, .option = "money"},
        {.kind = GiftKind::kPoints, .worth = 200, .option = "points"}};
    policy.offer.fallback = 3;
    return policy;
  }
  void Set(const Policy& policy) {
    ASSERT_EQ(CheckPolicy(policy), absl::OkStatus());
    ASSERT_TRUE(Post(policy, absl::StrCat("policy ", ++policies_)).answer.ok());
  }

  ledger::Outcome Choose(const MemberId& member, const std::string& option, const std::string& now,
                         int32_t year = 0, const std::string& request_id = "",
                         bool validate_only = false) {
    auto choosing = std::make_unique<ChooseGift>(
        program_, ChoosingOrder{.member = member, .year = year, .option = option}, ids_,
        birthdays_.codes(), At(now));
    choosing->envelope.program = program_;
    choosing->envelope.request_id =
        request_id.empty() ? absl::StrCat("choose ", ++requests_) : request_id;
    choosing->envelope.fingerprint = option;
    choosing->envelope.actor = member.ToString();
    choosing->envelope.now = At(now);
    choosing->envelope.deadline = Soon();
    choosing->envelope.validate_only = validate_only;
    return poster_.Post(birthdays_.choosing(), std::move(choosing));
  }
  static v1::ChooseGiftResponse Answer(const ledger::Outcome& outcome) {
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    v1::ChooseGiftResponse answer;
    EXPECT_TRUE(answer.ParseFromString(outcome.answer.value_or("")));
    return answer;
  }
  std::string Sentence(const MemberId& member, const std::string& now) {
    return birthdays_.Explain(program_, member, 2027, At(now), Soon())->sentence;
  }
  int64_t RunForDefaults(const std::string& now) {
    const absl::StatusOr<RunReport> report = birthdays_.Run(Order(At(now)));
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->defaults : -1;
  }

 private:
  int policies_ = 0;
  int requests_ = 0;
};

TEST_F(GiftChoiceTest, TheMemberPicksOneAndHasItAtOnce) {
  Set(Choices());
  const MemberId member = AddMember({6, 15});
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 1, already 0, withheld 0, points 0");
  EXPECT_EQ(Balance(member), 0);
  EXPECT_THAT(Sentence(member, "2027-06-16 12:00"),
              HasSubstr("A choice of tea, money and points was given"));
  EXPECT_THAT(
      Sentence(member, "2027-06-16 12:00"),
      HasSubstr("They may choose until 2027-06-29 12:00 Europe/Zurich, when points comes."));
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40 AND detail::jsonb @> "
                  "'{\"gift\":\"choice\",\"options\":[\"tea\",\"money\",\"points\"],"
                  "\"default\":\"points\"}'"),
            1);

  const v1::ChooseGiftResponse tea = Answer(Choose(member, "tea", "2027-06-20 12:00", 2027, "t"));
  EXPECT_EQ(tea.year(), 2027);
  EXPECT_EQ(tea.option().item().code(), "TEA-1");
  const ledger::VoucherState state =
      StateOf(*VoucherId::Parse(tea.voucher_id()), "2027-06-20 12:00");
  EXPECT_EQ(state.voucher.terms.item, "TEA-1");
  EXPECT_EQ(state.lot.available, 1);
  EXPECT_GE(state.lot.expires_at - At("2027-06-20 12:00"), absl::Hours(24 * 365));
  // Again, it is a replay; another wish comes too late.
  EXPECT_TRUE(Choose(member, "tea", "2027-06-20 12:05", 2027, "t").replayed);
  const ledger::Outcome other = Choose(member, "money", "2027-06-20 12:10", 2027);
  EXPECT_EQ(ReasonOf(other.answer.status()), Reason::kGiftChosen);
  EXPECT_THAT(MetadataOf(other.answer.status()),
              ::testing::Contains(std::pair<std::string, std::string>("option", "tea")));
  EXPECT_EQ(ReasonOf(Choose(member, "money", "2027-06-20 12:10").answer.status()),
            Reason::kGiftNotFound);
  EXPECT_EQ(RunForDefaults("2027-07-10 12:00"), 0);
  EXPECT_EQ(Balance(member), 0);
  EXPECT_THAT(Sentence(member, "2027-07-10 12:00"), HasSubstr("They chose tea at 2027-06-20"));
  ASSERT_TRUE(GiftsOf(member)[0].chosen.has_value());
  EXPECT_EQ(GiftsOf(member)[0].chosen->voucher.ToString(), tea.voucher_id());
  ExpectSoundBooks();
}

TEST_F(GiftChoiceTest, PointsAndMoneyAreHadAsWell) {
  Set(Choices());
  const MemberId one = AddMember({6, 15});
  const MemberId two = AddMember({6, 15});
  Run("2027-06-15 12:00");
  EXPECT_EQ(Answer(Choose(one, "points", "2027-06-15 13:00")).voucher_id(), "");
  EXPECT_EQ(Balance(one), 200);
  const v1::ChooseGiftResponse money = Answer(Choose(two, "money", "2027-06-15 13:00"));
  EXPECT_EQ(StateOf(*VoucherId::Parse(money.voucher_id()), "2027-06-15 13:00").lot.available, 500);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 42"), 2);
  ExpectSoundBooks();
}

TEST_F(GiftChoiceTest, ValidateOnlyChoosesNothing) {
  Set(Choices());
  const MemberId member = AddMember({6, 15});
  Run("2027-06-15 12:00");
  const v1::ChooseGiftResponse only =
      Answer(Choose(member, "tea", "2027-06-15 13:00", 0, "", /*validate_only=*/true));
  EXPECT_EQ(only.option().item().code(), "TEA-1");
  EXPECT_EQ(only.voucher_id() + only.transaction_id(), "");
  EXPECT_EQ(Count("gratis_birthdays.choice"), 0);
  EXPECT_EQ(Count("gratis_birthdays.open_choice"), 1);
  EXPECT_TRUE(Choose(member, "money", "2027-06-15 13:01").answer.ok());
}

TEST_F(GiftChoiceTest, WhatIsNoOptionOrNobodysGiftIsRefused) {
  Set(Choices());
  const MemberId member = AddMember({6, 15});
  const MemberId nobody = AddMember({9, 15});
  Run("2027-06-15 12:00");
  const ledger::Outcome none = Choose(member, "champagne", "2027-06-15 13:00");
  EXPECT_EQ(ReasonOf(none.answer.status()), Reason::kFieldInvalid);
  EXPECT_THAT(std::string(none.answer.status().message()), HasSubstr("tea, money, points"));
  // Wine is there, and not for whoever's age nobody knows.
  EXPECT_EQ(ReasonOf(Choose(member, "wine", "2027-06-15 13:00").answer.status()),
            Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(Choose(member, "tea", "2027-06-15 13:00", 2026).answer.status()),
            Reason::kGiftNotFound);
  EXPECT_EQ(ReasonOf(Choose(nobody, "tea", "2027-06-15 13:00").answer.status()),
            Reason::kGiftNotFound);
  EXPECT_EQ(
      ReasonOf(Choose({ids_.Next(real_clock_.Now())}, "tea", "2027-06-15 13:00").answer.status()),
      Reason::kMemberNotFound);
}

TEST_F(GiftChoiceTest, WineIsForWhoeverIsKnownToBeOfAge) {
  Set(Choices());
  const std::vector<MemberId> members = AddMembers(3, [&](int i) {
    Celebrant celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
    celebrant.birth_year = 2008 + i;  // 19, 18 and 17
    celebrant.guardian_consents = true;
    return celebrant;
  });
  Run("2027-06-15 12:00");
  EXPECT_TRUE(Choose(members[0], "wine", "2027-06-15 13:00").answer.ok());
  EXPECT_TRUE(Choose(members[1], "wine", "2027-06-15 13:00").answer.ok());
  EXPECT_EQ(ReasonOf(Choose(members[2], "wine", "2027-06-15 13:00").answer.status()),
            Reason::kFieldInvalid);
  EXPECT_TRUE(Choose(members[2], "tea", "2027-06-15 13:00").answer.ok());
}

TEST_F(GiftChoiceTest, WhatNobodyChoseComesByDefaultExactlyOnceFromTwoProcesses) {
  Set(Choices());
  const std::vector<MemberId> members = AddMembers(60, [&](int) {
    return Celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  Run("2027-06-15 12:00");
  EXPECT_TRUE(Choose(members[0], "tea", "2027-06-16 12:00").answer.ok());
  EXPECT_EQ(RunForDefaults("2027-06-29 11:59"), 0);
  RunOrder count = Order(At("2027-06-29 12:00"));
  count.validate_only = true;
  EXPECT_EQ(birthdays_.Run(count)->defaults, 59);
  pg::Pool other_pool(PoolOptions(database_.conninfo()));
  ledger::Poster other_poster({.chain_key = std::string(32, 'c')}, other_pool, real_clock_);
  FakeCelebrants other_celebrants = celebrants_;
  Birthdays other(other_pool, other_poster, other_celebrants, ids_, vault_);
  std::atomic<int64_t> defaults = 0;
  std::vector<std::thread> runs;
  for (Birthdays* const process : {&birthdays_, &other, &birthdays_, &other}) {
    runs.emplace_back([this, process, &defaults] {
      const auto report = process->Run(Order(At("2027-06-29 12:00")));
      ASSERT_TRUE(report.ok()) << report.status();
      defaults += report->defaults;
    });
  }
  for (std::thread& run : runs) run.join();
  EXPECT_EQ(defaults, 59);
  EXPECT_EQ(Balance(members[0]), 0);
  for (size_t i = 1; i < members.size(); ++i) EXPECT_EQ(Balance(members[i]), 200);
  EXPECT_EQ(Count("gratis_birthdays.open_choice"), 0);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 42 AND actor = 'service:birthdays' AND "
                  "detail::jsonb @> '{\"by_default\":true}'"),
            59);
  EXPECT_THAT(Sentence(members[1], "2027-07-01 12:00"),
              HasSubstr("Nobody chose in time, so points came at"));
  ExpectSoundBooks();
}

TEST_F(GiftChoiceTest, ChoosingAtTheVeryMomentOfTheDefaultBringsOneOfThem) {
  Set(Choices());
  const std::vector<MemberId> members = AddMembers(40, [&](int) {
    return Celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  Run("2027-06-15 12:00");
  std::thread run([this] { RunForDefaults("2027-06-29 12:00"); });
  int chosen = 0;
  for (const MemberId& member : members) {
    chosen += Choose(member, "money", "2027-06-29 12:00", 2027).answer.ok() ? 1 : 0;
  }
  run.join();
  EXPECT_EQ(Count("gratis_birthdays.choice"), 40);
  EXPECT_EQ(Count("gratis_birthdays.choice WHERE NOT by_default"), chosen);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 42"), 40);
  EXPECT_EQ(Count("ledger.voucher"), chosen);
  ExpectSoundBooks();
}

TEST_F(GiftChoiceTest, AnEditedPolicyChangesNoChoiceThatIsOpen) {
  Set(Choices());
  const MemberId member = AddMember({6, 15});
  Run("2027-06-15 12:00");
  Policy points;
  points.offer = OfPoints(1);
  points.choose_days = 1;
  Set(points);
  EXPECT_EQ(RunForDefaults("2027-06-20 12:00"), 0);
  EXPECT_EQ(Answer(Choose(member, "money", "2027-06-20 12:00")).option().voucher().minor_units(),
            500);
}

TEST_F(GiftChoiceTest, AMergedMembersOpenChoiceIsTheirSurvivorsToMake) {
  Set(Choices());
  const MemberId survivor = AddMember({9, 1});
  const MemberId duplicate = AddMember({6, 15});
  const MemberId lazy_survivor = AddMember({9, 1});
  const MemberId lazy = AddMember({6, 15});
  Run("2027-06-15 12:00");
  Merge(duplicate, survivor, "2027-06-16 12:00");
  Merge(lazy, lazy_survivor, "2027-06-16 12:00");
  EXPECT_TRUE(Choose(survivor, "points", "2027-06-17 12:00", 2027).answer.ok());
  EXPECT_EQ(Balance(survivor), 200);
  EXPECT_EQ(RunForDefaults("2027-06-29 12:00"), 1);
  EXPECT_EQ(Balance(lazy_survivor), 200);
  EXPECT_EQ(Count("gratis_birthdays.open_choice"), 0);
  ExpectSoundBooks();
}

TEST_F(GiftChoiceTest, WhoeverIsSuspendedGetsTheirsLaterAndWhoeverLeftNothing) {
  Set(Choices());
  const MemberId suspended = AddMember({6, 15});
  const MemberId closed = AddMember({6, 15});
  const MemberId erased = AddMember({6, 15});
  Run("2027-06-15 12:00");
  SetState(suspended, ledger::MemberState::kSuspended);
  SetState(closed, ledger::MemberState::kClosed);
  SetState(erased, ledger::MemberState::kErased);
  EXPECT_EQ(ReasonOf(Choose(suspended, "tea", "2027-06-16 12:00").answer.status()),
            Reason::kMemberNotActive);
  EXPECT_EQ(RunForDefaults("2027-06-29 12:00"), 0);
  EXPECT_EQ(Count("gratis_birthdays.open_choice"), 1);
  SetState(suspended, ledger::MemberState::kActive);
  SetState(closed, ledger::MemberState::kActive);
  EXPECT_EQ(RunForDefaults("2027-07-29 12:00"), 1);
  EXPECT_EQ(Balance(suspended), 200);
  EXPECT_EQ(Balance(closed), 0);
  EXPECT_EQ(ReasonOf(Choose(closed, "tea", "2027-07-30 12:00").answer.status()),
            Reason::kGiftNotFound);
}

TEST_F(GiftChoiceTest, ABudgetOfUsesCountsChoicesWhateverIsChosen) {
  const BudgetId budget = SetBudget(ledger::kVoucherUseUnit, 2);
  Policy policy = Choices();
  policy.offer.budget = budget;
  Set(policy);
  const std::vector<MemberId> members = AddMembers(5, [&](int) {
    return Celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 2, already 0, withheld 3, points 0");
  EXPECT_EQ(Count("ledger.budget WHERE spent = 2"), 1);
  for (const MemberId& member : members) Choose(member, "tea", "2027-06-16 12:00");
  EXPECT_EQ(Count("gratis_birthdays.choice"), 2);
  EXPECT_EQ(Count("ledger.budget WHERE spent = 2"), 1);
  ExpectSoundBooks();
}

TEST_F(GiftChoiceTest, MoreChoicesThanAPageHoldsComeByDefaultAllTheSame) {
  Policy policy = Choices();
  policy.choose_days = 1;
  Set(policy);
  constexpr int kMembers = 4400;  // in some partitions more than are looked at together
  AddMembers(kMembers, [&](int) {
    return Celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  Run("2027-06-15 12:00");
  EXPECT_EQ(RunForDefaults("2027-06-17 12:00"), kMembers);
  EXPECT_EQ(RunForDefaults("2027-06-17 12:15"), 0);
  EXPECT_EQ(TrialBalance().total_points, 0);
}

class ForecastTest : public GiftChoiceTest {};

TEST_F(ForecastTest, WhatWasGivenIsToldWhateverBecameOfTheBirthdaySince) {
  Policy policy = Choices();
  policy.local_hour = 0;
  Set(policy);
  const MemberId day_before = AddMember({6, 14});
  const MemberId erased = AddMember({6, 15});
  const MemberId silent = AddMember({6, 15});
  const MemberId corrected = AddMember({6, 15});
  AddMember({6, 15});
  Run("2027-06-14 23:59");
  Run("2027-06-15 00:00");
  EXPECT_TRUE(Choose(silent, "money", "2027-06-15 13:00").answer.ok());
  const DaySpan june{absl::CivilDay(2027, 6, 1), absl::CivilDay(2027, 6, 30)};
  const auto foresee = [&](const ledger::Program& program, const std::string& now) {
    const absl::StatusOr<Forecast> forecast = birthdays_.Foresee(program, june, At(now), Soon());
    EXPECT_TRUE(forecast.ok()) << forecast.status();
    return forecast.value_or(Forecast{.days = std::vector<Forecast::Day>(30)});
  };
  const GiftFigures of_one{.gifts = 1, .points = 200, .minor_units = 0, .items = 0, .choices = 1};
  const GiftFigures of_four{
      .gifts = 4, .points = 600, .minor_units = 500, .items = 0, .choices = 4};
  const Forecast then = foresee(program_, "2027-06-15 14:00");
  EXPECT_EQ(then.days[13].given, of_one);
  EXPECT_EQ(then.days[14].given, of_four);
  EXPECT_EQ(then.Total().due.gifts, 0);

  SetState(erased, ledger::MemberState::kErased);
  std::erase_if(celebrants_.members, [&](const MemberCelebrant& listed) {
    return listed.member == erased || listed.member == day_before;
  });
  for (MemberCelebrant& listed : celebrants_.members) {
    if (listed.member == silent) listed.celebrant.birthday.reset();
    if (listed.member == corrected) listed.celebrant.birthday = MonthDay{11, 3};
  }
  for (const char* const now : {"2027-06-15 14:00", "2027-07-20 12:00", "2029-01-01 12:00"}) {
    const Forecast since = foresee(program_, now);
    EXPECT_EQ(since.days[13].given, of_one) << now;
    EXPECT_EQ(since.days[14].given, of_four) << now;
    EXPECT_EQ(since.Total().given.gifts, 5) << now;
    EXPECT_EQ(since.Total().due.gifts, 0) << now;
  }
  const ledger::Program other = NewProgram("other", "Europe/Zurich");
  EXPECT_EQ(foresee(other, "2027-07-20 12:00").Total().given.gifts, 0);
}

TEST_F(ForecastTest, WhatIsForetoldIsWhatIsGivenDayByDay) {
  Policy policy = Choices();
  policy.tiers = {{"gold", {.presents = {{.kind = GiftKind::kVoucher, .worth = 2000}}}},
                  {"silver", OfPoints(300)}};
  policy.tiers[1].offer.budget = SetBudget(ledger::kPointsUnit, 300 * 7 + 299);
  policy.lead_days = 3;
  Set(policy);
  const char* const zones[] = {"Pacific/Kiritimati", "Europe/Zurich", "Etc/GMT+12"};
  const std::vector<MemberId> members = AddMembers(200, [&](int i) {
    const absl::CivilDay day = absl::CivilDay(2027, 12, 10) + i % 40;
    return Celebrant{MonthDay{day.month(), day.day()},
                     *base::LoadZone(zones[static_cast<size_t>(i) % std::size(zones)]),
                     At("2026-01-01 00:00")};
  });
  for (size_t i = 0; i < members.size(); ++i) {
    if (i % 3 == 0) celebrants_.tiers[members[i]] = "gold";
    if (i % 3 == 1) celebrants_.tiers[members[i]] = "silver";
  }
  celebrants_.page_size = 70;
  const DaySpan days{absl::CivilDay(2027, 12, 10), absl::CivilDay(2028, 1, 20)};
  Run("2027-12-09 12:00");
  const auto foretold = birthdays_.Foresee(program_, days, At("2027-12-10 00:00"), Soon());
  ASSERT_TRUE(foretold.ok()) << foretold.status();
  // A run before each moment at which any of them is due, and after.
  for (absl::Time now = At("2027-12-10 00:00"); now < At("2028-01-20 23:59");
       now += absl::Hours(2)) {
    ASSERT_TRUE(birthdays_.Run(Order(now)).ok());
  }
  const auto given = birthdays_.Foresee(program_, days, At("2028-01-20 23:59"), Soon());
  ASSERT_TRUE(given.ok()) << given.status();
  ASSERT_EQ(foretold->days.size(), given->days.size());
  for (size_t i = 0; i < given->days.size(); ++i) {
    // Who had no room comes late, as far as there is any; here there is none.
    GiftFigures as_foretold = foretold->days[i].given;
    as_foretold.Add(foretold->days[i].due);
    EXPECT_EQ(as_foretold, given->days[i].given) << given->days[i].day;
  }
  EXPECT_GT(foretold->Total().due.gifts, 100);
  EXPECT_GT(foretold->Total().over_budget, 10);
  EXPECT_EQ(given->Total().due.gifts, 0);
}

}  // namespace
}  // namespace gratis::birthdays
