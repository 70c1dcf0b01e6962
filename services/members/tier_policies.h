#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/ledger/feed.h"
#include "common/ledger/mutation.h"
#include "services/members/tier_contract.h"

namespace gratis::members {

// A new version of a program's tier policy. It is posted while the whole program stands still, so
// that of every fact it is plain whether it was journaled before or after; which is journaled, too.
// Answers with SetTierPolicyResponse. Errors: as LadderOf; FIELD_INVALID (`effective_from` is
// past).
class TierPolicySetting final : public ledger::Mutation {
 public:
  TierPolicySetting(v1::TierPolicy policy, TransactionId transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class TierPolicySettings;

  const v1::TierPolicy wish_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the last version as of now in this run; the set's own
  ledger::Cursor heads_;             // before this run
  TierPolicyRow decided_;
};

// In a program of one partition several may be of one set, and others besides.
class TierPolicySettings final : public ledger::KindOf<TierPolicySetting> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<TierPolicySetting* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<TierPolicySetting* const> set) override;
};

}  // namespace gratis::members
