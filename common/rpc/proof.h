#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/vault/sealed_token.h"

namespace gratis::rpc {

// How sure it is that who stands at the till is the member. The numbers are those of the contract's
// ProofStrength, and are sealed in proofs.
enum class ProofStrength : uint8_t {
  kWeak = 1,    // said, or shown something that can be copied or found
  kStrong = 2,  // showed what only they can have now
};

// That a till met a member.
struct Proof {
  MemberId member;
  ProofStrength strength = ProofStrength::kWeak;
  int64_t weak_limit_points = 0;  // what a weak one is good for in one posting
  absl::Time expires_at;          // the program's time

  friend bool operator==(const Proof&, const Proof&) = default;
};

inline constexpr size_t kMaxProofs = 20;  // that come along with one call

// Proofs as text that tills pass back unread. One serves the key that it was given to, in its
// program. Thread-safe.
class Proofs {
 public:
  // `key`: 32 bytes, the vault's "proof".
  explicit Proofs(std::string key) : sealer_(std::move(key)) {}

  // `actor`: who it is for, as Call has it. The end of its life is kept to the microsecond.
  std::string Make(const Proof& proof, int32_t program, std::string_view actor) const;

  // Nothing for any other text, and for another's proof. It may be over.
  std::optional<Proof> Open(std::string_view text, int32_t program, std::string_view actor) const;

 private:
  const vault::TokenSealer sealer_;
};

}  // namespace gratis::rpc
