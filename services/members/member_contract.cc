#include "services/members/member_contract.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/policy.pb.h"
#include "gratis/members/v1/privacy.pb.h"
#include "gratis/members/v1/standing.pb.h"
#include "services/members/segment_contract.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxSourceCharacters = 128;
constexpr size_t kMaxLeavingAnswerCharacters = 2000;
constexpr size_t kMaxTillTransactionBytes = 64;

ExternalId FromContract(const v1::ExternalId& external_id) {
  return {external_id.source(), external_id.id()};
}

// A line of text that stays in the journal.
absl::StatusOr<std::string> CheckedText(const std::string& text, size_t most,
                                        std::string_view field) {
  if (base::CodePoints(text) > most) {
    return FieldError(Reason::kFieldTooLong, field, absl::StrCat("at most ", most, " characters"));
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return FieldError(Reason::kFieldInvalid, field, "no control characters");
  }
  return text;
}

void ToContract(const Birthday& birthday, type::v1::Birthday& proto) {
  proto.set_month(birthday.on.month);
  proto.set_day(birthday.on.day);
  if (birthday.year) proto.set_year(*birthday.year);
}

}  // namespace

Profile FromContract(const v1::Profile& proto) {
  Profile profile;
  for (const v1::ExternalId& external_id : proto.external_ids()) {
    profile.external_ids.push_back(FromContract(external_id));
  }
  profile.email = proto.email();
  profile.phone = proto.phone();
  profile.greeting_name = proto.greeting_name();
  if (proto.has_birthday()) {
    const type::v1::Birthday& birthday = proto.birthday();
    profile.birthday = {
        .on = {.month = birthday.month(), .day = birthday.day()},
        .year = birthday.has_year() ? std::optional<int>(birthday.year()) : std::nullopt};
  }
  profile.time_zone = proto.time_zone();
  profile.language = proto.language();
  profile.acquisition_source = proto.acquisition_source();
  profile.home_store = proto.home_store();
  return profile;
}

absl::StatusOr<std::optional<absl::Time>> EnrolledAtOf(const v1::EnrollMemberRequest& request) {
  if (!request.has_enrolled_at()) return std::nullopt;
  return rpc::ParseTime(request.enrolled_at(), "enrolled_at");
}

absl::StatusOr<MemberId> MemberIdOf(std::string_view member_id) {
  if (member_id.empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say which member is meant");
  }
  absl::StatusOr<MemberId> id = MemberId::Parse(member_id);
  if (!id.ok()) return InField(id.status(), "member_id");
  return id;
}

absl::StatusOr<std::vector<Identifier>> IdentifiersOf(const v1::IdentifyMemberRequest& request,
                                                      const std::string& region) {
  std::vector<Identifier> identifiers;
  if (request.has_external_id()) {
    ASSIGN_OR_RETURN(Identifier found, ExternalIdIdentifier(FromContract(request.external_id())));
    identifiers.push_back(std::move(found));
  }
  if (!request.email().empty()) {
    ASSIGN_OR_RETURN(Identifier found, EmailIdentifier(request.email()));
    identifiers.push_back(std::move(found));
  }
  if (!request.phone().empty()) {
    ASSIGN_OR_RETURN(Identifier found, PhoneIdentifier(request.phone(), region));
    identifiers.push_back(std::move(found));
  }
  if (request.has_card()) {
    ASSIGN_OR_RETURN(Identifier found,
                     CardIdentifier(request.card().issuer(), request.card().number()));
    identifiers.push_back(std::move(found));
  }
  if (request.till_transaction().size() > kMaxTillTransactionBytes) {
    return FieldError(Reason::kFieldTooLong, "till_transaction",
                      "a till's transaction has at most 64 bytes");
  }
  if (identifiers.empty() && request.qr_token().empty() && request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "external_id",
                      "give an external id, an e-mail address, a phone number, a card, a QR token "
                      "or a member id");
  }
  return identifiers;
}

absl::StatusOr<ProfileChange> ChangeOf(const v1::UpdateMemberRequest& request) {
  ProfileChange change{.parts = {}, .wanted = FromContract(request.profile())};
  const auto& paths = request.update_mask().paths();
  for (int i = 0; i < paths.size(); ++i) {
    const std::optional<Part> part = PartNamed(paths[i]);
    if (!part) {
      return FieldError(Reason::kFieldInvalid, absl::StrCat("update_mask.paths[", i, "]"),
                        "not a field of Profile, such as greeting_name");
    }
    change.parts.insert(*part);
  }
  for (const v1::ExternalId& id : request.add_external_ids()) {
    change.added.push_back(FromContract(id));
  }
  for (const v1::ExternalId& id : request.remove_external_ids()) {
    change.removed.push_back(FromContract(id));
  }
  return change;
}

