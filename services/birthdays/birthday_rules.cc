#include "services/birthdays/birthday_rules.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::birthdays {
namespace {

// Between the easternmost zone (UTC+14) and the westernmost (UTC-12) lie 26 hours: while it is
// still one day in the program's zone, a member's may be two days on or back.
constexpr int kZoneDays = 2;

// A span never holds a day of the year twice.
constexpr int kMaxSpanDays = 365;

// The moment of the local hour on `day`. Where the zone's clock jumps over it, the moment of the
// jump; where it comes twice, the first.
absl::Time AtLocalHour(absl::CivilDay day, int hour, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo local =
      zone.At(absl::CivilSecond(day.year(), day.month(), day.day(), hour));
  return local.kind == absl::TimeZone::TimeInfo::SKIPPED ? local.trans : local.pre;
}

// The last day, in the member's zone, on which the gift comes: where the clock jumps over the local
// hour into the next day, that one at least.
absl::CivilDay LastDay(absl::CivilDay kept_on, absl::Time due_at, const Policy& policy,
                       const absl::TimeZone& zone) {
  return std::max(kept_on + policy.late_days, base::DayOf(due_at, zone));
}

bool IsLeapDay(MonthDay birthday) { return birthday.month == 2 && birthday.day == 29; }

absl::Status CheckWithin(int64_t value, int64_t low, int64_t high, std::string_view field) {
  if (value >= low && value <= high) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field,
                    absl::StrCat("must be ", low, " to ", high, ", not ", value));
}

// The first moment that the last gift leaves room for; nothing when no gift came near enough
// before. Gifts given when this birthday's were over do not count: they were judged by this one.
std::optional<absl::CivilDay> FirstDayAfterOthers(absl::Span<const Gift> others,
                                                  absl::CivilDay last_day,
                                                  const Celebrant& celebrant) {
  std::optional<absl::CivilDay> first;
  for (const Gift& gift : others) {
    const absl::CivilDay given_on = base::DayOf(gift.given_at, celebrant.zone);
    if (given_on > last_day) continue;
    if (celebrant.corrected_at &&
        (gift.given_at < *celebrant.corrected_at || gift.due_at == *celebrant.corrected_at)) {
      continue;
    }
    const absl::CivilDay room = given_on + kMinDaysBetweenGifts;
    first = first ? std::max(*first, room) : room;
  }
  return first;
}

// Whether a gift came between when this one was due and the correction.
bool HadOneSince(absl::Span<const Gift> others, absl::Time due_at, absl::Time corrected_at) {
  return std::any_of(others.begin(), others.end(), [&](const Gift& gift) {
    return gift.given_at >= due_at && gift.given_at < corrected_at;
  });
}

bool WasOff(const Policy& policy, absl::Time from, absl::Time to) {
  return std::any_of(policy.off.begin(), policy.off.end(),
                     [&](const OffTime& off) { return off.from <= from && to <= off.to; });
}

// Of what there are several, more is said.
bool IsPlural(const Offer& offer) {
  return offer.kind() == GiftKind::kPoints && offer.presents.front().worth != 1;
}

std::string Capitalized(std::string text) {
  text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
  return text;
}

// How old they are on the birthday of `year`, where they have said when they were born.
std::optional<int64_t> AgeOn(const Celebrant& celebrant, int64_t year) {
  if (!celebrant.birth_year) return std::nullopt;
  return year - *celebrant.birth_year;
}

bool IsMinor(const Celebrant& celebrant, int64_t year, const Policy& policy) {
  const std::optional<int64_t> age = AgeOn(celebrant, year);
  return age && *age < policy.adult_age;
}

bool IsTier(std::string_view code) {
  return !code.empty() && code.size() <= kMaxTierBytes &&
         std::all_of(code.begin(), code.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '_';
         });
}

absl::Status CheckTiers(const std::vector<TierOffer>& tiers) {
  if (tiers.size() > kMaxTierOffers) {
    return FieldError(Reason::kFieldInvalid, "policy.tier_gifts",
                      absl::StrCat("gifts for at most ", kMaxTierOffers, " tiers"));
  }
  std::set<std::string_view> seen;
  for (size_t i = 0; i < tiers.size(); ++i) {
    const std::string field = absl::StrCat("policy.tier_gifts[", i, "]");
    if (!IsTier(tiers[i].tier)) {
      return FieldError(Reason::kFieldInvalid, field + ".tier",
                        "say which tier, by its code, such as gold");
    }
    if (!seen.insert(tiers[i].tier).second) {
      return FieldError(Reason::kFieldInvalid, field + ".tier", "the tier is there twice");
    }
    RETURN_IF_ERROR(CheckOffer(tiers[i].offer, field + ".gift"));
  }
  return absl::OkStatus();
}

