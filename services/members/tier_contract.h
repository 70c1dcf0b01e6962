#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/ledger/program.h"
#include "common/ledger/unit.h"
#include "gratis/members/v1/tiers.pb.h"
#include "services/members/tier_ladder.h"
#include "services/members/tier_standing.h"
#include "services/members/tier_store.h"

// Between what the contract says of tiers and what the rules work on.
namespace gratis::members {

// A policy as it was set: for the rules, and in the contract's words.
struct TierPolicyVersion {
  TierLadder ladder;           // but for known_after, which `heads` say
  std::vector<int64_t> heads;  // the last fact of each partition before it was set
  v1::TierPolicy policy;
};

// All versions of a program's policy.
struct TierPolicies {
  absl::TimeZone zone;
  std::vector<TierPolicyVersion> versions;

  // As the partition at `place` of the program knows them, counted from 0.
  TierLadders For(int32_t place) const;
  // The version's policy, and one of its tiers. The version exists.
  const v1::TierPolicy& Policy(int32_t version) const;
  int32_t latest_version() const;
};

using UnitByCode = absl::FunctionRef<absl::StatusOr<ledger::Unit>(std::string_view code)>;

// A policy that comes in, checked, for the rules; fills in what its texts leave out.
// `effective_from` is left as it is. Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG,
// UNIT_NOT_FOUND, INVALID_CURRENCY, each with its field.
absl::StatusOr<TierLadder> LadderOf(v1::TierPolicy& policy, const ledger::Program& program,
                                    UnitByCode unit_of);

// The detail of the fact that sets a policy: one JSON object; and back. Errors: BOOKS_DAMAGED.
std::string DetailOf(const TierPolicyVersion& version);
absl::StatusOr<TierPolicies> PoliciesOf(const std::vector<TierPolicyRow>& rows,
                                        const ledger::Program& program);

// The answer about a member who stands on a ladder, as of their standing.
v1::GetMemberTierResponse TierAnswer(const TierPolicies& policies, const MemberTier& tier);

v1::TierChange ToContract(const TierMove& move, const std::string& transaction_id);
v1::TierFact ToContract(const TierFact& fact, const TierLadder& ladder, absl::Time enrolled_at,
                        const ledger::Program& program, const absl::TimeZone& zone,
                        const std::vector<ledger::Unit>& units);

// "gold since 2027-03-01: 1,200 of 1,000 points …", for whoever asks why.
std::string TierSentence(const MemberTier& tier, std::string_view currency);

}  // namespace gratis::members
