#include "services/members/members_policy.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/member_contract.h"
#include "services/members/member_store.h"
#include "services/members/phone_number.h"

namespace gratis::members {

absl::Status CheckPolicy(const MembersPolicy& policy) {
  if (policy.default_region.empty() || IsPhoneRegion(policy.default_region)) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldInvalid, "policy.default_region",
                    "not a region with phone numbers of its own; write it as in CH (ISO 3166-1)");
}

PolicySetting::PolicySetting(MembersPolicy policy, const TransactionId& transaction)
    : policy_(std::move(policy)), transaction_(transaction) {}

absl::StatusOr<std::string> PolicySetting::Decide(ledger::Books& books) {
  policy_.version = *latest_ + 1;
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kMembersPolicySet,
                             .transaction = transaction_,
                             .effective_at = envelope.now,
                             .source = "members policy",
                             .detail = absl::StrCat("{\"policy_version\":", policy_.version,
                                                    ",\"default_region\":",
                                                    base::JsonString(policy_.default_region), "}")})
                      .status());
  if (!envelope.validate_only) *latest_ = policy_.version;
  return PolicyAnswer(policy_);
}

absl::Status PolicySettings::LoadAll(pg::Tx& tx, absl::Span<PolicySetting* const> set) {
  ASSIGN_OR_RETURN(const MembersPolicy policy,
                   MemberStore(tx).ReadPolicy(set.front()->envelope.program.number));
  const auto latest = std::make_shared<int32_t>(policy.version);
  for (PolicySetting* setting : set) setting->latest_ = latest;
  return absl::OkStatus();
}

absl::Status PolicySettings::WriteAll(pg::Tx& tx, absl::Span<PolicySetting* const> set) {
  for (const PolicySetting* setting : set) {
    const ledger::Envelope& envelope = setting->envelope;
    MemberStore(tx).InsertPolicy(envelope.program.number, setting->policy_, envelope.now,
                                 envelope.actor);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
