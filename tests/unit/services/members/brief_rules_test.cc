#include "services/members/brief_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <vector>

namespace gratis::members {
namespace {

using Day = absl::CivilDay;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Somebody who came eight times before today, and stands at the till. It is a Saturday.
BriefFacts Regular() {
  return {.in_person = true,
          .today = Day(2026, 11, 28),
          .enrolled_on = Day(2025, 2, 3),
          .visits = 8,
          .first_visit = Day(2026, 3, 5),
          .last_visit = Day(2026, 11, 20),
          .birthday_today = Day(2026, 11, 28)};
}

std::string Sentence(const BriefFacts& facts) { return SentenceOf(facts).text; }

std::vector<SuggestionKind> Suggested(const BriefFacts& facts) {
  std::vector<SuggestionKind> kinds;
  for (const SaidSuggestion& said : SuggestionsOf(facts)) kinds.push_back(said.kind);
  return kinds;
}

TEST(BriefSentence, CountsTheVisitTheyAreOn) {
  BriefFacts facts = Regular();
  EXPECT_EQ(Sentence(facts), "Their ninth visit since March.");
  // They have paid already: the visit is counted.
  facts.last_visit = facts.today;
  EXPECT_EQ(Sentence(facts), "Their eighth visit since March.");
  facts.in_person = false;
  EXPECT_EQ(Sentence(facts), "Eight visits since March.");
  facts.visits = 1;
  facts.first_visit = facts.last_visit = Day(2025, 3, 5);
  EXPECT_EQ(Sentence(facts), "One visit, in March 2025.");
}

TEST(BriefSuggestions, MendFirstAndNothingElse) {
  BriefFacts facts = Regular();
  facts.birthday = MonthDay{11, 28};
  facts.visits = 9;
  facts.has_name = false;
  facts.voucher_ends = {facts.today + 1};
  facts.complaint = {.topic = "delivery", .since = facts.today - 2, .count = 2};
  const std::vector<SaidSuggestion> suggested = SuggestionsOf(facts);
  ASSERT_EQ(suggested.size(), 1U);
  EXPECT_EQ(suggested[0].kind, SuggestionKind::kMendComplaint);
  EXPECT_EQ(suggested[0].text, "Mend first what they complain of: delivery, since 26 November.");
  EXPECT_EQ(suggested[0].number, 2);
  EXPECT_EQ(suggested[0].name, "delivery");
}

TEST(BriefSentence, CelebratesNothingWhileAComplaintIsOpen) {
  BriefFacts facts = Regular();
  facts.complaint = {.topic = "delivery", .since = facts.today};
  facts.birthday = MonthDay{11, 28};
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
  facts.birthday.reset();
  facts.gift_on = facts.today;
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
  facts.reached = {.tier = "Gold", .on = facts.today};
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
  facts.complaint.reset();
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kTierReached);
}

TEST(BriefSentence, ARoundNumberIsWorthMore) {
  BriefFacts facts = Regular();
  facts.visits = 9;
  facts.gift_on = Day(2026, 11, 25);
  const SaidSentence said = SentenceOf(facts);
  EXPECT_EQ(said.kind, SentenceKind::kVisitMilestone);
  EXPECT_EQ(said.text, "Their tenth visit since March.");
  EXPECT_EQ(said.number, 10);
  EXPECT_EQ(said.day, Day(2026, 3, 5));
  facts.in_person = false;
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kGiftWaiting);
}

TEST(BriefSentence, NobodyIsToldThatAVisitIsTheirFirst) {
  BriefFacts facts = Regular();
  facts.visits = 0;
  facts.first_visit.reset();
  facts.last_visit.reset();
  EXPECT_EQ(Sentence(facts), "A member since February 2025.");
  facts.visits = 1;
  facts.first_visit = facts.last_visit = facts.today;
  EXPECT_EQ(Sentence(facts), "A member since February 2025.");
  facts.enrolled_on = facts.today;
  EXPECT_EQ(Sentence(facts), "A member since today.");
}

