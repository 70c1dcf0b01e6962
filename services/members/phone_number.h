#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace gratis::members {

// A phone number in the one form that all its spellings share, E.164: "+41446681800". It may be in
// international notation ("+41 (0)44 668-18.00") or as one writes it in `region`, an ISO 3166-1
// code ("044 668 18 00" and "0041 44 668 18 00" in "CH"); with an empty region, only the former.
// What counts is that the country code exists and that the country has numbers of this length;
// whether the number is in use today, no table knows. Errors: INVALID_PHONE; the message does not
// repeat the number.
absl::StatusOr<std::string> NormalizePhone(std::string_view text, const std::string& region = "");

// Whether it is written as NormalizePhone writes numbers: a plus sign and digits. It may be none.
bool IsWrittenAsKept(std::string_view text);

// Whether a number means the same whatever the region.
bool IsInternational(std::string_view text);

// Whether phone numbers of this region are known: "CH".
bool IsPhoneRegion(const std::string& region);

}  // namespace gratis::members
