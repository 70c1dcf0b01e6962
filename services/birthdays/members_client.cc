#include "services/birthdays/members_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <string>

#include "common/base/civil.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/consents.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"
#include "gratis/members/v1/preferences.grpc.pb.h"
#include "gratis/members/v1/tiers.grpc.pb.h"

namespace gratis::birthdays {
namespace {

void SetDay(absl::CivilDay day, type::v1::CivilDay& to) {
  to.set_year(static_cast<int32_t>(day.year()));
  to.set_month(day.month());
  to.set_day(day.day());
}

constexpr size_t kTiersAtOnce = 1000;

// The preference of those who want none.
constexpr char kNoCelebrations[] = "no_celebrations";

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

template <class Found>
std::optional<absl::Time> CorrectedAt(const Found& found) {
  if (!found.has_birthday_changed_at()) return std::nullopt;
  return TimeOf(found.birthday_changed_at());
}

std::optional<int32_t> BirthYear(const type::v1::Birthday& birthday) {
  if (!birthday.has_year()) return std::nullopt;
  return birthday.year();
}

// The member's zone; the program's when there is none, or none that this machine knows.
absl::StatusOr<absl::TimeZone> ZoneOf(const std::string& name, const ledger::Program& program) {
  absl::StatusOr<absl::TimeZone> zone = base::LoadZone(name);
  return zone.ok() ? zone : base::LoadZone(program.time_zone);
}

}  // namespace

absl::StatusOr<Celebrants::Page> MembersClient::List(const ledger::Program& program,
                                                     const DaySpan& days,
                                                     std::string_view page_token,
                                                     absl::Time deadline) {
  members::v1::ListBirthdaysRequest request;
  SetDay(days.first, *request.mutable_from());
  SetDay(days.last, *request.mutable_to());
  request.set_page_size(page_size_);
  request.set_page_token(std::string(page_token));
  members::v1::ListBirthdaysResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status =
      members::v1::MemberService::NewStub(channel_())->ListBirthdays(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);

  Page page;
  page.next_page_token = response.next_page_token();
  page.members.reserve(static_cast<size_t>(response.birthdays_size()));
  for (const members::v1::MemberBirthday& listed : response.birthdays()) {
    ASSIGN_OR_RETURN(const MemberId member, MemberId::Parse(listed.member_id()));
    ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(listed.time_zone(), program));
    page.members.push_back(
        {member,
         {.birthday = MonthDay{listed.birthday().month(), listed.birthday().day()},
          .zone = zone,
          .enrolled_at = TimeOf(listed.enrolled_at()),
          .corrected_at = CorrectedAt(listed),
          .no_celebrations = listed.no_celebrations(),
          .birth_year = BirthYear(listed.birthday()),
          .guardian_consents = listed.guardian_consents()}});
  }
  return page;
}

absl::StatusOr<bool> MembersClient::WantsNone(const ledger::Program& program,
                                              const MemberId& member, absl::Time deadline) {
  members::v1::GetPreferencesRequest request;
  request.set_member_id(member.ToString());
  members::v1::GetPreferencesResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status = members::v1::PreferenceService::NewStub(channel_())
                                  ->GetPreferences(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);
  for (const members::v1::KeptPreference& kept : response.preferences()) {
    if (kept.preference().key() == kNoCelebrations) return kept.preference().flag();
  }
  return false;
}

absl::StatusOr<bool> MembersClient::IsGuarded(const ledger::Program& program,
                                              const MemberId& member, absl::Time deadline) {
  members::v1::GetConsentsRequest request;
  request.set_member_id(member.ToString());
  members::v1::GetConsentsResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status =
      members::v1::ConsentService::NewStub(channel_())->GetConsents(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);
  for (const members::v1::Consent& consent : response.consents().consents()) {
    if (consent.purpose() == members::v1::CONSENT_PURPOSE_GUARDIAN) {
      return consent.state() == members::v1::CONSENT_STATE_GRANTED;
    }
  }
  return false;
}

absl::StatusOr<std::map<MemberId, std::string>> MembersClient::TiersOf(
    const ledger::Program& program, absl::Span<const MemberId> members, absl::Time deadline) {
  std::map<MemberId, std::string> tiers;
  const auto stub = members::v1::TierService::NewStub(channel_());
  for (size_t from = 0; from < members.size(); from += kTiersAtOnce) {
    members::v1::BatchGetMemberTiersRequest request;
    for (const MemberId& member : members.subspan(from, kTiersAtOnce)) {
      request.add_member_ids(member.ToString());
    }
    members::v1::BatchGetMemberTiersResponse response;
    grpc::ClientContext context;
    rpc::Begin(program.code, deadline, context);
    const grpc::Status status = stub->BatchGetMemberTiers(&context, request, &response);
    if (!status.ok()) return rpc::FromPeer(status);
    for (const members::v1::MemberTierCode& found : response.tiers()) {
      ASSIGN_OR_RETURN(const MemberId member, MemberId::Parse(found.member_id()));
      tiers[member] = found.tier();
    }
  }
  return tiers;
}

absl::StatusOr<std::set<std::string>> MembersClient::Tiers(const ledger::Program& program,
                                                           absl::Time deadline) {
  members::v1::GetTierPolicyResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status =
      members::v1::TierService::NewStub(channel_())
          ->GetTierPolicy(&context, members::v1::GetTierPolicyRequest(), &response);
  std::set<std::string> tiers;
  if (!status.ok()) {
    absl::Status error = rpc::FromPeer(status);
    if (ReasonOf(error) == Reason::kTierPolicyNotFound) return tiers;
    return error;
  }
  for (const members::v1::Tier& tier : response.policy().tiers()) tiers.insert(tier.code());
  return tiers;
}

absl::StatusOr<Celebrant> MembersClient::Find(const ledger::Program& program,
                                              const MemberId& member, absl::Time deadline) {
  members::v1::GetMemberRequest request;
  request.set_member_id(member.ToString());
  request.set_with_birthday(true);
  members::v1::GetMemberResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status =
      members::v1::MemberService::NewStub(channel_())->GetMember(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);

  const members::v1::Member& found = response.member();
  Celebrant celebrant{.birthday = std::nullopt, .zone = {}, .enrolled_at = {}};
  ASSIGN_OR_RETURN(celebrant.zone, ZoneOf(found.profile().time_zone(), program));
  celebrant.enrolled_at = TimeOf(found.enrolled_at());
  const members::v1::KeptBirthday& kept = response.birthday();
  celebrant.corrected_at = CorrectedAt(kept);
  if (kept.has_birthday()) {
    const type::v1::Birthday& birthday = kept.birthday();
    celebrant.birthday = MonthDay{birthday.month(), birthday.day()};
    celebrant.birth_year = BirthYear(birthday);
  }
  if (celebrant.birth_year) {
    ASSIGN_OR_RETURN(celebrant.guardian_consents, IsGuarded(program, member, deadline));
  }
  ASSIGN_OR_RETURN(celebrant.no_celebrations, WantsNone(program, member, deadline));
  return celebrant;
}

}  // namespace gratis::birthdays
