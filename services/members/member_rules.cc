#include "services/members/member_rules.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/fact.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_number.h"
#include "services/members/email_address.h"
#include "services/members/phone_number.h"
#include "services/members/spelling.h"

namespace gratis::members {
namespace {

constexpr int kFirstBirthYear = 1900;
constexpr int kSomeLeapYear = 2000;
constexpr absl::Duration kEarliestZone = absl::Hours(14);  // Pacific/Kiritimati

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

bool IsCode(std::string_view text) {
  const auto allowed = [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= kMaxCodeBytes &&
         std::all_of(text.begin(), text.end(), allowed);
}

absl::StatusOr<std::vector<ExternalId>> CheckedExternalIds(std::vector<ExternalId> external_ids) {
  if (external_ids.size() > kMaxExternalIds) {
    return FieldError(Reason::kFieldInvalid, "profile.external_ids",
                      "at most 10 ids of other systems");
  }
  for (size_t i = 0; i < external_ids.size(); ++i) {
    const std::string field = absl::StrCat("profile.external_ids[", i, "]");
    absl::StatusOr<ExternalId> checked = CheckedExternalId(std::move(external_ids[i]));
    if (!checked.ok()) return InField(checked.status(), field);
    external_ids[i] = *std::move(checked);
    const auto here = external_ids.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(external_ids.begin(), here, *here) != here) {
      return FieldError(Reason::kFieldInvalid, field, "the same id is given twice");
    }
  }
  return external_ids;
}

absl::Status CheckCode(std::string_view code, std::string_view field) {
  if (code.empty() || IsCode(code)) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field, "a code is 1 to 40 of a-z, 0-9, - and _");
}

absl::Status CheckGreetingName(std::string_view name) {
  if (base::CodePoints(name) > kMaxGreetingNameCharacters) {
    return Error(Reason::kFieldTooLong, "a name has at most 100 characters");
  }
  if (HasControlCharacter(name)) {
    return Error(Reason::kFieldInvalid, "a name has no control characters");
  }
  return absl::OkStatus();
}

absl::Status CheckBirthday(const Birthday& birthday) {
  const int year = birthday.year.value_or(kSomeLeapYear);
  if (year >= kFirstBirthYear && base::MakeDay(year, birthday.on.month, birthday.on.day).ok()) {
    return absl::OkStatus();
  }
  return Error(
      Reason::kInvalidDate,
      "not a day of the calendar; a birthday is a month and a day, and a year from 1900 on "
      "if it is known");
}

absl::Status CheckTimeZone(std::string_view name) {
  if (base::LoadZone(name).ok()) return absl::OkStatus();
  return Error(Reason::kInvalidTimeZone,
               "not a zone of the tz database; write it as in Europe/Zurich");
}

// The shape of BCP 47 (RFC 5646, 2.1): subtags of 1 to 8 letters and digits, the first of letters.
absl::Status CheckLanguage(std::string_view language) {
  if (language.size() > kMaxLanguageBytes) {
    return Error(Reason::kFieldTooLong, "a language has at most 35 characters");
  }
  const auto is_alpha = [](unsigned char c) { return absl::ascii_isalpha(c); };
  const auto is_alnum = [](unsigned char c) { return absl::ascii_isalnum(c); };
  const std::vector<std::string> subtags = absl::StrSplit(base::Abs(language), '-');
  const std::string& first = subtags.front();
  const bool shaped = first.size() >= 2 && std::all_of(first.begin(), first.end(), is_alpha) &&
                      std::all_of(subtags.begin(), subtags.end(), [&](const std::string& subtag) {
                        return !subtag.empty() && subtag.size() <= 8 &&
                               std::all_of(subtag.begin(), subtag.end(), is_alnum);
                      });
  if (shaped) return absl::OkStatus();
  return Error(Reason::kFieldInvalid, "not a BCP 47 language tag; write it as in de-CH");
}

std::string KeyOfEmail(const std::string& checked) {
  const absl::StatusOr<EmailAddress> address = ParseEmail(checked);
  return address.ok() ? address->key : absl::AsciiStrToLower(checked);
}

std::string ExternalIdKeyText(const std::string& source, const std::string& id) {
  return source + '\0' + id;
}

Identifier IdentifierOf(const ExternalId& external_id, std::string field) {
  Identifier identifier{ledger::DirectoryKind::kExternalId,
                        ExternalIdKeyText(external_id.source, external_id.id), std::move(field)};
  if (!external_id.as_written.empty()) {
    identifier.older_key_text = ExternalIdKeyText(external_id.source, external_id.as_written);
  }
  return identifier;
}

}  // namespace

absl::StatusOr<ExternalId> CheckedExternalId(ExternalId external_id) {
  const std::string& source = external_id.source;
  if (source.empty()) {
    return Error(Reason::kFieldMissing, "name the system that the id comes from as its source");
  }
  if (source.size() > kMaxSourceBytes || !IsCode(source)) {
    return Error(Reason::kFieldInvalid,
                 "the source of an id is 1 to 40 of a-z, 0-9, - and _, such as webshop");
  }
  const absl::Status too_long = Error(Reason::kFieldTooLong, "an id has at most 128 characters");
  if (base::CodePoints(external_id.id) > kMaxExternalIdCharacters) return too_long;
  std::string plain = PlainWords(external_id.id);
  if (plain.empty()) return Error(Reason::kFieldMissing, "the id is empty");
  if (base::CodePoints(plain) > kMaxExternalIdCharacters) return too_long;
  if (HasControlCharacter(plain)) {
    return Error(Reason::kFieldInvalid, "an id has no control characters");
  }
  if (plain != external_id.id) {
    external_id.as_written = std::exchange(external_id.id, std::move(plain));
  }
  return external_id;
}

