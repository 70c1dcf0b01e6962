#include "common/vault/sealed_token.h"

#include <utility>

#include "common/base/random.h"
#include "common/vault/cipher.h"

namespace gratis::vault {

static_assert(TokenSealer::kOverheadBytes == kNonceBytes + kTagBytes);

TokenSealer::TokenSealer(std::string key) : key_(std::move(key)) {}

std::string TokenSealer::Seal(std::string_view plain, std::string_view bound_to) const {
  std::string nonce = base::RandomBytes(kNonceBytes);
  return nonce + Encrypt(key_, nonce, plain, bound_to);
}

std::optional<std::string> TokenSealer::Open(std::string_view bytes,
                                             std::string_view bound_to) const {
  if (bytes.size() < kOverheadBytes) return std::nullopt;
  return Decrypt(key_, bytes.substr(0, kNonceBytes), bytes.substr(kNonceBytes), bound_to);
}

}  // namespace gratis::vault