// "the birthday of 2027", and on which day it is kept where that is not plain.
std::string BirthdayText(const Celebrant& celebrant, const Verdict& verdict, int32_t year) {
  std::string text = absl::StrCat("the birthday of ", year);
  if (celebrant.birthday && IsLeapDay(*celebrant.birthday) && !base::IsLeapYear(year)) {
    absl::StrAppend(&text, " (29 February, kept on ", base::FormatDay(*verdict.kept_on), ")");
  }
  return text;
}

// What is said of a choice besides.
std::string ChoiceText(const Gift& gift, const absl::TimeZone& zone) {
  if (!gift.offer.is_choice()) return "";
  if (gift.chosen) {
    const std::string at = LocalText(gift.chosen->at, zone);
    return gift.chosen->by_default
               ? absl::StrCat(" Nobody chose in time, so ", gift.chosen->option, " came at ", at,
                              ".")
               : absl::StrCat(" They chose ", gift.chosen->option, " at ", at, ".");
  }
  if (!gift.open) return " Nobody chose before the member left.";
  return absl::StrCat(" They may choose until ", LocalText(*gift.choose_by, zone), ", when ",
                      gift.offer.standard().option, " comes.");
}

std::string QuietText(const Gift& gift) {
  return gift.quiet ? " It was given without a word, since a complaint of theirs was open." : "";
}

std::string WhyNot(const Verdict& verdict, const Celebrant& celebrant, const std::string& birthday,
                   const Policy& policy) {
  const std::string days = absl::StrCat(policy.late_days, " days");
  switch (*verdict.why) {
    case Withheld::kPolicyOff:
      return "No gift: the program gives no birthday gifts.";
    case Withheld::kNoBirthday:
      return "No gift: the member has not said when their birthday is.";
    case Withheld::kJoinedLater:
      return absl::StrCat("No gift: the member joined at ",
                          LocalText(celebrant.enrolled_at, celebrant.zone), ", more than ", days,
                          " after ", birthday, ".");
    case Withheld::kRecentGift:
      return absl::StrCat("No gift for ", birthday, ": the member's last one came less than ",
                          kMinDaysBetweenGifts, " days before.");
    case Withheld::kTooLate:
      return absl::StrCat("No gift: ", birthday, " passed more than ", days,
                          " ago without one, and it would be odd to give it now.");
    case Withheld::kMemberState:
      return absl::StrCat("No gift: the member's state is ",
                          base::Abs(ledger::NameOf(celebrant.state)), ".");
    case Withheld::kNoCelebrations:
      return "No gift: the member wants no celebrations.";
    case Withheld::kGuardian:
      return absl::StrCat("No gift for ", birthday,
                          ": the member is a minor, and no guardian has agreed.");
    case Withheld::kBudget:
      return absl::StrCat(
          "No gift: the budget that pays for it has no room; it comes if there is "
          "more within ",
          days, " after ", birthday, ".");
  }
  std::abort();  // the list above is complete
}

}  // namespace

absl::Status CheckPolicy(const Policy& policy) {
  RETURN_IF_ERROR(CheckOffer(policy.offer, "policy.gift"));
  RETURN_IF_ERROR(CheckTiers(policy.tiers));
  RETURN_IF_ERROR(CheckWithin(policy.local_hour, 0, 23, "policy.local_hour"));
  RETURN_IF_ERROR(CheckWithin(policy.lead_days, 0, kMaxLeadDays, "policy.lead_days"));
  RETURN_IF_ERROR(CheckWithin(policy.late_days, 0, kMaxLateDays, "policy.late_days"));
  RETURN_IF_ERROR(
      CheckWithin(policy.valid_days, kMinValidDays, kMaxValidDays, "policy.valid_days"));
  RETURN_IF_ERROR(CheckWithin(policy.choose_days, 1, kMaxChooseDays, "policy.choose_days"));
  RETURN_IF_ERROR(CheckWithin(policy.adult_age, kMinAdultAge, kMaxAdultAge, "policy.adult_age"));
  if (policy.leap_day_rule != LeapDayRule::kFebruary28 &&
      policy.leap_day_rule != LeapDayRule::kMarch1) {
    return FieldError(Reason::kFieldInvalid, "policy.leap_day_rule",
                      "say whether 29 February is kept on 28 February or on 1 March");
  }
  return absl::OkStatus();
}

