#include "services/members/brief_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"

namespace gratis::members {
namespace {

using Day = absl::CivilDay;

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 10> kOrdinals = {
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"};
constexpr std::array<std::string_view, 10> kCardinals = {"One", "Two",   "Three", "Four", "Five",
                                                         "Six", "Seven", "Eight", "Nine", "Ten"};

std::string_view MonthOf(Day day) { return kMonths[static_cast<size_t>(day.month() - 1)]; }

std::string_view WeekdayText(Day day) {
  constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                     "Friday", "Saturday", "Sunday"};
  return kDays[static_cast<size_t>(absl::GetWeekday(day))];
}

std::string View(std::string_view text) { return std::string(text); }

std::optional<int> BirthdayIn(const BriefFacts& facts) {
  if (!facts.birthday) return std::nullopt;
  return DaysUntil(*facts.birthday, facts.birthday_today);
}

bool ReachedLately(const BriefFacts& facts) {
  return !facts.no_profiling && facts.reached && facts.reached->on <= facts.today &&
         facts.today - facts.reached->on <= kTierNewsDays;
}

bool MilestoneNow(const BriefFacts& facts) {
  return !facts.no_profiling && facts.in_person && IsMilestone(VisitNumber(facts)) &&
         facts.first_visit;
}

// They were here before, and long ago; today's purchase, if there is one already, counts as now.
bool BackAgain(const BriefFacts& facts) {
  return !facts.no_profiling && facts.in_person && facts.last_visit &&
         facts.today - *facts.last_visit >= kLongAwayDays;
}

bool BecameMemberToday(const BriefFacts& facts) { return facts.enrolled_on == facts.today; }

SaidSentence VisitsSentence(const BriefFacts& facts) {
  const std::string since =
      absl::StrCat(" since ", MonthText(*facts.first_visit, facts.today), ".");
  SaidSentence sentence{.kind = SentenceKind::kVisits,
                        .text = "",
                        .number = facts.visits,
                        .day = facts.first_visit,
                        .name = ""};
  if (facts.in_person) {
    sentence.number = VisitNumber(facts);
    sentence.text = absl::StrCat("Their ", Ordinal(sentence.number), " visit", since);
  } else {
    sentence.text =
        facts.visits == 1
            ? absl::StrCat("One visit, in ", MonthText(*facts.first_visit, facts.today), ".")
            : absl::StrCat(Cardinal(facts.visits), " visits", since);
  }
  return sentence;
}

SaidSentence MemberSince(const BriefFacts& facts) {
  return {
      .kind = SentenceKind::kMemberSince,
      .text = BecameMemberToday(facts)
                  ? "A member since today."
                  : absl::StrCat("A member since ", MonthText(facts.enrolled_on, facts.today), "."),
      .number = 0,
      .day = facts.enrolled_on,
      .name = ""};
}

// What is true of anybody, and celebrates nothing.
SaidSentence PlainSentence(const BriefFacts& facts) {
  if (facts.no_profiling) return MemberSince(facts);
  if (BackAgain(facts)) {
    return {.kind = SentenceKind::kBackAgain,
            .text = absl::StrCat("Their first visit since ",
                                 MonthText(*facts.last_visit, facts.today), "."),
            .number = 0,
            .day = facts.last_visit,
            .name = ""};
  }
  // That a visit is their first ever is not certain: what they bought elsewhere, or long ago, may
  // never have been recorded.
  const bool told = facts.first_visit && (!facts.in_person || VisitNumber(facts) > 1);
  return told ? VisitsSentence(facts) : MemberSince(facts);
}

// How many of the vouchers that end soon, and when the first does.
std::optional<std::pair<int64_t, Day>> VouchersEnding(const BriefFacts& facts) {
  std::optional<std::pair<int64_t, Day>> ending;
  for (const Day day : facts.voucher_ends) {
    if (day < facts.today || day - facts.today > kVoucherEndsDays) continue;
    if (!ending) ending.emplace(0, day);
    ++ending->first;
    ending->second = std::min(ending->second, day);
  }
  return ending;
}

}  // namespace

std::optional<int> DaysUntil(const MonthDay& day, Day today) {
  for (int64_t year = today.year(); year <= today.year() + 1; ++year) {
    if (day == MonthDay{2, 29} && !base::IsLeapYear(year)) continue;
    const Day next(year, day.month, day.day);
    if (next >= today && next - today <= 365) return static_cast<int>(next - today);
  }
  return std::nullopt;
}

int64_t VisitNumber(const BriefFacts& facts) {
  const bool counted = facts.last_visit && *facts.last_visit >= facts.today;
  return facts.visits + (facts.in_person && !counted ? 1 : 0);
}

bool IsMilestone(int64_t visit) {
  return visit == 5 || visit == 10 || visit == 25 || (visit >= 50 && visit % 50 == 0);
}

bool GiftWaits(const BriefFacts& facts) {
  return facts.gift_on && *facts.gift_on <= facts.today &&
         (!facts.last_visit || *facts.last_visit < *facts.gift_on);
}

SaidSentence SentenceOf(const BriefFacts& facts) {
  if (!facts.greeted) return {};
  if (facts.complaint) return PlainSentence(facts);
  const std::optional<int> birthday = BirthdayIn(facts);
  if (birthday == 0) {
    return {.kind = SentenceKind::kBirthdayToday,
            .text = "Birthday today.",
            .number = 0,
            .day = facts.birthday_today,
            .name = ""};
  }
  if (MilestoneNow(facts)) {
    SaidSentence sentence = VisitsSentence(facts);
    sentence.kind = SentenceKind::kVisitMilestone;
    return sentence;
  }
  if (ReachedLately(facts)) {
    return {
        .kind = SentenceKind::kTierReached,
        .text = absl::StrCat(
            facts.reached->tier, " since ",
            facts.reached->on == facts.today ? "today" : DayText(facts.reached->on, facts.today),
            "."),
        .number = 0,
        .day = facts.reached->on,
        .name = facts.reached->tier};
  }
  if (GiftWaits(facts)) {
    return {.kind = SentenceKind::kGiftWaiting,
            .text = "A birthday gift is waiting for them.",
            .number = 0,
            .day = facts.gift_on,
            .name = ""};
  }
  if (birthday && *birthday <= kBirthdaySoonDays) {
    const Day day = facts.birthday_today + *birthday;
    return {.kind = SentenceKind::kBirthdaySoon,
            .text = *birthday == 1 ? "Birthday tomorrow."
                                   : absl::StrCat("Birthday on ", View(WeekdayText(day)), "."),
            .number = 0,
            .day = day,
            .name = ""};
  }
  return PlainSentence(facts);
}

SaidSentence SentenceOnWeakProof(BriefFacts facts) {
  facts.birthday.reset();
  facts.gift_on.reset();
  return SentenceOf(facts);
}

std::vector<SaidSuggestion> SuggestionsOf(const BriefFacts& facts) {
  std::vector<SaidSuggestion> all;
  if (!facts.greeted) return all;
  const auto suggest = [&](SuggestionKind kind, std::string text, std::optional<Day> day = {},
                           int64_t number = 0, std::string name = "") {
    all.push_back({kind, std::move(text), number, day, std::move(name)});
  };
  if (facts.complaint) {
    const BriefFacts::Complaint& complaint = *facts.complaint;
    suggest(SuggestionKind::kMendComplaint,
            absl::StrCat("Mend first what they complain of: ", complaint.topic, ", since ",
                         DayText(complaint.since, facts.today), "."),
            complaint.since, complaint.count, complaint.topic);
    return all;
  }
  if (BirthdayIn(facts) == 0) {
    suggest(SuggestionKind::kWishHappyBirthday, "Wish them a happy birthday.");
  }
  if (MilestoneNow(facts)) {
    const int64_t visit = VisitNumber(facts);
    suggest(SuggestionKind::kThankForVisit,
            absl::StrCat("Thank them for their ", Ordinal(visit), " visit."), std::nullopt, visit);
  }
  if (ReachedLately(facts)) {
    suggest(SuggestionKind::kCongratulateOnTier,
            absl::StrCat("Congratulate them on ", facts.reached->tier, "."), std::nullopt, 0,
            facts.reached->tier);
  }
  if (GiftWaits(facts)) {
    suggest(SuggestionKind::kMentionGift, "Tell them that a birthday gift is waiting.",
            facts.gift_on);
  }
  if (BecameMemberToday(facts)) {
    suggest(SuggestionKind::kWelcome, "Welcome them: they became a member today.");
  }
  if (BackAgain(facts)) {
    suggest(SuggestionKind::kWelcomeBack,
            absl::StrCat("Welcome them back: they were last here in ",
                         MonthText(*facts.last_visit, facts.today), "."),
            facts.last_visit);
  }
  if (const auto ending = VouchersEnding(facts)) {
    suggest(
        SuggestionKind::kMentionVoucher,
        absl::StrCat(ending->first == 1 ? "Tell them that a voucher of theirs ends on "
                                        : "Tell them that vouchers of theirs end, the first on ",
                     DayText(ending->second, facts.today), "."),
        ending->second, ending->first);
  }
  if (facts.points_end && *facts.points_end >= facts.today &&
      *facts.points_end - facts.today <= kPointsEndDays) {
    suggest(SuggestionKind::kMentionPoints,
            absl::StrCat("Tell them that some of their points end on ",
                         DayText(*facts.points_end, facts.today), "."),
            facts.points_end);
  }
  if (!facts.has_name) suggest(SuggestionKind::kAskName, "Ask how they like to be called.");
  if (all.size() > kMaxSuggestions) all.resize(kMaxSuggestions);
  return all;
}

std::string Ordinal(int64_t number) {
  if (number <= std::ssize(kOrdinals)) return View(kOrdinals[static_cast<size_t>(number - 1)]);
  const int64_t tens = number % 100;
  std::string_view ending = "th";
  if (tens < 11 || tens > 13) {
    if (number % 10 == 1) ending = "st";
    if (number % 10 == 2) ending = "nd";
    if (number % 10 == 3) ending = "rd";
  }
  return absl::StrCat(number, View(ending));
}

std::string Cardinal(int64_t number) {
  if (number >= 1 && number <= std::ssize(kCardinals)) {
    return View(kCardinals[static_cast<size_t>(number - 1)]);
  }
  return absl::StrCat(number);
}

std::string MonthText(Day day, Day today) {
  if (day.year() == today.year()) return View(MonthOf(day));
  return absl::StrCat(View(MonthOf(day)), " ", day.year());
}

std::string DayText(Day day, Day today) {
  return absl::StrCat(day.day(), " ", MonthText(day, today));
}

}  // namespace gratis::members
