#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"
#include "services/members/inactivity_rules.h"

// What is set down about inactivity: a policy, and that somebody was given notice.
namespace gratis::members {

// A new version of the policy, which is checked. Answers with SetInactivityPolicyResponse.
class InactivityPolicySetting final : public ledger::Mutation {
 public:
  InactivityPolicySetting(const InactivityPolicy& policy, const TransactionId& transaction)
      : policy_(policy), transaction_(transaction) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class InactivityPolicySettings;

  InactivityPolicy policy_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class InactivityPolicySettings final : public ledger::KindOf<InactivityPolicySetting> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<InactivityPolicySetting* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<InactivityPolicySetting* const> set) override;
};

// A notice to a member who was found inactive. Judged again under the partition's lock. Its
// request_id is made of the member, the policy's version, the last activity and, of one of whom
// others became a part, the notice before it, so whoever comes second finds it given. The answer is
// empty.
class InactivityNoticing final : public ledger::Mutation {
 public:
  InactivityNoticing(const ledger::Program& program, const IdleMember& found,
                     const InactivityPolicy& policy, const TransactionId& transaction);

  // Errors: FAILED_PRECONDITION without a reason when, looked at under the lock, none is to be
  // given after all.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class InactivityNoticings;

  const TransactionId transaction_;
  InactivityPolicy policy_;           // in force; loaded
  std::optional<IdleMember> member_;  // loaded
  InactivityNotice notice_;           // decided
};

class InactivityNoticings final : public ledger::KindOf<InactivityNoticing> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<InactivityNoticing* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<InactivityNoticing* const> set) override;
};

}  // namespace gratis::members
