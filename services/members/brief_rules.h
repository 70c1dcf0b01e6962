#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "services/members/member_rules.h"

// What to say to a member and what to do for them: values in, values out. Only what is certain is
// said, in a fixed order of worth, and nothing that others had better not hear.
namespace gratis::members {

// What is known for certain. Days of visits and of the program are in the program's zone.
struct BriefFacts {
  bool greeted = true;     // somebody one deals with: not restricted, deceased or closed
  bool in_person = false;  // they stand before who asks
  bool has_name = true;
  bool no_profiling = false;  // they do not want to be told apart by what they bought and did
  absl::CivilDay today;
  absl::CivilDay enrolled_on;
  int64_t visits = 0;  // days on which they bought, today's included if they did
  std::optional<absl::CivilDay> first_visit, last_visit;
  absl::CivilDay birthday_today;     // where they live
  std::optional<MonthDay> birthday;  // absent for those who want no celebrations
  struct Reached {
    std::string tier;  // its name for people
    absl::CivilDay on;
  };
  std::optional<Reached> reached;            // the tier they are in, if they came up to it
  std::optional<absl::CivilDay> gift_on;     // the last birthday gift
  std::vector<absl::CivilDay> voucher_ends;  // of vouchers that end
  std::optional<absl::CivilDay> points_end;  // the next that do
  struct Complaint {
    std::string topic;  // of the oldest that is open
    absl::CivilDay since;
    int64_t count = 1;
  };
  std::optional<Complaint> complaint;  // while one is open, nothing is celebrated or offered
};

// The numbers are the contract's.
enum class SentenceKind : int16_t {
  kNone = 0,
  kBirthdayToday = 1,
  kVisitMilestone = 2,
  kTierReached = 3,
  kGiftWaiting = 4,
  kBirthdaySoon = 5,
  kBackAgain = 6,
  kVisits = 7,
  kMemberSince = 8,
};

enum class SuggestionKind : int16_t {
  kWishHappyBirthday = 1,
  kThankForVisit = 2,
  kCongratulateOnTier = 3,
  kMentionGift = 4,
  kWelcome = 5,
  kWelcomeBack = 6,
  kMentionVoucher = 7,
  kMentionPoints = 8,
  kAskName = 9,
  kMendComplaint = 10,
};

// What is said, with its figures as the contract tells of each kind.
template <class Kind>
struct Remark {
  Kind kind{};
  std::string text;
  int64_t number = 0;
  std::optional<absl::CivilDay> day;
  std::string name;

  friend bool operator==(const Remark&, const Remark&) = default;
};
using SaidSentence = Remark<SentenceKind>;
using SaidSuggestion = Remark<SuggestionKind>;

inline constexpr size_t kMaxSuggestions = 3;
inline constexpr int kBirthdaySoonDays = 6;   // so that a weekday says which day is meant
inline constexpr int kBirthdayNearDays = 14;  // told of at all
inline constexpr int kTierNewsDays = 14;
inline constexpr int kLongAwayDays = 180;
inline constexpr int kVoucherEndsDays = 14;
inline constexpr int kPointsEndDays = 30;

// The most worth saying; kNone for those whom one does not greet. To those who want no profiling
// nothing of their visits and no rise in tier, neither said nor suggested.
SaidSentence SentenceOf(const BriefFacts& facts);
// For whoever has shown no more than what can be found or overheard: nothing of birthdays and
// gifts.
SaidSentence SentenceOnWeakProof(BriefFacts facts);
// The most worth doing first, at most kMaxSuggestions.
std::vector<SaidSuggestion> SuggestionsOf(const BriefFacts& facts);

// How many days until such a day within a year, today being 0. There may be none for 29 February:
// when that is kept in a common year is not known here.
std::optional<int> DaysUntil(const MonthDay& day, absl::CivilDay today);
// Which visit they are on: today's, if they stand here.
int64_t VisitNumber(const BriefFacts& facts);
// A number that is worth a word of its own.
bool IsMilestone(int64_t visit);
// Whether a gift was given since they last bought, which they may not know of.
bool GiftWaits(const BriefFacts& facts);

// "tenth", "twenty-first" as "21st". From 1.
std::string Ordinal(int64_t number);
// "Ten", "12".
std::string Cardinal(int64_t number);
// "March"; "March 2025" of another year than today's.
std::string MonthText(absl::CivilDay day, absl::CivilDay today);
// "21 November"; "21 November 2025" of another year than today's.
std::string DayText(absl::CivilDay day, absl::CivilDay today);

}  // namespace gratis::members