TEST(BriefSentence, IsAboutTheBirthdayWhenThatIsCertain) {
  BriefFacts facts = Regular();
  facts.birthday = MonthDay{11, 28};
  EXPECT_EQ(Sentence(facts), "Birthday today.");
  facts.birthday = MonthDay{11, 29};
  EXPECT_EQ(Sentence(facts), "Birthday tomorrow.");
  facts.birthday = MonthDay{12, 3};
  EXPECT_EQ(Sentence(facts), "Birthday on Thursday.");
  // A week from now a weekday would be today's.
  facts.birthday = MonthDay{12, 5};
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
  facts.birthday = MonthDay{11, 27};
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
  // It is their day where they live, though not here.
  facts.birthday_today = Day(2026, 11, 27);
  EXPECT_EQ(Sentence(facts), "Birthday today.");
}

TEST(BriefSentence, LeapDayIsToldInLeapYearsOnly) {
  BriefFacts facts = Regular();
  facts.birthday = MonthDay{2, 29};
  for (const int day : {26, 27, 28}) {
    facts.today = facts.birthday_today = Day(2027, 2, day);
    EXPECT_EQ(DaysUntil(*facts.birthday, facts.birthday_today), std::nullopt) << day;
  }
  facts.today = facts.birthday_today = Day(2028, 2, 28);
  EXPECT_EQ(Sentence(facts), "Birthday tomorrow.");
  facts.today = facts.birthday_today = Day(2028, 2, 29);
  EXPECT_EQ(Sentence(facts), "Birthday today.");
}

TEST(BriefSentence, TellsOfATierForTwoWeeks) {
  BriefFacts facts = Regular();
  facts.reached = {"Silver", Day(2026, 11, 21)};
  EXPECT_EQ(Sentence(facts), "Silver since 21 November.");
  facts.reached->on = facts.today;
  EXPECT_EQ(Sentence(facts), "Silver since today.");
  facts.reached->on = facts.today - 15;
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
}

TEST(BriefSentence, AGiftWaitsUntilTheyBuy) {
  BriefFacts facts = Regular();
  facts.gift_on = Day(2026, 11, 25);
  EXPECT_EQ(Sentence(facts), "A birthday gift is waiting for them.");
  facts.last_visit = Day(2026, 11, 25);
  EXPECT_FALSE(GiftWaits(facts));
  EXPECT_EQ(SentenceOf(facts).kind, SentenceKind::kVisits);
}

TEST(BriefSentence, WelcomesBackAfterLong) {
  BriefFacts facts = Regular();
  facts.first_visit = Day(2024, 1, 2);
  facts.last_visit = Day(2025, 5, 30);
  EXPECT_EQ(Sentence(facts), "Their first visit since May 2025.");
  EXPECT_THAT(Suggested(facts), ElementsAre(SuggestionKind::kWelcomeBack));
  facts.in_person = false;
  EXPECT_EQ(Sentence(facts), "Eight visits since January 2024.");
}

TEST(BriefSentence, OfWhoWantsNoProfilingNothingTheyDidIsSaid) {
  const std::string plain = "A member since February 2025.";
  BriefFacts facts = Regular();
  facts.no_profiling = true;
  EXPECT_EQ(Sentence(facts), plain);
  facts.visits = 9;
  EXPECT_EQ(Sentence(facts), plain) << "though it is their tenth visit";
  facts.reached = {"Silver", facts.today};
  EXPECT_EQ(Sentence(facts), plain);
  facts.first_visit = Day(2024, 1, 2);
  facts.last_visit = Day(2025, 5, 30);
  EXPECT_EQ(Sentence(facts), plain) << "though they were away for long";
  EXPECT_THAT(Suggested(facts), IsEmpty());
  facts.complaint = {.topic = "delivery", .since = facts.today};
  EXPECT_EQ(Sentence(facts), plain);
  EXPECT_THAT(Suggested(facts), ElementsAre(SuggestionKind::kMendComplaint));
  facts.complaint.reset();
  facts.birthday = MonthDay{11, 28};
  EXPECT_EQ(Sentence(facts), "Birthday today.");
  facts.voucher_ends = {facts.today + 1};
  facts.points_end = facts.today + 2;
  EXPECT_THAT(Suggested(facts),
              ElementsAre(SuggestionKind::kWishHappyBirthday, SuggestionKind::kMentionVoucher,
                          SuggestionKind::kMentionPoints));
}

