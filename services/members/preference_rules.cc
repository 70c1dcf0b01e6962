#include "services/members/preference_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

bool IsLowerOrDigit(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c));
}

absl::Status CheckKey(std::string_view key) {
  if (key.empty()) return Error(Reason::kFieldMissing, "say what the preference is about");
  if (key.size() > kMaxPreferenceKeyBytes) {
    return Error(Reason::kFieldTooLong, "the key of a preference has at most 40 characters");
  }
  const auto allowed = [](char c) { return IsLowerOrDigit(c) || c == '_'; };
  if (!absl::ascii_islower(static_cast<unsigned char>(key.front())) ||
      !std::all_of(key.begin(), key.end(), allowed)) {
    return Error(Reason::kFieldInvalid,
                 "the key of a preference is of a-z, 0-9 and _, and begins with a letter, as in "
                 "favorite_station");
  }
  return absl::OkStatus();
}

// Each kind of value by a rule of its own.
struct ValueCheck {
  absl::Status operator()(std::monostate) const {
    return Error(Reason::kFieldMissing, "say what the member likes, or clear the key");
  }
  absl::Status operator()(const Words& words) const {
    if (words.text.empty()) {
      return Error(Reason::kFieldMissing, "say what the member likes, or clear the key");
    }
    if (base::CodePoints(words.text) > kMaxPreferenceTextCharacters) {
      return Error(Reason::kFieldTooLong, "a preference in words has at most 500 characters");
    }
    return absl::OkStatus();
  }
  absl::Status operator()(const Choice& choice) const {
    const auto allowed = [](char c) { return IsLowerOrDigit(c) || c == '-' || c == '_'; };
    if (choice.code.empty() || choice.code.size() > kMaxChoiceBytes ||
        !std::all_of(choice.code.begin(), choice.code.end(), allowed)) {
      return Error(Reason::kFieldInvalid,
                   "a choice is a code of 1 to 40 of a-z, 0-9, - and _, such as window");
    }
    return absl::OkStatus();
  }
  absl::Status operator()(int64_t) const { return absl::OkStatus(); }
  absl::Status operator()(bool) const { return absl::OkStatus(); }
  absl::Status operator()(absl::CivilDay) const { return absl::OkStatus(); }
};

absl::Status CheckPreference(const Preference& preference, const std::string& field) {
  RETURN_IF_ERROR(InField(CheckKey(preference.key), field + ".key"));
  RETURN_IF_ERROR(InField(std::visit(ValueCheck(), preference.value), field));
  if (preference.key == kNoCelebrations && !std::holds_alternative<bool>(preference.value)) {
    return FieldError(Reason::kFieldInvalid, field + ".flag", "no_celebrations is yes or no");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPreferenceChange(const PreferenceChange& change) {
  if (change.set.empty() && change.clear.empty()) {
    return FieldError(Reason::kFieldMissing, "set", "name something to set or to clear");
  }
  for (const auto& [count, field] :
       {std::pair(change.set.size(), "set"), std::pair(change.clear.size(), "clear")}) {
    if (count > kMaxPreferences) {
      return FieldError(Reason::kFieldTooLong, field, "at most 50 in one request");
    }
  }
  std::set<std::string_view> keys;
  for (size_t i = 0; i < change.set.size(); ++i) {
    const std::string field = absl::StrCat("set[", i, "]");
    RETURN_IF_ERROR(CheckPreference(change.set[i], field));
    if (!keys.insert(change.set[i].key).second) {
      return FieldError(Reason::kFieldInvalid, field + ".key", "the key is there twice");
    }
  }
  for (size_t i = 0; i < change.clear.size(); ++i) {
    const std::string field = absl::StrCat("clear[", i, "]");
    RETURN_IF_ERROR(InField(CheckKey(change.clear[i]), field));
    if (!keys.insert(change.clear[i]).second) {
      return FieldError(Reason::kFieldInvalid, field, "the key is there twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
