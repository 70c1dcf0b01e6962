#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"

namespace gratis::members {

inline constexpr int64_t kMaxWeakLimitPoints = 1'000'000;

// What a program asks of proofs; version 0 is what holds until one is set.
struct ProofPolicy {
  int32_t version = 0;
  int64_t weak_limit_points = 0;

  friend bool operator==(const ProofPolicy&, const ProofPolicy&) = default;
};

// Errors: FIELD_INVALID (policy.weak_limit_points, policy.version).
absl::Status CheckProofPolicy(const ProofPolicy& policy);

// A new version of the policy. Answers with SetProofPolicyResponse.
class SetProofPolicy final : public ledger::Mutation {
 public:
  SetProofPolicy(ProofPolicy policy, TransactionId transaction)
      : policy_(policy), transaction_(transaction) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SetProofPolicies;

  ProofPolicy policy_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class SetProofPolicies final : public ledger::KindOf<SetProofPolicy> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetProofPolicy* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetProofPolicy* const> set) override;
};

}  // namespace gratis::members
