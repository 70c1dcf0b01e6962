#include "services/thanks/policy_store.h"

#include <utility>

#include "common/status/macros.h"
#include "services/thanks/policy_json.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

absl::StatusOr<Policy> PolicyOf(const pg::Row& row) {
  ASSIGN_OR_RETURN(Policy policy, ReadPolicyBody(row.Get<std::string_view>(2)));
  policy.version = row.Get<int32_t>(0);
  policy.effective_from = row.Get<absl::Time>(1);
  return policy;
}

}  // namespace

PolicyVersions PolicyVersions::Ask(pg::Tx& tx, const ledger::Program& program) {
  return {tx.Ask(sql::kReadPolicies, program.number), program};
}

absl::StatusOr<std::vector<Policy>> PolicyVersions::Take(pg::Tx& tx) const {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked_));
  std::vector<Policy> policies;
  policies.reserve(static_cast<size_t>(rows.size()) + 1);
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Policy policy, PolicyOf(row));
    policies.push_back(std::move(policy));
  }
  policies.push_back(DefaultPolicy(program_.currency_code));
  return policies;
}

absl::StatusOr<std::vector<Policy>> ReadPolicies(pg::Tx& tx, const ledger::Program& program) {
  return PolicyVersions::Ask(tx, program).Take(tx);
}

absl::StatusOr<std::optional<Policy>> ReadPolicyVersion(pg::Tx& tx, const ledger::Program& program,
                                                        int32_t version) {
  if (version == 0) return DefaultPolicy(program.currency_code);
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPolicyVersion, program.number, version));
  if (rows.empty()) return std::nullopt;
  return PolicyOf(rows[0]);
}

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at) {
  tx.Send(sql::kInsertPolicy, program.number, policy.version, set_at, policy.effective_from,
          BodyOf(policy));
}

}  // namespace gratis::thanks
