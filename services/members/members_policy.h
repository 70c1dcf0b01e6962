#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"

namespace gratis::members {

// How a program deals with what it is told of its members. The values here are those in force until
// some are set.
struct MembersPolicy {
  int32_t version = 0;         // 1, 2, … as they were set
  std::string default_region;  // of phone numbers without a country code: "CH"; empty: none

  friend bool operator==(const MembersPolicy&, const MembersPolicy&) = default;
};

// Errors: FIELD_INVALID, naming the field of the contract's SetMembersPolicyRequest.
absl::Status CheckPolicy(const MembersPolicy& policy);

// A new version of the policy, which is checked. Answers with SetMembersPolicyResponse.
class PolicySetting final : public ledger::Mutation {
 public:
  PolicySetting(MembersPolicy policy, const TransactionId& transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class PolicySettings;

  MembersPolicy policy_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class PolicySettings final : public ledger::KindOf<PolicySetting> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<PolicySetting* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<PolicySetting* const> set) override;
};

}  // namespace gratis::members
