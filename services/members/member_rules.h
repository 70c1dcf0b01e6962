#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"

// What may be known of a person and how they are found again: values in, values out.
// No error's message repeats what it refuses, for that is personal data.
namespace gratis::members {

inline constexpr size_t kMaxExternalIds = 10;
inline constexpr size_t kMaxSourceBytes = 40;
inline constexpr size_t kMaxExternalIdCharacters = 128;
inline constexpr size_t kMaxGreetingNameCharacters = 100;
inline constexpr size_t kMaxLanguageBytes = 35;
inline constexpr size_t kMaxCodeBytes = 40;
inline constexpr int kMaxSpanDays = 366;  // from the first day to the last

struct ExternalId {
  std::string source;
  std::string id;
  // As a request wrote it, if that is not how it is kept; of what is stored always empty.
  std::string as_written = {};

  friend bool operator==(const ExternalId& a, const ExternalId& b) {
    return a.source == b.source && a.id == b.id;
  }
};

// A day that comes back every year; 29 February is one.
struct MonthDay {
  int month;
  int day;

  friend auto operator<=>(const MonthDay&, const MonthDay&) = default;
};

struct Birthday {
  MonthDay on;
  std::optional<int> year;

  friend bool operator==(const Birthday&, const Birthday&) = default;
};

// What is known of a person; empty is unknown.
struct Profile {
  std::vector<ExternalId> external_ids;
  std::string email;
  std::string phone;
  std::string greeting_name;
  std::optional<Birthday> birthday;
  std::string time_zone;
  std::string language;
  std::string acquisition_source;
  std::string home_store;
  // They were taken away, and none was given since.
  bool email_removed = false;
  bool phone_removed = false;

  friend bool operator==(const Profile&, const Profile&) = default;
};

// Something that leads to one member of a program. All spellings of it have the same `key_text`.
struct Identifier {
  ledger::DirectoryKind kind;
  std::string key_text;
  std::string field;  // where in the request it was: "profile.external_ids[2]"
  // What the key's text of this very spelling was before spellings of external ids were made one;
  // empty if it is the same. Whoever was enrolled then is found by it still.
  std::string older_key_text = {};
};

// What comes in, checked, its external ids and its e-mail address plain, its phone number as E.164;
// without a country code it is of `region` (see NormalizePhone). Errors name the field as
// EnrollMemberRequest has it ("profile.email"): FIELD_INVALID, FIELD_TOO_LONG, INVALID_EMAIL,
// INVALID_PHONE, INVALID_DATE, INVALID_TIME_ZONE.
absl::StatusOr<Profile> CheckedParts(Profile profile, const std::string& region);

// The same for a whole person. Errors: FIELD_MISSING (no identifier at all).
absl::StatusOr<Profile> CheckedProfile(Profile profile, const std::string& region = "");

// At least one identifier, so that the member can be found again. Errors: FIELD_MISSING.
absl::Status CheckFindable(const Profile& profile);

// The id as it is kept: in plain letters, digits and spaces (see PlainWords), in its own case, for
// there are systems whose ids differ in nothing else. Errors: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG; the field is the caller's to name.
absl::StatusOr<ExternalId> CheckedExternalId(ExternalId external_id);

// Whether a stored id is the one that a checked one names; those from before spellings were made
// one are stored as they were written.
bool IsSameId(const ExternalId& stored, const ExternalId& checked);

// The identifiers of a checked profile, with their fields in EnrollMemberRequest.
std::vector<Identifier> IdentifiersOf(const Profile& profile);

// One identifier to look for, with its field in IdentifyMemberRequest. Errors: FIELD_MISSING,
// FIELD_INVALID, FIELD_TOO_LONG, INVALID_EMAIL, INVALID_PHONE.
absl::StatusOr<Identifier> ExternalIdIdentifier(const ExternalId& external_id);
absl::StatusOr<Identifier> EmailIdentifier(std::string_view email);
absl::StatusOr<Identifier> PhoneIdentifier(std::string_view phone, const std::string& region = "");
// Errors: INVALID_CARD, FIELD_INVALID.
absl::StatusOr<Identifier> CardIdentifier(std::string_view issuer, std::string_view number);

// Nobody was born tomorrow, wherever on earth it is `now`. Errors: INVALID_DATE.
absl::Status CheckBorn(const std::optional<Birthday>& birthday, absl::Time now);

// When they became a member: five minutes off `now` at most, or anywhere in the past for those who
// bring in history. Errors: EFFECTIVE_TIME_INVALID.
absl::Status CheckEnrolledAt(absl::Time enrolled_at, absl::Time now, bool may_state_past);

// "02-29".
std::string MonthDayText(const MonthDay& day);

// The days of the year in a span, each once. 29 February is between 28 February and 1 March in
// every year. Errors: INVALID_DATE (backwards, or more than 366 days from first to last).
absl::StatusOr<std::vector<MonthDay>> DaysOfSpan(absl::CivilDay first, absl::CivilDay last);

}  // namespace gratis::members