std::vector<OffTime> OffTimes(absl::Time began, absl::Span<const Switched> set) {
  std::vector<OffTime> off = {{absl::InfinitePast(), began}};
  bool on = true;  // until something is set
  for (const Switched& one : set) {
    if (on && !one.on) off.push_back({one.at, absl::InfiniteFuture()});
    if (!on && one.on) off.back().to = one.at;
    on = one.on;
  }
  return off;
}

absl::Status CheckTiersAmong(const std::set<std::string>& known, const Policy& policy) {
  for (size_t i = 0; i < policy.tiers.size(); ++i) {
    const std::string& tier = policy.tiers[i].tier;
    if (known.count(tier) > 0) continue;
    return FieldError(
        Reason::kFieldInvalid, absl::StrCat("policy.tier_gifts[", i, "].tier"),
        known.empty()
            ? absl::StrCat("the program has no tier policy in force, so nobody is in tier ", tier)
            : absl::StrCat("the program has no tier ", tier, "; it has ",
                           absl::StrJoin(known, ", ")));
  }
  return absl::OkStatus();
}

absl::CivilDay KeptOn(MonthDay birthday, int64_t year, LeapDayRule rule) {
  if (IsLeapDay(birthday) && !base::IsLeapYear(year)) {
    return rule == LeapDayRule::kMarch1 ? absl::CivilDay(year, 3, 1) : absl::CivilDay(year, 2, 28);
  }
  return absl::CivilDay(year, birthday.month, birthday.day);
}

absl::Time DueAt(absl::CivilDay kept_on, const Policy& policy, const absl::TimeZone& zone) {
  return AtLocalHour(kept_on - policy.lead_days, policy.local_hour, zone);
}

std::optional<int32_t> YearOwed(const Celebrant& celebrant, const Policy& policy) {
  if (!celebrant.birthday || !celebrant.corrected_at) return std::nullopt;
  const absl::CivilDay corrected_on = base::DayOf(*celebrant.corrected_at, celebrant.zone);
  // With lead days next year's gift may come before this year's end.
  for (int64_t year = corrected_on.year() + 1; year >= corrected_on.year() - 1; --year) {
    const absl::CivilDay kept_on = KeptOn(*celebrant.birthday, year, policy.leap_day_rule);
    const absl::Time due_at = DueAt(kept_on, policy, celebrant.zone);
    if (due_at > *celebrant.corrected_at) continue;
    const absl::CivilDay last_day = LastDay(kept_on, due_at, policy, celebrant.zone);
    const absl::Time over = base::StartOfDay(last_day + 1, celebrant.zone);
    if (WasOff(policy, due_at, over)) return std::nullopt;
    return static_cast<int32_t>(year);
  }
  return std::nullopt;
}

Verdict Judge(const Celebrant& celebrant, int32_t year, const Policy& policy,
              absl::Span<const Gift> gifts, absl::Time now) {
  Verdict verdict;
  if (celebrant.birthday) {
    verdict.kept_on = KeptOn(*celebrant.birthday, year, policy.leap_day_rule);
    verdict.due_at = DueAt(*verdict.kept_on, policy, celebrant.zone);
  }
  for (const Gift& gift : gifts) {
    if (gift.year != year) continue;
    verdict.outcome = Outcome::kGiven;
    verdict.gift = gift;
    verdict.due_at = gift.due_at;
    return verdict;
  }
  const auto withheld = [&](Withheld why) {
    verdict.why = why;
    return verdict;
  };
  if (!ledger::Allows(celebrant.state, ledger::Deed::kReceive)) {
    return withheld(Withheld::kMemberState);
  }
  if (!celebrant.birthday) return withheld(Withheld::kNoBirthday);
  if (!policy.enabled) return withheld(Withheld::kPolicyOff);
  if (celebrant.no_celebrations) return withheld(Withheld::kNoCelebrations);
  if (IsMinor(celebrant, year, policy) && !celebrant.guardian_consents) {
    return withheld(Withheld::kGuardian);
  }

  absl::CivilDay last_day = LastDay(*verdict.kept_on, *verdict.due_at, policy, celebrant.zone);
  if (base::DayOf(celebrant.enrolled_at, celebrant.zone) > last_day) {
    return withheld(Withheld::kJoinedLater);
  }
  absl::Time due_at = std::max(*verdict.due_at, celebrant.enrolled_at);
  if (YearOwed(celebrant, policy) == year) {
    if (HadOneSince(gifts, *verdict.due_at, *celebrant.corrected_at)) {
      return withheld(Withheld::kRecentGift);
    }
    const absl::CivilDay corrected_on = base::DayOf(*celebrant.corrected_at, celebrant.zone);
    if (corrected_on > last_day) due_at = *celebrant.corrected_at;
    last_day = std::max(last_day, corrected_on + policy.late_days);
  }
  const auto room = FirstDayAfterOthers(gifts, last_day, celebrant);
  if (room) {
    if (*room > last_day) return withheld(Withheld::kRecentGift);
    due_at = std::max(due_at, AtLocalHour(*room, policy.local_hour, celebrant.zone));
    last_day = std::max(last_day, base::DayOf(due_at, celebrant.zone));
  }
  if (base::DayOf(now, celebrant.zone) > last_day) return withheld(Withheld::kTooLate);
  verdict.outcome = Outcome::kDue;
  verdict.due_at = due_at;
  verdict.offer = OfferFor(policy, celebrant, year);
  return verdict;
}

