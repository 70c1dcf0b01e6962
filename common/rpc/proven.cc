#include "common/rpc/proven.h"

#include <string_view>

#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

bool IsOver(const Proof& proof, const Call& call) { return proof.expires_at <= call.now; }

absl::Status Refuse(std::string_view why) {
  return Error(Reason::kProofRequired,
               "a till does this with the member's strong proof: have them show their app's QR "
               "code, or read out a one-time code",
               {{"why", std::string(why)}});
}

// Whether there is a strong one, or a weak one that is good for `points`.
absl::Status Need(const Call& call, const MemberId& member, std::optional<int64_t> points) {
  if (call.role != Role::kPos) return absl::OkStatus();
  std::string_view why = "missing";
  for (const Proof& proof : call.proofs) {
    if (proof.member != member) continue;
    if (IsOver(proof, call)) {
      if (why == "missing") why = "over";
      continue;
    }
    if (proof.strength == ProofStrength::kStrong) return absl::OkStatus();
    if (points && *points <= proof.weak_limit_points) return absl::OkStatus();
    why = "weak";
  }
  return Refuse(why);
}

}  // namespace

absl::Status NeedStrongProof(const Call& call, const MemberId& member) {
  return Need(call, member, std::nullopt);
}

absl::Status NeedProofFor(const Call& call, const MemberId& member, int64_t points) {
  return Need(call, member, points);
}

std::optional<std::vector<MemberId>> BalancesOf(const Call& call) {
  if (call.role != Role::kPos) return std::nullopt;
  std::vector<MemberId> members;
  for (const Proof& proof : call.proofs) {
    if (proof.strength == ProofStrength::kStrong && !IsOver(proof, call)) {
      members.push_back(proof.member);
    }
  }
  return members;
}

}  // namespace gratis::rpc
