#include "services/members/groups_policy.h"

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/groups.pb.h"
#include "services/members/group_store.h"

namespace gratis::members {

absl::Status CheckGroupsPolicy(const GroupsPolicy& policy) {
  if (policy.version != 0) {
    return FieldError(Reason::kFieldInvalid, "policy.version", "the engine counts versions itself");
  }
  if (policy.organization_percent >= 0 && policy.organization_percent <= 100) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldInvalid, "policy.organization_percent",
                    "an organization's share is 0 to 100 percent");
}

absl::StatusOr<std::string> SetGroupsPolicy::Decide(ledger::Books& books) {
  policy_.version = *latest_ + 1;
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kGroupsPolicySet,
                             .transaction = transaction_,
                             .effective_at = books.recorded_at(),
                             .source = "groups policy",
                             .detail = absl::StrCat(
                                 "{\"policy_version\":", policy_.version,
                                 ",\"organization_percent\":", policy_.organization_percent, "}")})
                      .status());
  if (!envelope.validate_only) *latest_ = policy_.version;
  v1::SetGroupsPolicyResponse response;
  response.mutable_policy()->set_version(policy_.version);
  response.mutable_policy()->set_organization_percent(policy_.organization_percent);
  return response.SerializeAsString();
}

absl::Status SetGroupsPolicies::LoadAll(pg::Tx& tx, absl::Span<SetGroupsPolicy* const> set) {
  ASSIGN_OR_RETURN(const GroupsPolicy policy,
                   GroupStore(tx).ReadPolicy(set.front()->envelope.program.number));
  const auto latest = std::make_shared<int32_t>(policy.version);
  for (SetGroupsPolicy* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetGroupsPolicies::WriteAll(pg::Tx& tx, absl::Span<SetGroupsPolicy* const> set) {
  for (const SetGroupsPolicy* change : set) {
    GroupStore(tx).InsertPolicy(change->envelope.program.number, change->policy_,
                                change->envelope.now);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
