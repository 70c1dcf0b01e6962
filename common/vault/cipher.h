#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gratis::vault {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;

// AES-256-GCM (NIST SP 800-38D): the ciphertext, as long as `plaintext`, then a tag of 16 bytes
// over it and `aad`. `key` has 32 bytes; `nonce` has 12 and serves one message under a key.
std::string Encrypt(std::string_view key, std::string_view nonce, std::string_view plaintext,
                    std::string_view aad);

// The plaintext; nothing when a bit of `sealed`, `nonce` or `aad` is not what Encrypt had, or when
// the key is another.
std::optional<std::string> Decrypt(std::string_view key, std::string_view nonce,
                                   std::string_view sealed, std::string_view aad);

// HKDF-SHA256 (RFC 5869): `length` bytes, at most 255 * 32, for the purpose that `info` names.
std::string Hkdf(std::string_view secret, std::string_view salt, std::string_view info,
                 size_t length);

}  // namespace gratis::vault
