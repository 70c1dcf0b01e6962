#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/members/v1/preferences.pb.h"

namespace gratis::cli {

// A preference as people write it: "favorite_station=Swiss Jazz" in words, or with its kind:
// "shoe_size:number=41", "gift_wrap:flag=yes", "seat:choice=window", "wedding:day=2027-06-12".
// `no_celebrations=yes` needs none. Errors: FIELD_INVALID, INVALID_DATE of `option` (usage).
absl::StatusOr<members::v1::Preference> ParsePreference(std::string_view text,
                                                        std::string_view option);
// The same, the other way.
std::string PreferenceText(const members::v1::Preference& preference);
// The value alone, for people.
std::string PreferenceValueText(const members::v1::Preference& preference);

}  // namespace gratis::cli
