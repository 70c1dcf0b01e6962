#include "common/rpc/let_in.h"

#include <google/protobuf/message.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/check.h"
#include "common/rpc/metadata.h"
#include "common/rpc/method.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

// So a page that many people have open cannot be made to wear the engine down.
constexpr house::CallLimit kLimitOfMembers = {.calls_per_second = 5, .burst_calls = 50};

absl::Status FindMember(const MemberToken& token, Gate& gate, absl::Time now, Call& call) {
  if (now >= token.expires_at) {
    return Error(Reason::kTokenExpired, "the member's token is over; the shop gives another");
  }
  ASSIGN_OR_RETURN(const house::KeyRecord issuer, gate.FindIssuer(token.issuer, call.deadline));
  if (issuer.program != token.program) return Error(Reason::kKeyInvalid, "this token is not good");
  call.role = Role::kMember;
  call.bound_to = token.program;
  call.member = token.member;
  call.actor = token.member.ToString();
  call.limit = kLimitOfMembers;
  return absl::OkStatus();
}

absl::Status FindCaller(const Presented& presented, Gate& gate, absl::Time now, Call& call) {
  if (presented.service) {
    call.role = Role::kService;
    call.actor = absl::StrCat("service:", base::Abs(*presented.service));
    return absl::OkStatus();
  }
  if (presented.token) return FindMember(*presented.token, gate, now, call);
  ASSIGN_OR_RETURN(const std::string_view key, BearerKey(presented.authorization));
  ASSIGN_OR_RETURN(const house::KeyRecord record, gate.FindKey(key, call.deadline));
  call.role = record.role;
  call.bound_to = record.program;
  call.actor = record.key_id.ToString();
  call.key_id = record.key_id;
  call.store = record.store;
  call.limit = record.limit;
  return absl::OkStatus();
}

// One answer for what does not exist and what is another's.
absl::Status NoSuchProgram() {
  return Error(Reason::kProgramNotFound, "there is no such program, or the key may not see it");
}

absl::Status FindProgram(const Presented& presented, Scope scope, Gate& gate, Call& call) {
  if (scope == Scope::kHouse) {
    ASSIGN_OR_RETURN(call.program, gate.FindProgram(ledger::kHouseProgram, call.deadline));
    return absl::OkStatus();
  }
  if (call.bound_to) {
    ASSIGN_OR_RETURN(call.program, gate.FindProgram(*call.bound_to, call.deadline));
    if (!presented.program.empty() && presented.program != call.program.code) {
      return NoSuchProgram();
    }
    return absl::OkStatus();
  }
  if (presented.program.empty()) {
    return Error(Reason::kProgramMissing,
                 "a key for all programs must name one as metadata: gratis-program: CODE");
  }
  // What is not UTF-8 must not reach the database.
  if (!base::IsValidUtf8(presented.program)) return NoSuchProgram();
  ASSIGN_OR_RETURN(call.program, gate.FindProgram(presented.program, call.deadline));
  if (scope == Scope::kProgram && call.program.number == ledger::kHouseProgram) {
    return Error(Reason::kProgramNotFound, "the house's own books are no program of members");
  }
  return absl::OkStatus();
}

std::string TextOf(const google::protobuf::Message& message,
                   const google::protobuf::FieldDescriptor* field) {
  return message.GetReflection()->GetString(message, field);
}

// Whether this names whoever makes the call, by the id their token has or by that of whom they
// became or who became them.
bool NamesCaller(const std::string& named, Gate& gate, const Call& call) {
  if (named == call.actor) return true;
  if (!gate.AnyMerged()) return false;
  const absl::StatusOr<MemberId> member = MemberId::Parse(named);
  return member.ok() && gate.SurvivorOf(*member) == gate.SurvivorOf(call.member);
}

}  // namespace

absl::Status LetIn(const Presented& presented, const Method& method, Scope scope, Gate& gate,
                   absl::Time now, Call& call) {
  RETURN_IF_ERROR(FindCaller(presented, gate, now, call));
  if (!method.Allows(call.role)) {
    const std::string role(house::RoleName(call.role));
    return Error(Reason::kRoleNotAllowed,
                 absl::StrCat("the role ", role, " may not call ", method.name), {{"role", role}});
  }
  RETURN_IF_ERROR(FindProgram(presented, scope, gate, call));
  ASSIGN_OR_RETURN(call.now, gate.Now(call.program.number, call.deadline));
  return absl::OkStatus();
}

absl::Status CheckMember(const google::protobuf::Message& request, const Method& method, Gate& gate,
                         const Call& call) {
  if (call.role != Role::kMember) return absl::OkStatus();
  if (method.member_id != nullptr && NamesCaller(TextOf(request, method.member_id), gate, call)) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kMemberNotAllowed, "member_id",
                    "a member's token is good for calls that name this member alone");
}

absl::Status CheckRequest(const google::protobuf::Message& request, const Method& method) {
  RETURN_IF_ERROR(CheckMessage(request));
  if (method.request_id == nullptr) return absl::OkStatus();
  return CheckRequestId(TextOf(request, method.request_id));
}

std::string RequestIdOf(const google::protobuf::Message& request, const Method& method) {
  if (method.request_id == nullptr) return "";
  std::string request_id = TextOf(request, method.request_id);
  return CheckRequestId(request_id).ok() ? std::move(request_id) : "";
}

}  // namespace gratis::rpc
