#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

// What members like: values in, values out. No error's message repeats a key or a value, for they
// are personal data.
namespace gratis::members {

inline constexpr size_t kMaxPreferences = 50;  // of one member
inline constexpr size_t kMaxPreferenceKeyBytes = 40;
inline constexpr size_t kMaxPreferenceTextCharacters = 500;
inline constexpr size_t kMaxChoiceBytes = 40;

// Well known: while it is yes, the member's birthday is not celebrated.
inline constexpr std::string_view kNoCelebrations = "no_celebrations";

struct Words {
  std::string text;
  friend bool operator==(const Words&, const Words&) = default;
};
struct Choice {
  std::string code;
  friend bool operator==(const Choice&, const Choice&) = default;
};
// monostate: the contract had none of them.
using PreferenceValue = std::variant<std::monostate, Words, int64_t, bool, Choice, absl::CivilDay>;

struct Preference {
  std::string key;
  PreferenceValue value;
  friend bool operator==(const Preference&, const Preference&) = default;
};

struct KeptPreference {
  Preference preference;
  absl::Time set_at;
};

// What is to become of a member's preferences; those it does not name stay.
struct PreferenceChange {
  std::vector<Preference> set;
  std::vector<std::string> clear;
};

// Errors name the field as SetPreferencesRequest has it: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG.
absl::Status CheckPreferenceChange(const PreferenceChange& change);

}  // namespace gratis::members
