#include "services/cli/preference_words.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "services/cli/failure.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {
namespace {

namespace v1 = members::v1;

constexpr std::string_view kNoCelebrations = "no_celebrations";

// What a preference's value is, as it is written between its key and "=".
std::string_view KindOf(const v1::Preference& preference) {
  switch (preference.value_case()) {
    case v1::Preference::kNumber:
      return "number";
    case v1::Preference::kFlag:
      return "flag";
    case v1::Preference::kChoice:
      return "choice";
    case v1::Preference::kDay:
      return "day";
    default:
      return "text";
  }
}

absl::Status SetValue(std::string_view kind, std::string_view value, std::string_view option,
                      v1::Preference& preference) {
  if (kind == "text") {
    preference.set_text(std::string(value));
  } else if (kind == "number") {
    int64_t number = 0;
    if (!absl::SimpleAtoi(base::Abs(value), &number)) {
      return UsageError(option, absl::StrCat(preference.key(), " is no whole number"));
    }
    preference.set_number(number);
  } else if (kind == "flag") {
    if (value != "yes" && value != "no") {
      return UsageError(option, absl::StrCat(preference.key(), " is yes or no"));
    }
    preference.set_flag(value == "yes");
  } else if (kind == "choice") {
    preference.set_choice(std::string(value));
  } else if (kind == "day") {
    const absl::StatusOr<absl::CivilDay> day = base::ParseDay(value);
    if (!day.ok()) return AsUsage(day.status(), option);
    *preference.mutable_day() = ToProto(*day);
  } else {
    return UsageError(option, absl::StrCat("\"", base::Abs(kind),
                                           "\" is none of text, number, flag, choice, day"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Preference> ParsePreference(std::string_view text, std::string_view option) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return UsageError(option, absl::StrCat("\"", base::Abs(text),
                                           "\" is not of the form KEY=VALUE, as in seat=window"));
  }
  const std::string_view name = text.substr(0, equals);
  const size_t colon = name.find(':');
  v1::Preference preference;
  preference.set_key(std::string(name.substr(0, colon)));
  std::string_view kind = "text";
  if (colon != std::string_view::npos) {
    kind = name.substr(colon + 1);
  } else if (name == kNoCelebrations) {
    kind = "flag";
  }
  RETURN_IF_ERROR(SetValue(kind, text.substr(equals + 1), option, preference));
  return preference;
}

std::string PreferenceText(const v1::Preference& preference) {
  const std::string_view kind = KindOf(preference);
  // Without its kind this one would be read as a flag.
  const bool plain = kind == "text" && preference.key() != kNoCelebrations;
  const std::string suffix = plain ? "" : absl::StrCat(":", base::Abs(kind));
  return absl::StrCat(preference.key(), suffix, "=", PreferenceValueText(preference));
}

std::string PreferenceValueText(const v1::Preference& preference) {
  switch (preference.value_case()) {
    case v1::Preference::kNumber:
      return absl::StrCat(preference.number());
    case v1::Preference::kFlag:
      return preference.flag() ? "yes" : "no";
    case v1::Preference::kChoice:
      return preference.choice();
    case v1::Preference::kDay:
      return FormatDay(preference.day());
    default:
      return preference.text();
  }
}

}  // namespace gratis::cli