bool IsSameId(const ExternalId& stored, const ExternalId& checked) {
  return stored.source == checked.source &&
         (stored.id == checked.id || PlainWords(stored.id) == checked.id);
}

absl::Status CheckFindable(const Profile& profile) {
  if (!profile.external_ids.empty() || !profile.email.empty() || !profile.phone.empty()) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldMissing, "profile.external_ids",
                    "a member has at least one of external id, e-mail and phone, so that they can "
                    "be found again");
}

absl::StatusOr<Profile> CheckedParts(Profile profile, const std::string& region) {
  ASSIGN_OR_RETURN(profile.external_ids, CheckedExternalIds(std::move(profile.external_ids)));
  if (!profile.email.empty()) {
    absl::StatusOr<EmailAddress> email = ParseEmail(profile.email);
    if (!email.ok()) return InField(email.status(), "profile.email");
    profile.email = std::move(email->text);
  }
  if (!profile.phone.empty()) {
    absl::StatusOr<std::string> phone = NormalizePhone(profile.phone, region);
    if (!phone.ok()) return InField(phone.status(), "profile.phone");
    profile.phone = *std::move(phone);
  }
  RETURN_IF_ERROR(InField(CheckGreetingName(profile.greeting_name), "profile.greeting_name"));
  if (profile.birthday)
    RETURN_IF_ERROR(InField(CheckBirthday(*profile.birthday), "profile.birthday"));
  if (!profile.time_zone.empty()) {
    RETURN_IF_ERROR(InField(CheckTimeZone(profile.time_zone), "profile.time_zone"));
  }
  if (!profile.language.empty()) {
    RETURN_IF_ERROR(InField(CheckLanguage(profile.language), "profile.language"));
  }
  RETURN_IF_ERROR(CheckCode(profile.acquisition_source, "profile.acquisition_source"));
  RETURN_IF_ERROR(CheckCode(profile.home_store, "profile.home_store"));
  return profile;
}

absl::StatusOr<Profile> CheckedProfile(Profile profile, const std::string& region) {
  ASSIGN_OR_RETURN(Profile checked, CheckedParts(std::move(profile), region));
  RETURN_IF_ERROR(CheckFindable(checked));
  return checked;
}

std::vector<Identifier> IdentifiersOf(const Profile& profile) {
  std::vector<Identifier> identifiers;
  for (size_t i = 0; i < profile.external_ids.size(); ++i) {
    identifiers.push_back(
        IdentifierOf(profile.external_ids[i], absl::StrCat("profile.external_ids[", i, "]")));
  }
  if (!profile.email.empty()) {
    identifiers.push_back(
        {ledger::DirectoryKind::kEmail, KeyOfEmail(profile.email), "profile.email"});
  }
  if (!profile.phone.empty()) {
    identifiers.push_back({ledger::DirectoryKind::kPhone, profile.phone, "profile.phone"});
  }
  return identifiers;
}

absl::StatusOr<Identifier> ExternalIdIdentifier(const ExternalId& external_id) {
  const absl::StatusOr<ExternalId> checked = CheckedExternalId(external_id);
  if (!checked.ok()) return InField(checked.status(), "external_id");
  return IdentifierOf(*checked, "external_id");
}

absl::StatusOr<Identifier> EmailIdentifier(std::string_view email) {
  absl::StatusOr<EmailAddress> address = ParseEmail(email);
  if (!address.ok()) return InField(address.status(), "email");
  return Identifier{ledger::DirectoryKind::kEmail, std::move(address->key), "email"};
}

absl::StatusOr<Identifier> PhoneIdentifier(std::string_view phone, const std::string& region) {
  absl::StatusOr<std::string> normalized = NormalizePhone(phone, region);
  if (!normalized.ok()) return InField(normalized.status(), "phone");
  return Identifier{ledger::DirectoryKind::kPhone, *std::move(normalized), "phone"};
}

absl::StatusOr<Identifier> CardIdentifier(std::string_view issuer, std::string_view number) {
  const absl::StatusOr<CardName> card = ParseCard(issuer, number);
  if (!card.ok()) return InField(card.status(), "card");
  return Identifier{ledger::DirectoryKind::kCard, CardKeyText(*card), "card"};
}

absl::Status CheckBorn(const std::optional<Birthday>& birthday, absl::Time now) {
  if (!birthday || !birthday->year) return absl::OkStatus();
  const absl::CivilDay born(*birthday->year, birthday->on.month, birthday->on.day);
  if (born <= absl::ToCivilDay(now + kEarliestZone, absl::UTCTimeZone())) return absl::OkStatus();
  return Error(Reason::kInvalidDate, "the birthday is in the future");
}

absl::Status CheckEnrolledAt(absl::Time enrolled_at, absl::Time now, bool may_state_past) {
  return ledger::CheckEffectiveTime(
      enrolled_at, now, may_state_past ? absl::InfiniteDuration() : ledger::kClockTolerance);
}

std::string MonthDayText(const MonthDay& day) {
  return absl::StrFormat("%02d-%02d", day.month, day.day);
}

absl::StatusOr<std::vector<MonthDay>> DaysOfSpan(absl::CivilDay first, absl::CivilDay last) {
  if (last < first || last - first > kMaxSpanDays) {
    return Error(Reason::kInvalidDate,
                 "a span ends on or after the day it begins on, and at most 366 days later");
  }
  std::set<MonthDay> days;
  for (absl::CivilDay day = first; day <= last; ++day) {
    days.insert({day.month(), day.day()});
    if (day.month() == 2 && day.day() == 28 && day + 1 <= last) days.insert({2, 29});
  }
  return std::vector<MonthDay>(days.begin(), days.end());
}

}  // namespace gratis::members
