#include "services/members/tier_policies.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {

TierPolicySetting::TierPolicySetting(v1::TierPolicy policy, TransactionId transaction)
    : wish_(std::move(policy)), transaction_(transaction) {
  envelope.all_partitions = true;
}

absl::StatusOr<std::string> TierPolicySetting::Decide(ledger::Books& books) {
  const absl::Time now = books.recorded_at();
  TierPolicyVersion version{.ladder = {}, .heads = {}, .policy = wish_};
  ASSIGN_OR_RETURN(version.ladder, LadderOf(version.policy, books.program(),
                                            [&](auto code) { return books.UnitOf(code); }));
  absl::Time from = now;
  if (wish_.has_effective_from()) {
    ASSIGN_OR_RETURN(from, rpc::ParseTime(wish_.effective_from(), "policy.effective_from"));
    if (from < now) {
      return FieldError(Reason::kFieldInvalid, "policy.effective_from",
                        absl::StrCat("a policy cannot begin before now, ", base::FormatTime(now)));
    }
  }
  version.policy.set_version(*latest_ + 1);
  rpc::SetTime(from, *version.policy.mutable_effective_from());
  ledger::Cursor heads = heads_;
  for (const ledger::JournalRow& row : books.rows()) heads[row.partition] = row.seq;
  for (const auto& [partition, seq] : heads) version.heads.push_back(seq);
  decided_ = {.version = *latest_ + 1,
              .set_at = now,
              .set_by = envelope.actor,
              .detail = DetailOf(version)};
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kTierPolicySet,
                             .transaction = transaction_,
                             .member = {},
                             .effective_at = now,
                             .source = "tier policy",
                             .detail = decided_.detail})
                      .status());
  if (!envelope.validate_only) *latest_ = decided_.version;
  v1::SetTierPolicyResponse response;
  *response.mutable_policy() = std::move(version.policy);
  rpc::SetTime(now, *response.mutable_policy()->mutable_set_at());
  response.mutable_policy()->set_set_by(envelope.actor);
  return response.SerializeAsString();
}

absl::Status TierPolicySettings::LoadAll(pg::Tx& tx, absl::Span<TierPolicySetting* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  ASSIGN_OR_RETURN(const ledger::Cursor heads, ledger::ReadHeads(tx, program));
  ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> rows, ReadTierPolicies(tx, program));
  const auto latest = std::make_shared<int32_t>(rows.empty() ? 0 : rows.back().version);
  for (TierPolicySetting* setting : set) {
    setting->heads_ = heads;
    setting->latest_ = latest;
  }
  return absl::OkStatus();
}

absl::Status TierPolicySettings::WriteAll(pg::Tx& tx, absl::Span<TierPolicySetting* const> set) {
  for (const TierPolicySetting* setting : set) {
    InsertTierPolicy(tx, setting->envelope.program, setting->decided_);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
