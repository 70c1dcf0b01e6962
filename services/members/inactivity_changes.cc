#include "services/members/inactivity_changes.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "services/members/inactivity_contract.h"
#include "services/members/inactivity_store.h"

namespace gratis::members {

absl::StatusOr<std::string> InactivityPolicySetting::Decide(ledger::Books& books) {
  policy_.version = *latest_ + 1;
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kInactivityPolicySet,
                 .transaction = transaction_,
                 .effective_at = books.recorded_at(),
                 .source = "inactivity policy",
                 .detail = absl::StrCat(
                     "{\"policy_version\":", policy_.version, ",\"months\":", policy_.months,
                     ",\"notice_days\":", policy_.notice_days, ",\"erase_without_email\":",
                     policy_.erase_without_email ? "true" : "false", "}")})
          .status());
  if (!envelope.validate_only) *latest_ = policy_.version;
  return InactivityPolicyAnswer(policy_);
}

absl::Status InactivityPolicySettings::LoadAll(pg::Tx& tx,
                                               absl::Span<InactivityPolicySetting* const> set) {
  ASSIGN_OR_RETURN(const InactivityPolicy policy,
                   InactivityStore(tx).ReadPolicy(set.front()->envelope.program.number));
  const auto latest = std::make_shared<int32_t>(policy.version);
  for (InactivityPolicySetting* setting : set) setting->latest_ = latest;
  return absl::OkStatus();
}

absl::Status InactivityPolicySettings::WriteAll(pg::Tx& tx,
                                                absl::Span<InactivityPolicySetting* const> set) {
  for (const InactivityPolicySetting* setting : set) {
    const ledger::Envelope& envelope = setting->envelope;
    InactivityStore(tx).InsertPolicy(envelope.program.number, setting->policy_, envelope.now);
  }
  return absl::OkStatus();
}

InactivityNoticing::InactivityNoticing(const ledger::Program& program, const IdleMember& found,
                                       const InactivityPolicy& policy,
                                       const TransactionId& transaction)
    : transaction_(transaction) {
  envelope.program = program;
  envelope.member = found.member;
  envelope.request_id = ledger::OwnRequestId(absl::StrCat(
      "inactivity-notice:", found.member.ToString(), ":", policy.version, ":", found.last_seq));
  // What those did who became part of them is not in their seq: the notice before it is told apart.
  if (found.notice && found.others_at != absl::InfinitePast()) {
    absl::StrAppend(&envelope.request_id, ":", found.notice->seq);
  }
  const base::Digest fingerprint = base::Sha256(envelope.request_id);
  envelope.fingerprint = std::string(base::AsBytes(fingerprint));
}

absl::StatusOr<std::string> InactivityNoticing::Decide(ledger::Books& books) {
  InactivityVerdict verdict;
  if (member_) verdict = Judge(*member_, policy_, books.zone(), envelope.now);
  if (verdict.step != InactivityStep::kNotice || verdict.kept != InactivityKept::kNothing) {
    return absl::FailedPreconditionError("no notice is to be given");
  }
  notice_ = {.seq = 0,
             .policy_version = policy_.version,
             .noticed_at = envelope.now,
             .erase_at = verdict.erase_at};
  ASSIGN_OR_RETURN(
      notice_.seq,
      books.Post(
          {.kind = ledger::FactKind::kInactivityNoticed,
           .transaction = transaction_,
           .member = envelope.member,
           .effective_at = envelope.now,
           .source = "inactivity",
           .detail = absl::StrCat(
               "{\"policy_version\":", policy_.version,
               ",\"inactive_since\":", base::JsonString(base::FormatTime(member_->since)),
               ",\"erase_at\":", base::JsonString(base::FormatTime(notice_.erase_at)), "}")}));
  return std::string();
}

absl::Status InactivityNoticings::LoadAll(pg::Tx& tx, absl::Span<InactivityNoticing* const> set) {
  const ledger::Envelope& any = set.front()->envelope;
  ASSIGN_OR_RETURN(const InactivityPolicy policy,
                   InactivityStore(tx).ReadPolicy(any.program.number));
  std::vector<MemberId> members;
  for (const InactivityNoticing* noticing : set) members.push_back(noticing->envelope.member);
  ASSIGN_OR_RETURN(const std::vector<IdleMember> found,
                   ReadIdleMembers(tx, any.program, any.home(), members));
  for (InactivityNoticing* noticing : set) {
    noticing->policy_ = policy;
    noticing->member_.reset();
    for (const IdleMember& member : found) {
      if (member.member == noticing->envelope.member) noticing->member_ = member;
    }
  }
  return absl::OkStatus();
}

absl::Status InactivityNoticings::WriteAll(pg::Tx& tx, absl::Span<InactivityNoticing* const> set) {
  std::map<MemberId, InactivityNotice> notices;
  for (const InactivityNoticing* noticing : set) {
    notices[noticing->envelope.member] = noticing->notice_;
  }
  InactivityStore(tx).WriteNotices(set.front()->envelope.home(), notices);
  return absl::OkStatus();
}

}  // namespace gratis::members
