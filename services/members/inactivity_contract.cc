#include "services/members/inactivity_contract.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/inactivity.pb.h"

namespace gratis::members {
namespace {

static_assert(static_cast<int>(InactivityKept::kNothing) == v1::INACTIVITY_KEPT_UNSPECIFIED &&
              static_cast<int>(InactivityKept::kState) == v1::INACTIVITY_KEPT_STATE &&
              static_cast<int>(InactivityKept::kHold) == v1::INACTIVITY_KEPT_HOLD &&
              static_cast<int>(InactivityKept::kComplaint) == v1::INACTIVITY_KEPT_COMPLAINT &&
              static_cast<int>(InactivityKept::kNoEmail) == v1::INACTIVITY_KEPT_NO_EMAIL);

absl::StatusOr<InactivityPolicy> Checked(const v1::InactivityPolicy& proto) {
  InactivityPolicy policy;
  policy.months = proto.months();
  policy.notice_days = proto.notice_days();
  policy.erase_without_email = proto.erase_without_email();
  RETURN_IF_ERROR(CheckInactivityPolicy(policy));
  return policy;
}

}  // namespace

absl::StatusOr<InactivityPolicy> PolicyOf(const v1::SetInactivityPolicyRequest& request) {
  if (request.has_policy()) return Checked(request.policy());
  return FieldError(Reason::kFieldMissing, "policy", "what is the policy to be?");
}

absl::StatusOr<std::optional<InactivityPolicy>> PolicyOf(
    const v1::ListInactiveMembersRequest& request) {
  if (!request.has_policy()) return std::nullopt;
  ASSIGN_OR_RETURN(const InactivityPolicy policy, Checked(request.policy()));
  return policy;
}

void ToContract(const InactivityPolicy& policy, v1::InactivityPolicy& proto) {
  proto.set_months(policy.months);
  proto.set_notice_days(policy.notice_days);
  proto.set_version(policy.version);
  proto.set_erase_without_email(policy.erase_without_email);
}

void ToContract(const InactiveMember& found, v1::InactiveMember& proto) {
  proto.set_member_id(found.member.member.ToString());
  rpc::SetTime(found.member.since, *proto.mutable_inactive_since());
  const InactivityStep step = found.verdict.step;
  if (step == InactivityStep::kWait || step == InactivityStep::kErase) {
    rpc::SetTime(found.member.notice->noticed_at, *proto.mutable_noticed_at());
  }
  rpc::SetTime(found.verdict.erase_at, *proto.mutable_erase_at());
  proto.set_kept(static_cast<v1::InactivityKept>(found.verdict.kept));
}

std::string InactivityPolicyAnswer(const InactivityPolicy& policy) {
  v1::SetInactivityPolicyResponse response;
  ToContract(policy, *response.mutable_policy());
  return response.SerializeAsString();
}

std::string CursorOf(const InactivityPlace& place) {
  return absl::StrCat(place.partition, "/", place.after.IsNil() ? "" : place.after.ToString());
}

std::optional<InactivityPlace> PlaceIn(const ledger::Program& program, std::string_view cursor) {
  const std::vector<std::string> parts = absl::StrSplit(base::Abs(cursor), '/');
  InactivityPlace place;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &place.partition)) return std::nullopt;
  if (place.partition < program.first_partition || place.partition > program.last_partition()) {
    return std::nullopt;
  }
  if (parts[1].empty()) return place;
  const absl::StatusOr<MemberId> after = MemberId::Parse(parts[1]);
  if (!after.ok()) return std::nullopt;
  place.after = *after;
  return place;
}

}  // namespace gratis::members
