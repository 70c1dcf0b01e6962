#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace gratis::base {

// 128 bits, as PostgreSQL's uuid.
struct Uuid {
  std::array<uint8_t, 16> bytes{};

  // No id sorts behind it.
  static constexpr Uuid Last() {
    Uuid last;
    last.bytes.fill(0xFF);
    return last;
  }

  bool IsNil() const { return *this == Uuid{}; }
  std::string_view AsBytes() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  friend auto operator<=>(const Uuid&, const Uuid&) = default;

  template <class H>
  friend H AbslHashValue(H state, const Uuid& uuid) {
    return H::combine(std::move(state), uuid.bytes);
  }
};

}  // namespace gratis::base
