#pragma once

#include <cstdint>
#include <optional>

namespace gratis::base {

// Integer arithmetic that says when a result does not fit; points and money are never wrapped.
std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);
std::optional<int64_t> CheckedSub(int64_t a, int64_t b);
std::optional<int64_t> CheckedMul(int64_t a, int64_t b);

}  // namespace gratis::base
