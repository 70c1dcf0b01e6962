#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/thanks_rules.h"

// The versions of a program's policy, as they are kept.
namespace gratis::thanks {

// Those that some purchase may go by, the latest set first; the last is the one that every program
// begins with.
class PolicyVersions {
 public:
  // Two steps, so that it travels with whatever else is asked.
  static PolicyVersions Ask(pg::Tx& tx, const ledger::Program& program);
  absl::StatusOr<std::vector<Policy>> Take(pg::Tx& tx) const;

 private:
  PolicyVersions(pg::Tx::Asked asked, const ledger::Program& program)
      : asked_(asked), program_(program) {}

  const pg::Tx::Asked asked_;
  const ledger::Program& program_;
};
absl::StatusOr<std::vector<Policy>> ReadPolicies(pg::Tx& tx, const ledger::Program& program);

// The policy as it was in `version`; 0 is the default one. Nothing if there is no such version.
absl::StatusOr<std::optional<Policy>> ReadPolicyVersion(pg::Tx& tx, const ledger::Program& program,
                                                        int32_t version);

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at);

}  // namespace gratis::thanks