Verdict WithoutRoom(Verdict verdict) {
  verdict.outcome = Outcome::kWithheld;
  verdict.why = Withheld::kBudget;
  return verdict;
}

Offer OfferFor(const Policy& policy, const Celebrant& celebrant, int32_t year) {
  const Offer* offer = &policy.offer;
  for (const TierOffer& of_tier : policy.tiers) {
    if (of_tier.tier == celebrant.tier) offer = &of_tier.offer;
  }
  return ForAge(*offer, AgeOn(celebrant, year));
}

absl::Time EndOf(absl::Time given_at, int32_t valid_days, const absl::TimeZone& zone) {
  const absl::CivilDay after = base::DayOf(given_at, zone) + valid_days + 1;
  const absl::Time end = base::StartOfDay(after, zone);
  // A clock that went forward took an hour out of the last of them.
  const bool whole = end - given_at >= absl::Hours(24) * valid_days;
  return whole ? end : base::StartOfDay(after + 1, zone);
}

DaySpan SpanOfRun(absl::Time as_of, std::optional<absl::Time> ran_through, const Policy& policy,
                  const absl::TimeZone& program_zone) {
  const absl::CivilDay today = base::DayOf(as_of, program_zone);
  absl::CivilDay reached = ran_through ? base::DayOf(*ran_through, program_zone) : today;
  reached = std::min(reached, today);
  DaySpan span{.first = reached - policy.late_days - kZoneDays,
               .last = today + policy.lead_days + kZoneDays};
  // Widened, it is still no more than a year.
  span.first = std::max(span.first, span.last - (kMaxSpanDays - 3));
  return span;
}

DaySpan Widened(const DaySpan& span) { return {span.first - 1, span.last + 1}; }

std::optional<int32_t> YearWithin(MonthDay birthday, const DaySpan& span, LeapDayRule rule) {
  for (int64_t year = span.first.year(); year <= span.last.year(); ++year) {
    const absl::CivilDay kept_on = KeptOn(birthday, year, rule);
    if (kept_on >= span.first && kept_on <= span.last) return static_cast<int32_t>(year);
  }
  return std::nullopt;
}

std::string LocalText(absl::Time time, const absl::TimeZone& zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M ", time, zone) + zone.name();
}

std::string SentenceOf(const Verdict& verdict, const Celebrant& celebrant, int32_t year,
                       const Policy& policy, std::string_view currency_code, absl::Time now) {
  const std::string birthday = BirthdayText(celebrant, verdict, year);
  if (verdict.outcome == Outcome::kGiven) {
    const Gift& gift = *verdict.gift;
    return absl::StrCat(Capitalized(TextOf(gift.offer, currency_code)),
                        IsPlural(gift.offer) ? " were" : " was", " given for ", birthday, " at ",
                        LocalText(gift.given_at, celebrant.zone), ".",
                        ChoiceText(gift, celebrant.zone), QuietText(gift));
  }
  if (verdict.outcome == Outcome::kDue) {
    const std::string due = LocalText(*verdict.due_at, celebrant.zone);
    const std::string gift = Capitalized(TextOf(*verdict.offer, currency_code));
    const bool several = IsPlural(*verdict.offer);
    return *verdict.due_at > now
               ? absl::StrCat(gift, " will be given for ", birthday, " at ", due, ".")
               : absl::StrCat(gift, " for ", birthday, several ? " are" : " is", " due since ", due,
                              " and ", several ? "come" : "comes", " with the next run.");
  }
  return WhyNot(verdict, celebrant, birthday, policy);
}
}  // namespace gratis::birthdays
