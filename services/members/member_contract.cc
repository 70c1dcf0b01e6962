#include "services/members/member_contract.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxTillTransactionBytes = 64;

ExternalId FromContract(const v1::ExternalId& external_id) {
  return {external_id.source(), external_id.id()};
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
  return profile;
}

absl::StatusOr<std::optional<absl::Time>> EnrolledAtOf(const v1::EnrollMemberRequest& request) {
  if (!request.has_enrolled_at()) return std::nullopt;
  return rpc::ParseTime(request.enrolled_at(), "enrolled_at");
}

absl::StatusOr<MemberId> MemberIdOf(const v1::GetMemberRequest& request) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say whose profile is asked for");
  }
  absl::StatusOr<MemberId> id = MemberId::Parse(request.member_id());
  if (!id.ok()) return InField(id.status(), "member_id");
  return id;
}

absl::StatusOr<std::vector<Identifier>> IdentifiersOf(const v1::IdentifyMemberRequest& request) {
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
    ASSIGN_OR_RETURN(Identifier found, PhoneIdentifier(request.phone()));
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
  if (identifiers.empty() && request.qr_token().empty()) {
    return FieldError(Reason::kFieldMissing, "external_id",
                      "give an external id, an e-mail address, a phone number, a card or a QR "
                      "token");
  }
  return identifiers;
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
    type::v1::Birthday& birthday = *proto.mutable_birthday();
    birthday.set_month(profile.birthday->on.month);
    birthday.set_day(profile.birthday->on.day);
    if (profile.birthday->year) birthday.set_year(*profile.birthday->year);
  }
  proto.set_time_zone(profile.time_zone);
  proto.set_language(profile.language);
}

void ToContract(const Member& member, v1::Member& proto) {
  proto.set_member_id(member.id.ToString());
  ToContract(member.profile, *proto.mutable_profile());
  rpc::SetTime(member.enrolled_at, *proto.mutable_enrolled_at());
}

void ToContract(const Member& member, std::string_view program_zone, v1::MemberBirthday& proto) {
  proto.set_member_id(member.id.ToString());
  if (member.profile.birthday) {
    proto.mutable_birthday()->set_month(member.profile.birthday->on.month);
    proto.mutable_birthday()->set_day(member.profile.birthday->on.day);
  }
  const std::string& zone = member.profile.time_zone;
  proto.set_time_zone(zone.empty() ? std::string(program_zone) : zone);
  rpc::SetTime(member.enrolled_at, *proto.mutable_enrolled_at());
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
  return FromContract(proto);
}

}  // namespace gratis::members
