#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gratis::vault {

// Short messages to ourselves that others carry: nobody else can read, make or change one.
// AES-256-GCM with a random nonce, so one key serves some billions of them. Thread-safe.
class TokenSealer {
 public:
  static constexpr size_t kOverheadBytes = 12 + 16;  // nonce and tag

  // `key`: 32 bytes, derived by a label of its own.
  explicit TokenSealer(std::string key);

  // `plain` as bytes that open only together with the same `bound_to`.
  std::string Seal(std::string_view plain, std::string_view bound_to) const;

  // Nothing, whatever the bytes are, unless Seal made them under this key for `bound_to`.
  std::optional<std::string> Open(std::string_view bytes, std::string_view bound_to) const;

 private:
  const std::string key_;
};

}  // namespace gratis::vault
