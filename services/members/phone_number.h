#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace gratis::members {

// A phone number in international notation ("+41 (0)44 668-18.00") in the one form that all its
// spellings share, E.164: "+41446681800". What counts is that the country code
// exists and that the country has numbers of this length; whether the number is in use today, no
// table knows. Errors: INVALID_PHONE; the message does not repeat the number.
absl::StatusOr<std::string> NormalizePhone(std::string_view text);

}  // namespace gratis::members
