#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"

namespace gratis::members {

// Who earns by what is bought for an organization; version 0 is what holds until one is set.
struct GroupsPolicy {
  int32_t version = 0;
  int32_t organization_percent = 0;  // of the points; the rest is the buyer's

  friend bool operator==(const GroupsPolicy&, const GroupsPolicy&) = default;
};

// Errors: FIELD_INVALID (policy.organization_percent, policy.version).
absl::Status CheckGroupsPolicy(const GroupsPolicy& policy);

// A new version of the policy. Answers with SetGroupsPolicyResponse.
class SetGroupsPolicy final : public ledger::Mutation {
 public:
  SetGroupsPolicy(GroupsPolicy policy, TransactionId transaction)
      : policy_(policy), transaction_(transaction) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SetGroupsPolicies;

  GroupsPolicy policy_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class SetGroupsPolicies final : public ledger::KindOf<SetGroupsPolicy> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetGroupsPolicy* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetGroupsPolicy* const> set) override;
};

}  // namespace gratis::members
