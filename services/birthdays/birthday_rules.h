#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"
#include "services/birthdays/gift_rules.h"

// When a birthday gift is due, for whom, and why not: values in, values out.
//
// A gift belongs to a member and a *birthday year*: the year of the day on which the birthday is
// kept, whatever day the gift itself comes on. With lead days, the gift for 3 January 2028 may come
// in December 2027 and is still that of 2028.
namespace gratis::birthdays {

inline constexpr int kMaxLeadDays = 35;
inline constexpr int kMaxLateDays = 30;
// Days between two gifts to one member, from the local day one was given to that of the next. A
// gift that came before the birthday was first corrected holds back none: it was for another day;
// nor does the one that the correction itself brought, see YearOwed. Whoever corrects it again
// waits, or there would be a gift for each day that one thinks of.
inline constexpr int kMinDaysBetweenGifts = 300;
inline constexpr int kMinValidDays = 30;  // of whatever is given
inline constexpr int kMaxValidDays = 3'650;
inline constexpr int kMaxChooseDays = 60;
inline constexpr int kMinAdultAge = 13;
inline constexpr int kMaxAdultAge = 21;
inline constexpr size_t kMaxTierOffers = 20;
inline constexpr size_t kMaxTierBytes = 32;

// When a birthday on 29 February is kept in common years. Stored by number.
enum class LeapDayRule : int16_t { kFebruary28 = 1, kMarch1 = 2 };

// What is given to those in a tier.
struct TierOffer {
  std::string tier;
  Offer offer;

  friend bool operator==(const TierOffer&, const TierOffer&) = default;
};

// A time in which nobody was given anything.
struct OffTime {
  absl::Time from;
  absl::Time to;

  friend bool operator==(const OffTime&, const OffTime&) = default;
};

// What a program gives, and when. The values here are those in force until some are set.
struct Policy {
  bool enabled = true;
  Offer offer = OfPoints(100);
  std::vector<TierOffer> tiers;  // in place of it
  int32_t local_hour = 9;        // 0 to 23, in the member's zone
  int32_t lead_days = 0;         // before the birthday
  int32_t late_days = 30;        // after the birthday, for belated gifts
  LeapDayRule leap_day_rule = LeapDayRule::kFebruary28;
  int32_t valid_days = 365;  // of vouchers and items
  int32_t choose_days = 14;  // how long a choice is open
  int32_t adult_age = 18;
  int32_t version = 0;            // 0: the default; 1, 2, … as they were set
  std::vector<OffTime> off = {};  // not set, but known where gifts are judged

  friend bool operator==(const Policy&, const Policy&) = default;
};

// That a policy was set which was on, or not.
struct Switched {
  absl::Time at;
  bool on = true;
};

// When nobody was given anything: before giving began, and while what was set last was off. `set`:
// all that was ever set, in its order.
std::vector<OffTime> OffTimes(absl::Time began, absl::Span<const Switched> set);

// Errors: FIELD_INVALID and those of CheckOffer, naming the field of the contract's
// SetBirthdayPolicyRequest.
absl::Status CheckPolicy(const Policy& policy);

// Whether the policy's tiers are all among those that the program has. Errors: FIELD_INVALID.
absl::Status CheckTiersAmong(const std::set<std::string>& known, const Policy& policy);

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
  std::optional<int32_t> birth_year = std::nullopt;
  bool guardian_consents = false;  // matters for minors
  std::string tier = {};           // as of now; empty: none, or nobody asked
};

// What became of a choice.
struct Chosen {
  std::string option;
  TransactionId transaction;
  VoucherId voucher;  // by which it is had; nil for points
  absl::Time at;
  bool by_default = false;  // nobody chose in time
};

// A gift that was given.
struct Gift {
  int32_t year = 0;  // of the birthday
  TransactionId transaction = {};
  Offer offer = {};  // as it was given; of a choice, what there was to choose from
  absl::Time due_at = {};
  absl::Time given_at = {};
  VoucherId voucher = {};                              // by which it is had; nil for others
  std::optional<absl::Time> choose_by = std::nullopt;  // of a choice: the default comes then
  int32_t valid_days = 0;                              // of a choice: of what is chosen
  std::optional<Chosen> chosen = std::nullopt;         // of a choice that was made
  bool open = false;                                   // of a choice that may still be made
  bool quiet = false;                                  // nobody is to be told yet
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
  kGuardian = 8,        // of a minor, has not agreed
  kBudget = 9,          // has no room for it
};

// What became or will become of one birthday.
struct Verdict {
  Outcome outcome = Outcome::kWithheld;
  std::optional<Withheld> why = std::nullopt;            // when withheld
  std::optional<Gift> gift = std::nullopt;               // when given
  std::optional<Offer> offer = std::nullopt;             // when due, or withheld by the budget
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

// What there is for a member: by their tier, and by their age on the birthday of `year`.
Offer OfferFor(const Policy& policy, const Celebrant& celebrant, int32_t year);

// The end of what is given on `given_at` for so many days: that of a day in `zone`.
absl::Time EndOf(absl::Time given_at, int32_t valid_days, const absl::TimeZone& zone);

// The year whose gift the first correction of the day brings, if there was none for it yet: that of
// the last birthday on the new day. Had they said the right day in time, they would have had it.
// Nothing when there was no correction, nor when nobody was given anything from when it was due
// until its late days were over.
std::optional<int32_t> YearOwed(const Celebrant& celebrant, const Policy& policy);

// Judges the birthday of `year` as of `now`. `gifts` are those the member has had; of them, the
// ones of the years around `year` matter. Due is: nothing stands against it, and it comes at
// `due_at` or, if that has passed, at once. What is withheld as of one `now` stays so unless the
// policy, the birthday or the member's state changes: who is reinstated within the late days gets
// theirs then. What is owed since a correction (YearOwed) may come until the late days after that
// are over, and is due since then when those after the birthday were; unless another gift came in
// between. Budgets are looked at by who knows them: WithoutRoom.
Verdict Judge(const Celebrant& celebrant, int32_t year, const Policy& policy,
              absl::Span<const Gift> gifts, absl::Time now);

// The same verdict when what is due now finds no room in its budget.
Verdict WithoutRoom(Verdict verdict);

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
                       const Policy& policy, std::string_view currency_code, absl::Time now);

}  // namespace gratis::birthdays
