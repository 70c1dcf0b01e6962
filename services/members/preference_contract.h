#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/members/preference_rules.h"

// Between what the contract says of preferences and what the rules work on.
namespace gratis::members {

namespace v1 {
class KeptPreference;
class Preference;
class SetPreferencesRequest;
}  // namespace v1

// Checked. Errors: those of CheckPreferenceChange; INVALID_DATE.
absl::StatusOr<PreferenceChange> ChangeOf(const v1::SetPreferencesRequest& request);

void ToContract(const Preference& preference, v1::Preference& proto);
void ToContract(const KeptPreference& kept, v1::KeptPreference& proto);

// A preference as it is sealed: the contract's message, serialized. Errors: BOOKS_DAMAGED.
std::string SerializePreference(const Preference& preference);
absl::StatusOr<Preference> ParsePreference(std::string_view bytes);

}  // namespace gratis::members
