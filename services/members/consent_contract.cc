#include "services/members/consent_contract.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/consents.pb.h"

namespace gratis::members {
namespace {

// The numbers are the contract's; what this version does not know is for the rules to refuse.
template <class Ours, class Theirs>
Ours FromContract(Theirs value) {
  constexpr int kUnknown = -1;
  const int number = static_cast<int>(value);
  return static_cast<Ours>(number >= 0 && number < 1000 ? number : kUnknown);
}

// What both requests say alike.
template <class Request>
absl::StatusOr<Saying> Begin(const Request& request, house::Role role) {
  Saying saying;
  ASSIGN_OR_RETURN(saying.member, MemberIdIn(request.member_id(), "member_id"));
  saying.source = FromContract<ConsentSource>(request.source());
  RETURN_IF_ERROR(InField(CheckConsentSource(saying.source), "source"));
  if (request.has_decided_at()) {
    ASSIGN_OR_RETURN(saying.decided_at, rpc::ParseTime(request.decided_at(), "decided_at"));
  }
  const bool brings_history = role == house::Role::kAdmin || role == house::Role::kImport;
  if (!brings_history) saying.statable_past = kSaidBefore;
  return saying;
}

}  // namespace

absl::StatusOr<MemberId> MemberIdIn(std::string_view text, std::string_view field) {
  if (text.empty()) return FieldError(Reason::kFieldMissing, field, "say which member is meant");
  absl::StatusOr<MemberId> id = MemberId::Parse(text);
  if (!id.ok()) return InField(id.status(), field);
  return id;
}

absl::StatusOr<Saying> SayingOf(const v1::RecordConsentRequest& request, house::Role role) {
  ASSIGN_OR_RETURN(Saying saying, Begin(request, role));
  std::vector<ConsentDecision> decisions;
  for (const v1::ConsentDecision& decision : request.decisions()) {
    decisions.push_back({FromContract<ConsentPurpose>(decision.purpose()),
                         FromContract<ConsentChannel>(decision.channel()),
                         FromContract<ConsentState>(decision.state())});
  }
  ASSIGN_OR_RETURN(saying.decisions, CheckedDecisions(decisions));
  if (role == house::Role::kMember && IsGuardians(saying.decisions)) {
    return FieldError(Reason::kFieldInvalid, "decisions",
                      "a guardian's consent is recorded by who has it from the guardian");
  }
  saying.wording_version = request.wording_version();
  RETURN_IF_ERROR(
      InField(CheckWordingVersion(saying.wording_version, saying.decisions), "wording_version"));
  return saying;
}

absl::StatusOr<Saying> SayingOf(const v1::RecordObjectionRequest& request, house::Role role) {
  ASSIGN_OR_RETURN(Saying saying, Begin(request, role));
  saying.decisions = AllWithdrawn();
  saying.objection = true;
  return saying;
}

absl::StatusOr<std::vector<MemberId>> MembersOf(const v1::BatchGetConsentsRequest& request) {
  if (request.member_ids().empty()) {
    return FieldError(Reason::kFieldMissing, "member_ids", "say which members are meant");
  }
  RETURN_IF_ERROR(rpc::CheckBatchSize(request.member_ids_size()));
  std::vector<MemberId> members;
  for (int i = 0; i < request.member_ids_size(); ++i) {
    ASSIGN_OR_RETURN(MemberId member,
                     MemberIdIn(request.member_ids(i), absl::StrCat("member_ids[", i, "]")));
    members.push_back(std::move(member));
  }
  return members;
}

void ToContract(const Consent& consent, v1::Consent& proto) {
  proto.set_purpose(static_cast<v1::ConsentPurpose>(consent.decision.purpose));
  proto.set_channel(static_cast<v1::ConsentChannel>(consent.decision.channel));
  proto.set_state(static_cast<v1::ConsentState>(consent.decision.state));
  rpc::SetTime(consent.decided_at, *proto.mutable_decided_at());
  proto.set_source(static_cast<v1::ConsentSource>(consent.source));
  proto.set_wording_version(consent.wording_version);
  proto.set_objection(consent.objection);
}

void ToContract(const ConsentRecord& record, v1::ConsentRecord& proto) {
  ToContract(record.consent, *proto.mutable_consent());
  rpc::SetTime(record.recorded_at, *proto.mutable_recorded_at());
  proto.set_actor(record.actor);
  proto.set_transaction_id(record.transaction.ToString());
}

void KeepForMember(v1::ConsentRecord& record) { record.clear_actor(); }

}  // namespace gratis::members
