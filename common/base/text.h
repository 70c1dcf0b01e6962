#pragma once

#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace gratis::base {

// Debian's Abseil has a string_view of its own. These two are the border between it and std's.
inline absl::string_view Abs(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms) without NUL.
bool IsValidUtf8(std::string_view text);

// How many code points valid UTF-8 has.
size_t CodePoints(std::string_view text);

// Lower-case hexadecimal.
std::string Hex(std::string_view bytes);

// `text` as a JSON string, with its quotes. `text` must be valid UTF-8.
std::string JsonString(std::string_view text);

}  // namespace gratis::base
