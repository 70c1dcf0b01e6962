#include "services/members/proof_policy.h"

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/proofs.pb.h"
#include "services/members/proof_store.h"

namespace gratis::members {

absl::Status CheckProofPolicy(const ProofPolicy& policy) {
  if (policy.version != 0) {
    return FieldError(Reason::kFieldInvalid, "policy.version", "the engine counts versions itself");
  }
  if (policy.weak_limit_points >= 0 && policy.weak_limit_points <= kMaxWeakLimitPoints) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldInvalid, "policy.weak_limit_points",
                    absl::StrCat("a weak proof is good for 0 to ", kMaxWeakLimitPoints, " points"));
}

absl::StatusOr<std::string> SetProofPolicy::Decide(ledger::Books& books) {
  policy_.version = *latest_ + 1;
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kProofPolicySet,
                 .transaction = transaction_,
                 .effective_at = books.recorded_at(),
                 .source = "proof policy",
                 .detail = absl::StrCat("{\"policy_version\":", policy_.version,
                                        ",\"weak_limit_points\":", policy_.weak_limit_points, "}")})
          .status());
  if (!envelope.validate_only) *latest_ = policy_.version;
  v1::SetProofPolicyResponse response;
  response.mutable_policy()->set_version(policy_.version);
  response.mutable_policy()->set_weak_limit_points(policy_.weak_limit_points);
  return response.SerializeAsString();
}

absl::Status SetProofPolicies::LoadAll(pg::Tx& tx, absl::Span<SetProofPolicy* const> set) {
  ASSIGN_OR_RETURN(const ProofPolicy policy,
                   ProofStore(tx).ReadPolicy(set.front()->envelope.program.number));
  const auto latest = std::make_shared<int32_t>(policy.version);
  for (SetProofPolicy* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetProofPolicies::WriteAll(pg::Tx& tx, absl::Span<SetProofPolicy* const> set) {
  for (const SetProofPolicy* change : set) {
    ProofStore(tx).InsertPolicy(change->envelope.program.number, change->policy_,
                                change->envelope.now);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
