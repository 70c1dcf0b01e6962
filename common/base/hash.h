#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;  // OpenSSL's

namespace gratis::base {

using Digest = std::array<uint8_t, 32>;

// SHA-256 (FIPS 180-4): stable over processes and versions, unlike a hash-table hash.
Digest Sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104).
Digest HmacSha256(std::string_view key, std::string_view bytes);

// HMAC-SHA-256 over bytes that come piece by piece. Not thread-safe, but any number of threads may
// copy one that nobody changes.
class Hmac {
 public:
  explicit Hmac(std::string_view key);
  // With what `other` was given so far. To copy one that was given nothing yet costs less than to
  // begin with the key.
  Hmac(const Hmac& other);
  Hmac& operator=(const Hmac&) = delete;
  void Update(std::string_view bytes);
  // Then it begins anew under the same key, which costs less than another object.
  Digest Finish();

 private:
  struct Freed {
    void operator()(evp_mac_ctx_st* state) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Freed> state_;
};

inline std::string_view AsBytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Whether two secrets are equal, in a time that does not depend on where they differ.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace gratis::base