TEST(BriefSentence, AWeakProofHearsNothingOfBirthdays) {
  BriefFacts facts = Regular();
  facts.birthday = MonthDay{11, 28};
  facts.gift_on = Day(2026, 11, 28);
  EXPECT_EQ(SentenceOnWeakProof(facts).text, "Their ninth visit since March.");
}

TEST(BriefSentence, NobodyIsGreetedWhoIsNotDealtWith) {
  BriefFacts facts = Regular();
  facts.greeted = false;
  facts.birthday = MonthDay{11, 28};
  EXPECT_EQ(SentenceOf(facts), SaidSentence());
  EXPECT_THAT(SuggestionsOf(facts), IsEmpty());
}

TEST(BriefSuggestions, TheMostWorthDoingFirstAndAtMostThree) {
  BriefFacts facts = Regular();
  facts.visits = 9;
  facts.has_name = false;
  facts.birthday = MonthDay{11, 28};
  facts.gift_on = Day(2026, 11, 28);
  facts.voucher_ends = {Day(2026, 12, 5), Day(2026, 12, 1), Day(2027, 12, 1)};
  facts.points_end = Day(2026, 12, 20);
  EXPECT_THAT(Suggested(facts),
              ElementsAre(SuggestionKind::kWishHappyBirthday, SuggestionKind::kThankForVisit,
                          SuggestionKind::kMentionGift));
  facts.birthday.reset();
  facts.gift_on.reset();
  facts.visits = 8;
  const std::vector<SaidSuggestion> said = SuggestionsOf(facts);
  ASSERT_THAT(Suggested(facts),
              ElementsAre(SuggestionKind::kMentionVoucher, SuggestionKind::kMentionPoints,
                          SuggestionKind::kAskName));
  EXPECT_EQ(said[0].text, "Tell them that vouchers of theirs end, the first on 1 December.");
  EXPECT_EQ(said[0].number, 2);
  EXPECT_EQ(said[1].text, "Tell them that some of their points end on 20 December.");
}