absl::StatusOr<ledger::MemberState> StateOf(const v1::SetMemberStateRequest& request) {
  switch (request.state()) {
    case v1::MEMBER_STATE_ACTIVE:
    case v1::MEMBER_STATE_SUSPENDED:
    case v1::MEMBER_STATE_EARN_ONLY:
    case v1::MEMBER_STATE_RESTRICTED:
    case v1::MEMBER_STATE_DECEASED:
      return static_cast<ledger::MemberState>(request.state());
    default:
      return FieldError(Reason::kFieldInvalid, "state",
                        "active, suspended, earn-only, restricted or deceased; members leave by "
                        "CloseMember");
  }
}

absl::StatusOr<std::string> SourceOf(const v1::SetMemberStateRequest& request) {
  return CheckedText(request.source(), kMaxSourceCharacters, "source");
}

absl::StatusOr<std::string> LeavingAnswerOf(const v1::CloseMemberRequest& request) {
  if (base::CodePoints(request.leaving_answer()) > kMaxLeavingAnswerCharacters) {
    return FieldError(Reason::kFieldTooLong, "leaving_answer", "at most 2,000 characters");
  }
  return request.leaving_answer();
}

absl::StatusOr<MembersPolicy> PolicyOf(const v1::SetMembersPolicyRequest& request) {
  if (!request.has_policy()) {
    return FieldError(Reason::kFieldMissing, "policy", "say what the policy is");
  }
  MembersPolicy policy{.default_region = request.policy().default_region()};
  RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

absl::StatusOr<std::vector<MonthDay>> DaysOf(const v1::ListBirthdaysRequest& request) {
  ASSIGN_OR_RETURN(const absl::CivilDay from, rpc::ParseDay(request.from(), "from"));
  ASSIGN_OR_RETURN(const absl::CivilDay to, rpc::ParseDay(request.to(), "to"));
  absl::StatusOr<std::vector<MonthDay>> days = DaysOfSpan(from, to);
  if (!days.ok()) return InField(days.status(), "to");
  return days;
}

void ToContract(const Profile& profile, v1::Profile& proto) {
  for (const ExternalId& external_id : profile.external_ids) {
    v1::ExternalId& added = *proto.add_external_ids();
    added.set_source(external_id.source);
    added.set_id(external_id.id);
  }
  proto.set_email(profile.email);
  proto.set_phone(profile.phone);
  proto.set_greeting_name(profile.greeting_name);
  if (profile.birthday) {
    ToContract(*profile.birthday, *proto.mutable_birthday());
  }
  proto.set_time_zone(profile.time_zone);
  proto.set_language(profile.language);
  proto.set_acquisition_source(profile.acquisition_source);
  proto.set_home_store(profile.home_store);
  proto.set_email_removed(profile.email_removed);
  proto.set_phone_removed(profile.phone_removed);
}

void ToContract(const Member& member, v1::Member& proto) {
  proto.set_member_id(member.id.ToString());
  ToContract(member.profile, *proto.mutable_profile());
  rpc::SetTime(member.enrolled_at, *proto.mutable_enrolled_at());
  proto.set_state(static_cast<v1::MemberState>(member.state));
  if (member.birthday_changed_at) {
    rpc::SetTime(*member.birthday_changed_at, *proto.mutable_birthday_changed_at());
  }
  proto.set_leaving_answer(member.leaving_answer);
  for (const SegmentMark& mark : member.segments) ToContract(mark, *proto.add_segments());
}

void ToContract(const MembersPolicy& policy, v1::MembersPolicy& proto) {
  proto.set_default_region(policy.default_region);
  proto.set_version(policy.version);
}

std::string PolicyAnswer(const MembersPolicy& policy) {
  v1::SetMembersPolicyResponse response;
  ToContract(policy, *response.mutable_policy());
  return response.SerializeAsString();
}

void ToContract(const Member& member, std::string_view program_zone, v1::MemberBirthday& proto) {
  proto.set_member_id(member.id.ToString());
  if (member.profile.birthday) {
    ToContract(*member.profile.birthday, *proto.mutable_birthday());
  }
  const std::string& zone = member.profile.time_zone;
  proto.set_time_zone(zone.empty() ? std::string(program_zone) : zone);
  rpc::SetTime(member.enrolled_at, *proto.mutable_enrolled_at());
  if (member.birthday_changed_at) {
    rpc::SetTime(*member.birthday_changed_at, *proto.mutable_birthday_changed_at());
  }
}

void ToContract(const ReachableMember& member, v1::KeptBirthday& proto) {
  if (member.birthday) ToContract(*member.birthday, *proto.mutable_birthday());
  if (member.birthday_changed_at) {
    rpc::SetTime(*member.birthday_changed_at, *proto.mutable_birthday_changed_at());
  }
}

std::string SerializeProfile(const Profile& profile) {
  v1::Profile proto;
  ToContract(profile, proto);
  return proto.SerializeAsString();
}

absl::StatusOr<Profile> ParseProfile(std::string_view bytes) {
  v1::Profile proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::kBooksDamaged, "a member's profile is not one");
  }
  Profile profile = FromContract(proto);
  profile.email_removed = proto.email_removed();
  profile.phone_removed = proto.phone_removed();
  return profile;
}

}  // namespace gratis::members
