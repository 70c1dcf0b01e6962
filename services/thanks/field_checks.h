#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

// What fields of settings and requests may hold.
namespace gratis::thanks {

// Errors: FIELD_INVALID of `field`.
absl::Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high);

// At most so many characters. Errors: FIELD_TOO_LONG of `field`.
absl::Status CheckLength(std::string_view field, std::string_view text, size_t most);

// Whether it is 1 to 40 of a-z, 0-9 and -.
bool IsCode(std::string_view text);

}  // namespace gratis::thanks