TEST(BriefWords, NumbersAsPeopleSayThem) {
  EXPECT_EQ(Ordinal(1), "first");
  EXPECT_EQ(Ordinal(10), "tenth");
  EXPECT_EQ(Ordinal(11), "11th");
  EXPECT_EQ(Ordinal(12), "12th");
  EXPECT_EQ(Ordinal(21), "21st");
  EXPECT_EQ(Ordinal(102), "102nd");
  EXPECT_EQ(Ordinal(113), "113th");
  EXPECT_EQ(Ordinal(1'003), "1003rd");
}

rc::Gen<Day> AnyDay() {
  return rc::gen::map(rc::gen::inRange(0, 2'000), [](int days) { return Day(2024, 1, 1) + days; });
}

rc::Gen<std::optional<Day>> AnyDayOrNone() {
  return rc::gen::oneOf(rc::gen::just(std::optional<Day>()),
                        rc::gen::map(AnyDay(), [](Day day) { return std::optional(day); }));
}

// Whatever is known, as far as it can be true together.
BriefFacts AnyFacts() {
  BriefFacts facts;
  facts.greeted = *rc::gen::weightedElement<bool>({{9, true}, {1, false}});
  facts.in_person = *rc::gen::arbitrary<bool>();
  facts.has_name = *rc::gen::arbitrary<bool>();
  facts.no_profiling = *rc::gen::weightedElement<bool>({{3, false}, {1, true}});
  facts.today = *AnyDay();
  facts.birthday_today = facts.today + *rc::gen::inRange(-1, 2);
  facts.enrolled_on = std::min(*AnyDay(), facts.today);
  const std::optional<Day> first = *AnyDayOrNone();
  if (first && *first <= facts.today) {
    facts.first_visit = first;
    facts.last_visit = std::clamp(*AnyDay(), *first, facts.today);
    facts.visits = *facts.last_visit == *first
                       ? 1
                       : *rc::gen::inRange<int64_t>(2, *facts.last_visit - *first + 2);
  }
  if (*rc::gen::arbitrary<bool>()) {
    const Day born = *AnyDay();
    facts.birthday = MonthDay{born.month(), born.day()};
  }
  if (*rc::gen::arbitrary<bool>()) facts.reached = {"Silver", *AnyDay()};
  facts.gift_on = *AnyDayOrNone();
  facts.voucher_ends = *rc::gen::container<std::vector<Day>>(AnyDay());
  facts.points_end = *AnyDayOrNone();
  return facts;
}

TEST(BriefSentence, IsOneWholeSentenceForEverybodyOneGreets) {
  EXPECT_TRUE(rc::check([] {
    const BriefFacts facts = AnyFacts();
    for (const SaidSentence& said : {SentenceOf(facts), SentenceOnWeakProof(facts)}) {
      RC_ASSERT((said.kind != SentenceKind::kNone) == facts.greeted);
      if (!facts.greeted) continue;
      RC_ASSERT(std::count(said.text.begin(), said.text.end(), '.') == 1);
      RC_ASSERT(said.text.back() == '.');
      RC_ASSERT(!std::islower(static_cast<unsigned char>(said.text.front())));
    }
  }));
}

TEST(BriefSentence, SaysNothingThatIsNotSo) {
  EXPECT_TRUE(rc::check([] {
    const BriefFacts facts = AnyFacts();
    const SaidSentence said = SentenceOf(facts);
    switch (said.kind) {
      case SentenceKind::kNone:
        RC_ASSERT(!facts.greeted);
        break;
      case SentenceKind::kBirthdayToday:
        RC_ASSERT(facts.birthday ==
                  (MonthDay{facts.birthday_today.month(), facts.birthday_today.day()}));
        break;
      case SentenceKind::kBirthdaySoon:
        RC_ASSERT(facts.birthday == (MonthDay{said.day->month(), said.day->day()}));
        RC_ASSERT(*said.day > facts.birthday_today && *said.day - facts.birthday_today < 7);
        break;
      case SentenceKind::kVisitMilestone:
        RC_ASSERT(IsMilestone(said.number) && facts.in_person);
        [[fallthrough]];
      case SentenceKind::kVisits:
        RC_ASSERT(said.number ==
                  facts.visits + (facts.in_person && *facts.last_visit < facts.today));
        RC_ASSERT(said.day == facts.first_visit);
        break;
      case SentenceKind::kTierReached:
        RC_ASSERT(facts.reached->on <= facts.today && facts.today - facts.reached->on <= 14);
        break;
      case SentenceKind::kGiftWaiting:
        RC_ASSERT(*facts.gift_on <= facts.today);
        RC_ASSERT(!facts.last_visit || *facts.last_visit < *facts.gift_on);
        break;
      case SentenceKind::kBackAgain:
        RC_ASSERT(facts.in_person && facts.today - *facts.last_visit >= 180);
        break;
      case SentenceKind::kMemberSince:
        RC_ASSERT(said.day == facts.enrolled_on);
        break;
    }
  }));
}

TEST(BriefSentence, NobodyWhoWantsNoProfilingIsToldApartByWhatTheyDid) {
  EXPECT_TRUE(rc::check([] {
    BriefFacts facts = AnyFacts();
    facts.no_profiling = true;
    for (const SaidSentence& said : {SentenceOf(facts), SentenceOnWeakProof(facts)}) {
      RC_ASSERT(said.kind != SentenceKind::kVisitMilestone && said.kind != SentenceKind::kVisits);
      RC_ASSERT(said.kind != SentenceKind::kTierReached && said.kind != SentenceKind::kBackAgain);
    }
    for (const SuggestionKind kind : Suggested(facts)) {
      RC_ASSERT(kind != SuggestionKind::kThankForVisit && kind != SuggestionKind::kWelcomeBack);
      RC_ASSERT(kind != SuggestionKind::kCongratulateOnTier);
    }
  }));
}

TEST(BriefSuggestions, AreFewInOrderAndEachOnce) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<SuggestionKind> kinds = Suggested(AnyFacts());
    RC_ASSERT(kinds.size() <= kMaxSuggestions);
    RC_ASSERT(std::is_sorted(kinds.begin(), kinds.end()));
    RC_ASSERT(std::adjacent_find(kinds.begin(), kinds.end()) == kinds.end());
  }));
}

}  // namespace
}  // namespace gratis::members
