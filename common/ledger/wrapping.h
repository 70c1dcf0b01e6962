#pragma once

#include <cstdint>

namespace gratis::ledger {

// Figures of a damaged journal need not fit: these wrap where + and - would be undefined.
inline int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline void Increase(int64_t& a, int64_t b) { a = Plus(a, b); }
inline void Decrease(int64_t& a, int64_t b) {
  a = static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace gratis::ledger
