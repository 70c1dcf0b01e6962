#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/vault/sealed_token.h"

namespace gratis::rpc {

// What lets a page or an app act for one member for a while.
struct MemberToken {
  MemberId member;
  int32_t program = 0;
  KeyId issuer;           // the key that vouches for it; it ends with that
  absl::Time expires_at;  // real time, in whole seconds

  friend bool operator==(const MemberToken&, const MemberToken&) = default;
};

// Such tokens as text, presented in the place of an API key: "gm_" and 96 characters of base 64.
// Sealed, so that they say nothing to whoever carries them. Nothing stores them. Thread-safe.
class MemberTokens {
 public:
  static constexpr std::string_view kPrefix = "gm_";

  // `key`: 32 bytes, the vault's "member-token".
  explicit MemberTokens(std::string key) : sealer_(std::move(key)) {}

  std::string Make(const MemberToken& token) const;
  // Nothing for any text that Make has not made. It may be over.
  std::optional<MemberToken> Open(std::string_view text) const;

 private:
  const vault::TokenSealer sealer_;
};

}  // namespace gratis::rpc
