#include "services/members/identification.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"
#include "services/members/identities.h"
#include "services/members/member_contract.h"
#include "services/members/members.h"
#include "services/members/phone_number.h"
#include "services/members/proving.h"

namespace gratis::members {

bool LookUpIsEnough(const v1::IdentifyMemberRequest& request) {
  return request.qr_token().empty() && request.member_id().empty() &&
         (request.phone().empty() || IsInternational(request.phone()));
}

absl::StatusOr<Identification::Sought> Identification::Seek(
    const rpc::Call& call, const v1::IdentifyMemberRequest& request) const {
  Sought sought;
  ASSIGN_OR_RETURN(const std::string region,
                   members_.RegionFor(call.program, request.phone(), call.deadline));
  ASSIGN_OR_RETURN(sought.identifiers, IdentifiersOf(request, region));
  if (!request.member_id().empty()) {
    ASSIGN_OR_RETURN(sought.named, MemberIdOf(request.member_id()));
  }
  if (!request.qr_token().empty()) {
    ASSIGN_OR_RETURN(sought.token,
                     proving_.ReadQrToken(call.program, request.qr_token(), call.now));
  }
  return sought;
}

absl::StatusOr<bool> Identification::IsOrBecame(const rpc::Call& call, const MemberId& shown,
                                                const MemberId& person) const {
  if (shown == person) return true;
  // Who asks for one's own alone means the very member.
  if (call.as_named) return false;
  ASSIGN_OR_RETURN(const MemberId survivor,
                   members_.SurvivorOf(call.program, shown, call.deadline));
  return survivor == person;
}

absl::Status Identification::CheckIsSought(const rpc::Call& call, const Sought& sought,
                                           const MemberId& person) const {
  const auto check = [&](const std::optional<MemberId>& shown, std::string_view field,
                         std::string_view message) -> absl::Status {
    if (!shown) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool is, IsOrBecame(call, *shown, person));
    if (is) return absl::OkStatus();
    std::vector<std::string_view> fields;
    for (const Identifier& identifier : sought.identifiers) fields.push_back(identifier.field);
    return InField(MembersDiffer(message, {*shown, person}, fields), field);
  };
  RETURN_IF_ERROR(
      check(sought.named, "member_id", "this is another member than what else was given leads to"));
  return check(sought.token ? std::optional(sought.token->member) : std::nullopt, "qr_token",
               "the QR code is another member's than the identifiers");
}

absl::StatusOr<std::optional<MemberId>> Identification::Followed(const rpc::Call& call,
                                                                 const MemberId& member,
                                                                 ledger::MemberState state) const {
  if (state != ledger::MemberState::kMerged || call.as_named) return std::nullopt;
  ASSIGN_OR_RETURN(const MemberId survivor,
                   members_.SurvivorOf(call.program, member, call.deadline));
  // Parted again meanwhile.
  if (survivor == member) return std::nullopt;
  return survivor;
}

absl::StatusOr<MemberId> Identification::Locate(const rpc::Call& call, const Sought& sought) const {
  MemberId member;
  if (sought.identifiers.empty()) {
    member = *sought.shown();
  } else {
    ASSIGN_OR_RETURN(member, members_.Locate(call.program, sought.identifiers, call.deadline));
  }
  RETURN_IF_ERROR(CheckIsSought(call, sought, member));
  return member;
}

void Identification::Introduce(const Person& person, v1::IdentifyMemberResponse& response) {
  response.set_member_id(person.member.ToString());
  response.set_state(static_cast<v1::MemberState>(person.state));
  if (ledger::Allows(person.state, ledger::Deed::kEarn)) {
    response.set_greeting_name(std::string(person.greeting_name));
  }
}

absl::Status Identification::Answer(const rpc::Call& call, const v1::IdentifyMemberRequest& request,
                                    const Sought& sought, const Person& person,
                                    v1::IdentifyMemberResponse& response) const {
  RETURN_IF_ERROR(CheckIsSought(call, sought, person.member));
  if (sought.token) {
    RETURN_IF_ERROR(proving_.UseQrToken(call.program, *sought.token, request.qr_token(), call.actor,
                                        request.till_transaction(), call.deadline));
  }
  Introduce(person, response);
  if (call.role != rpc::Role::kPos) return absl::OkStatus();
  ProofPolicy policy;
  if (sought.strength() == rpc::ProofStrength::kWeak) {
    ASSIGN_OR_RETURN(policy, proving_.CurrentPolicy(call.program, call.deadline));
  }
  GiveProof(call, call.actor, person.member, sought.strength(), policy, response);
  return absl::OkStatus();
}

void Identification::AnswerSpoken(const rpc::Call& call, const Person& person,
                                  const ProofPolicy& policy,
                                  v1::IdentifyMemberResponse& response) const {
  Introduce(person, response);
  if (call.role != rpc::Role::kPos) return;
  GiveProof(call, call.actor, person.member, rpc::ProofStrength::kWeak, policy, response);
}

absl::Status Identification::AnswerFound(const rpc::Call& call, const Person& person,
                                         std::string_view till,
                                         v1::IdentifyMemberResponse& response) const {
  Introduce(person, response);
  if (till.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ProofPolicy policy, proving_.CurrentPolicy(call.program, call.deadline));
  GiveProof(call, till, person.member, rpc::ProofStrength::kWeak, policy, response);
  return absl::OkStatus();
}

void Identification::GiveProof(const rpc::Call& call, std::string_view till, const MemberId& member,
                               rpc::ProofStrength strength, const ProofPolicy& policy,
                               v1::IdentifyMemberResponse& response) const {
  rpc::Proof proof{.member = member, .strength = strength, .expires_at = call.now + kProofLife};
  if (strength == rpc::ProofStrength::kWeak) proof.weak_limit_points = policy.weak_limit_points;
  response.set_proof(proofs_.Make(proof, call.program.number, till));
  response.set_proof_strength(static_cast<v1::ProofStrength>(strength));
  rpc::SetTime(proof.expires_at, *response.mutable_proof_expires_at());
}

}  // namespace gratis::members
