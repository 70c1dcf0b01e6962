#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "common/rpc/call.h"

// What a till may do for whom. Every other role has made sure of the member by itself, so all of
// this lets it pass.
//
// A change is refused through ledger::Envelope::refusal, which comes after the look-up of the
// request id: a retry gets the first answer though the proof is over by then.
namespace gratis::rpc {

// Whether the caller may see and use what is the member's. Errors: PROOF_REQUIRED (metadata: why is
// "missing", "over" or "weak").
absl::Status NeedStrongProof(const Call& call, const MemberId& member);

// Whether the caller may take so many of the member's points: a weak proof will do up to the limit
// that the program's policy had when it was given. Errors: as NeedStrongProof.
absl::Status NeedProofFor(const Call& call, const MemberId& member, int64_t points);

// Those whose balances an answer to this call may tell; nothing: anybody's.
std::optional<std::vector<MemberId>> BalancesOf(const Call& call);

}  // namespace gratis::rpc
