#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gratis::base {

using Digest = std::array<uint8_t, 32>;

// SHA-256 (FIPS 180-4): stable over processes and versions, unlike a hash-table hash.
Digest Sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104).
Digest HmacSha256(std::string_view key, std::string_view bytes);

// HMAC-SHA-256 over bytes that come piece by piece. Not thread-safe.
class Hmac {
 public:
  explicit Hmac(std::string_view key);
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  void Update(std::string_view bytes);
  // Then it begins anew under the same key, which costs less than another object.
  Digest Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

inline std::string_view AsBytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Whether two secrets are equal, in a time that does not depend on where they differ.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace gratis::base
