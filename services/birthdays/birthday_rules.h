#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"

// When a birthday gift is due, for whom, and why not: values in, values out.
//
// A gift belongs to a member and a *birthday year*: the year of the day on which the birthday is
// kept, whatever day the gift itself comes on. With lead days, the gift for 3 January 2028 may come
// in December 2027 and is still that of 2028.
namespace gratis::birthdays {

inline constexpr int64_t kMaxGiftPoints = 1'000'000;
inline constexpr int kMaxLeadDays = 35;
inline constexpr int kMaxLateDays = 30;
// Days between two gifts to one member, from the local day one was given to that of the next. A
// gift that came before the birthday was first corrected holds back none: it was for another day.
// Whoever corrects it again waits, or there would be a gift for each day that one thinks of.
inline constexpr int kMinDaysBetweenGifts = 300;

// When a birthday on 29 February is kept in common years. Stored by number.
enum class LeapDayRule : int16_t { kFebruary28 = 1, kMarch1 = 2 };

// What a program gives, and when. The values here are those in force until some are set.
struct Policy {
  bool enabled = true;
  int64_t points = 100;
  int32_t local_hour = 9;  // 0 to 23, in the member's zone
  int32_t lead_days = 0;   // before the birthday
  int32_t late_days = 30;  // after the birthday, for belated gifts
  LeapDayRule leap_day_rule = LeapDayRule::kFebruary28;
  int32_t version = 0;  // 0: the default; 1, 2, … as they were set

  friend bool operator==(const Policy&, const Policy&) = default;
};

// Errors: FIELD_INVALID, naming the field of the contract's SetBirthdayPolicyRequest.
absl::Status CheckPolicy(const Policy& policy);

// A day that comes back every year; 29 February is one.
struct MonthDay {
  int month;
  int day;
};

// Whoever may get a gift.
struct Celebrant {
  std::optional<MonthDay> birthday;
  absl::TimeZone zone;
  absl::Time enrolled_at;
  ledger::MemberState state = ledger::MemberState::kActive;  // as of now
  // When the day was first corrected, after another had been said.
  std::optional<absl::Time> corrected_at = std::nullopt;
  bool no_celebrations = false;  // as they wish
};

// A gift that was given.
struct Gift {
  int32_t year;  // of the birthday
  TransactionId transaction;
  int64_t points;
  absl::Time due_at;
  absl::Time given_at;
};

enum class Outcome { kGiven, kDue, kWithheld };

enum class Withheld : int16_t {
  kPolicyOff = 1,
  kNoBirthday = 2,
  kJoinedLater = 3,  // more than late_days after the birthday
  kRecentGift = 4,   // and 300 days after it, the birthday would be more than late_days ago
  kTooLate = 5,
  kMemberState = 6,     // suspended, restricted, deceased, closed or erased
  kNoCelebrations = 7,  // the member wants none
};

// What became or will become of one birthday.
struct Verdict {
  Outcome outcome = Outcome::kWithheld;
  std::optional<Withheld> why = std::nullopt;            // when withheld
  std::optional<Gift> gift = std::nullopt;               // when given
  std::optional<absl::CivilDay> kept_on = std::nullopt;  // nothing without a birthday
  // When the gift was, is or would have been due; may be in the past. Nothing without a birthday,
  // unless given.
  std::optional<absl::Time> due_at = std::nullopt;
};

// The day on which `birthday` is kept in `year`.
absl::CivilDay KeptOn(MonthDay birthday, int64_t year, LeapDayRule rule);

// The instant at which a gift may come at the earliest: the local hour, lead days before. Where the
// zone's clock jumps over that hour, the moment of the jump; where the hour comes twice, the first.
absl::Time DueAt(absl::CivilDay kept_on, const Policy& policy, const absl::TimeZone& zone);

// Judges the birthday of `year` as of `now`. `gifts` are those the member has had; of them, the
// ones of the years around `year` matter. Due is: nothing stands against it, and it comes at
// `due_at` or, if that has passed, at once. What is withheld as of one `now` stays so unless the
// policy, the birthday or the member's state changes: who is reinstated within the late days gets
// theirs then.
Verdict Judge(const Celebrant& celebrant, int32_t year, const Policy& policy,
              absl::Span<const Gift> gifts, absl::Time now);

// Days from first to last, both included.
struct DaySpan {
  absl::CivilDay first;
  absl::CivilDay last;
};

// The birthdays that a run as of `as_of` looks at: whoever may be due by then anywhere on earth,
// and back to where the last run got, at most a year.
DaySpan SpanOfRun(absl::Time as_of, std::optional<absl::Time> ran_through, const Policy& policy,
                  const absl::TimeZone& program_zone);

// What to ask for to find everyone whose birthday is *kept* within `span`: a day more on both
// sides, since 29 February may be kept on either of its neighbors.
DaySpan Widened(const DaySpan& span);

// The year in which `birthday` is kept within `span` (of a year at most); nothing if it is not.
std::optional<int32_t> YearWithin(MonthDay birthday, const DaySpan& span, LeapDayRule rule);

// "2027-03-01 09:00 Europe/Zurich".
std::string LocalText(absl::Time time, const absl::TimeZone& zone);

// One sentence for whoever asks what became of the birthday.
std::string SentenceOf(const Verdict& verdict, const Celebrant& celebrant, int32_t year,
                       const Policy& policy, absl::Time now);

}  // namespace gratis::birthdays
