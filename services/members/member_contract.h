#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/members/member_rules.h"
#include "services/members/members.h"

// Between what the contract says and what the rules work on.
namespace gratis::members {

namespace v1 {
class EnrollMemberRequest;
class CloseMemberRequest;
class ExportMemberRequest;
class GetMemberRequest;
class IdentifyMemberRequest;
class KeptBirthday;
class ListBirthdaysRequest;
class Member;
class MemberBirthday;
class MembersPolicy;
class Profile;
class SetMembersPolicyRequest;
class SetMemberStateRequest;
class UpdateMemberRequest;
}  // namespace v1

// As it comes; CheckedProfile checks it.
Profile FromContract(const v1::Profile& profile);
// Errors: FIELD_INVALID (not a time at all).
absl::StatusOr<std::optional<absl::Time>> EnrolledAtOf(const v1::EnrollMemberRequest& request);
// A request's member_id. Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<MemberId> MemberIdOf(std::string_view member_id);
// All identifiers given, besides a QR token; see NormalizePhone for `region`. Errors: FIELD_MISSING
// (nothing at all), FIELD_TOO_LONG (till_transaction), and those of each.
absl::StatusOr<std::vector<Identifier>> IdentifiersOf(const v1::IdentifyMemberRequest& request,
                                                      const std::string& region = "");
// Unchecked but for the names of fields. Errors: FIELD_INVALID.
absl::StatusOr<ProfileChange> ChangeOf(const v1::UpdateMemberRequest& request);
// Errors: FIELD_INVALID.
absl::StatusOr<ledger::MemberState> StateOf(const v1::SetMemberStateRequest& request);
// Errors: FIELD_INVALID, FIELD_TOO_LONG.
absl::StatusOr<std::string> SourceOf(const v1::SetMemberStateRequest& request);
absl::StatusOr<std::string> LeavingAnswerOf(const v1::CloseMemberRequest& request);
// Errors: FIELD_MISSING, FIELD_INVALID.
absl::StatusOr<MembersPolicy> PolicyOf(const v1::SetMembersPolicyRequest& request);
// Errors: INVALID_DATE.
absl::StatusOr<std::vector<MonthDay>> DaysOf(const v1::ListBirthdaysRequest& request);

void ToContract(const Profile& profile, v1::Profile& proto);
void ToContract(const Member& member, v1::Member& proto);
// Of a member who has a birthday. `program_zone` is where they are taken to live if they did not
// say.
void ToContract(const Member& member, std::string_view program_zone, v1::MemberBirthday& proto);
// The birthday that they are given something for.
void ToContract(const ReachableMember& member, v1::KeptBirthday& proto);

void ToContract(const MembersPolicy& policy, v1::MembersPolicy& proto);
// The serialized answer, as it is stored and sent.
std::string PolicyAnswer(const MembersPolicy& policy);

// A profile as it is sealed: the contract's message, serialized. Errors: BOOKS_DAMAGED.
std::string SerializeProfile(const Profile& profile);
absl::StatusOr<Profile> ParseProfile(std::string_view bytes);

}  // namespace gratis::members
