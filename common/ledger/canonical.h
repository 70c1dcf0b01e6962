#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// Bytes that hashes are made over: numbers of fixed width in big-endian order, texts led by their
// length.
namespace gratis::ledger {

inline void PutNumber(std::string& out, int64_t number) {
  char bytes[8];
  auto bits = static_cast<uint64_t>(number);
  for (int i = 7; i >= 0; --i, bits >>= 8) bytes[i] = static_cast<char>(bits);
  out.append(bytes, sizeof bytes);
}

inline void PutText(std::string& out, std::string_view text) {
  PutNumber(out, static_cast<int64_t>(text.size()));
  out += text;
}

inline void PutTime(std::string& out, absl::Time time) { PutNumber(out, absl::ToUnixMicros(time)); }

}  // namespace gratis::ledger
