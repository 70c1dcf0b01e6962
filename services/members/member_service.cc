#include "services/members/member_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/rpc/error.h"
#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/member_contract.h"
#include "services/members/own_change.h"
#include "services/members/phone_number.h"

namespace gratis::members {
namespace {

constexpr int32_t kBirthdayPage = 1000;
constexpr int32_t kMaxBirthdayPage = 5000;

bool BringsHistory(const rpc::Call& call) {
  return call.role == rpc::Role::kAdmin || call.role == rpc::Role::kImport;
}

absl::StatusOr<std::optional<MemberCursor>> CursorOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::optional<MemberCursor> cursor = MemberCursor::Parse(text);
  if (cursor) return cursor;
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

// Names of numbers are kept as NormalizePhone writes them, and it changes none of these. So a
// number that leads to somebody as it is need not be parsed, which costs more than the rest of the
// call.
bool IsNumberAlone(const v1::IdentifyMemberRequest& request) {
  return IsWrittenAsKept(request.phone()) && !request.has_external_id() &&
         request.email().empty() && !request.has_card() && request.qr_token().empty() &&
         request.member_id().empty() && request.till_transaction().empty();
}

// What the refused items of a batch show, but for those that were only validated.
std::vector<Sighting> SightingsIn(const v1::BatchEnrollMembersRequest& batch,
                                  const v1::BatchEnrollMembersResponse& response) {
  std::vector<Sighting> seen;
  for (int i = 0; i < response.results_size(); ++i) {
    const type::v1::ItemStatus& status = response.results(i).status();
    if (!status.has_error() || batch.requests(i).validate_only()) continue;
    if (std::optional<Sighting> one = SightingIn(rpc::FromProto(status.error()))) {
      seen.push_back(*std::move(one));
    }
  }
  return seen;
}

}  // namespace

// The region of the program's numbers without a country code: read once for a whole call, and only
// if one of its numbers has none.
class PhoneRegion {
 public:
  PhoneRegion(const Members& members, const rpc::Call& call) : members_(members), call_(call) {}

  absl::StatusOr<std::string> For(const std::string& phone) {
    if (phone.empty() || IsInternational(phone)) return "";
    if (!region_) region_ = members_.RegionFor(call_.program, phone, call_.deadline);
    return *region_;
  }

 private:
  const Members& members_;
  const rpc::Call& call_;
  std::optional<absl::StatusOr<std::string>> region_;
};

absl::StatusOr<std::unique_ptr<ledger::Mutation>> MemberService::MakeEnrollment(
    const rpc::Call& call, const v1::EnrollMemberRequest& request, PhoneRegion& phones) const {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> enrolled_at, EnrolledAtOf(request));
  ASSIGN_OR_RETURN(const std::string region, phones.For(request.profile().phone()));
  ASSIGN_OR_RETURN(const Profile profile, CheckedProfile(FromContract(request.profile()), region));
  return members_.Prepare(call.program, profile, enrolled_at, BringsHistory(call), call.now);
}

absl::StatusOr<std::unique_ptr<ledger::Mutation>> MemberService::MakeUpdate(
    const rpc::Call& call, const v1::UpdateMemberRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdOf(request.member_id()));
  if (call.role == rpc::Role::kMember) RETURN_IF_ERROR(CheckOwnChange(request));
  ASSIGN_OR_RETURN(ProfileChange change, ChangeOf(request));
  ASSIGN_OR_RETURN(const std::string region,
                   members_.RegionFor(call.program, request.profile().phone(), call.deadline));
  ASSIGN_OR_RETURN(change, CheckedChange(std::move(change), region));
  std::unique_ptr<ProfileUpdate> update =
      members_.PrepareUpdate(call.program, member, std::move(change), call.now);
  // Whoever may change where codes are sent becomes the member.
  update->envelope.refusal = rpc::NeedStrongProof(call, member);
  return update;
}

absl::Status MemberService::Get(const rpc::Call& call, const v1::GetMemberRequest& request,
                                v1::GetMemberResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(request.member_id()));
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, id));
  ReachableMember found;
  if ((request.with_contact() || request.with_birthday()) && !call.as_named) {
    ASSIGN_OR_RETURN(found, members_.GetReachable(call.program, id, call.deadline));
  } else {
    ASSIGN_OR_RETURN(found.member, members_.Get(call.program, id, call.deadline));
    found.email = found.member.profile.email;
    found.phone = found.member.profile.phone;
    found.birthday = found.member.profile.birthday;
    found.birthday_changed_at = found.member.birthday_changed_at;
  }
  if (request.with_contact()) {
    response.mutable_contact()->set_email(found.email);
    response.mutable_contact()->set_phone(found.phone);
  }
  if (request.with_birthday()) ToContract(found, *response.mutable_birthday());
  DropOver(found.member.segments, call.now);
  ToContract(found.member, *response.mutable_member());
  return absl::OkStatus();
}

absl::Status MemberService::List(const rpc::Call& call, const v1::ListBirthdaysRequest& request,
                                 v1::ListBirthdaysResponse& response) const {
  ASSIGN_OR_RETURN(const std::vector<MonthDay> days, DaysOf(request));
  ASSIGN_OR_RETURN(const int32_t limit,
                   rpc::PageSize(request.page_size(), kBirthdayPage, kMaxBirthdayPage));
  ASSIGN_OR_RETURN(const std::string text, shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const std::optional<MemberCursor> after, CursorOf(text));
  ASSIGN_OR_RETURN(const BirthdayPage page,
                   members_.ListBirthdays(call.program, days, after, limit, call.deadline));
  for (const Member& member : page.members) {
    v1::MemberBirthday& birthday = *response.add_birthdays();
    ToContract(member, call.program.time_zone, birthday);
    birthday.set_no_celebrations(page.uncelebrated.count(member.id) > 0);
    birthday.set_guardian_consents(page.guarded.count(member.id) > 0);
  }
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

absl::Status MemberService::Identify(const rpc::Call& call,
                                     const v1::IdentifyMemberRequest& request,
                                     v1::IdentifyMemberResponse& response) const {
  ASSIGN_OR_RETURN(const Identification::Sought sought, identification_.Seek(call, request));
  ASSIGN_OR_RETURN(Member member,
                   sought.identifiers.empty()
                       ? members_.Get(call.program, *sought.shown(), call.deadline)
                       : members_.Identify(call.program, sought.identifiers, call.deadline));
  ASSIGN_OR_RETURN(const std::optional<MemberId> became,
                   identification_.Followed(call, member.id, member.state));
  if (became) {
    ASSIGN_OR_RETURN(member, members_.Get(call.program, *became, call.deadline));
  }
  return identification_.Answer(call, request, sought,
                                {member.id, member.state, member.profile.greeting_name}, response);
}

void MemberService::IdentifyTogether(const rpc::Call& call,
                                     const v1::IdentifyMemberRequest& request,
                                     const rpc::Reply<v1::IdentifyMemberResponse>& reply) {
  if (!IsNumberAlone(request)) return IdentifyParsed(call, request, reply);
  const Identifier as_written{ledger::DirectoryKind::kPhone, request.phone(), "phone"};
  // Call and request live until it is answered.
  identities_.Read({call.program, members_.NamesOf(call.program, {as_written}), call.deadline},
                   [this, &call, &request, reply](const absl::StatusOr<Identity>& identity) {
                     if (ReasonOf(identity.status()) == Reason::kMemberNotFound) {
                       return IdentifyParsed(call, request, reply);
                     }
                     Introduce(call, identity, reply);
                   });
}

void MemberService::IdentifyParsed(const rpc::Call& call, const v1::IdentifyMemberRequest& request,
                                   const rpc::Reply<v1::IdentifyMemberResponse>& reply) {
  const absl::StatusOr<std::vector<Identifier>> identifiers = IdentifiersOf(request, "");
  if (!identifiers.ok()) return reply.Finish(identifiers.status());
  identities_.Read({call.program, members_.NamesOf(call.program, *identifiers), call.deadline},
                   [this, &call, reply](const absl::StatusOr<Identity>& identity) {
                     Introduce(call, identity, reply);
                   });
}

void MemberService::Introduce(const rpc::Call& call, const absl::StatusOr<Identity>& identity,
                              const rpc::Reply<v1::IdentifyMemberResponse>& reply) {
  if (!identity.ok()) return proposing_.Refuse(call, reply, identity.status());
  const absl::StatusOr<Member> member = members_.Unseal(identity->row);
  if (!member.ok()) return reply.Finish(member.status());
  identification_.AnswerSpoken(call, {member->id, identity->state, member->profile.greeting_name},
                               identity->proof_policy, reply.response());
  reply.Finish(absl::OkStatus());
}

grpc::ServerUnaryReactor* MemberService::EnrollMember(grpc::CallbackServerContext* context,
                                                      const v1::EnrollMemberRequest* request,
                                                      v1::EnrollMemberResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::EnrollMemberRequest& newcomer,
                              const rpc::Reply<v1::EnrollMemberResponse>& reply) {
                         PhoneRegion region(members_, call);
                         auto enrollment = MakeEnrollment(call, newcomer, region);
                         if (!enrollment.ok()) return reply.Finish(enrollment.status());
                         rpc::Post(poster_, call, newcomer, enrollments_, *std::move(enrollment),
                                   proposing_.Watched(call, reply, newcomer.validate_only()));
                       });
}

grpc::ServerUnaryReactor* MemberService::BatchEnrollMembers(
    grpc::CallbackServerContext* context, const v1::BatchEnrollMembersRequest* request,
    v1::BatchEnrollMembersResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::BatchEnrollMembersRequest& batch,
             const rpc::Reply<v1::BatchEnrollMembersResponse>& reply) {
        PhoneRegion region(members_, call);
        rpc::PostBatch(
            poster_, call, batch.requests(), enrollments_,
            [this, &region](const rpc::Call& of, const v1::EnrollMemberRequest& newcomer) {
              return MakeEnrollment(of, newcomer, region);
            },
            proposing_.WatchedBy(call, reply,
                                 [&batch, &results = reply.response()](const absl::Status&) {
                                   return SightingsIn(batch, results);
                                 }));
      });
}

grpc::ServerUnaryReactor* MemberService::UpdateMember(grpc::CallbackServerContext* context,
                                                      const v1::UpdateMemberRequest* request,
                                                      v1::UpdateMemberResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::UpdateMemberRequest& asked,
                              const rpc::Reply<v1::UpdateMemberResponse>& reply) {
                         auto update = MakeUpdate(call, asked);
                         if (!update.ok()) return reply.Finish(update.status());
                         const MemberId about = (*update)->envelope.member;
                         rpc::Post(poster_, call, asked, updates_, *std::move(update),
                                   proposing_.Watched(call, reply, asked.validate_only(), about));
                       });
}

grpc::ServerUnaryReactor* MemberService::GetMember(grpc::CallbackServerContext* context,
                                                   const v1::GetMemberRequest* request,
                                                   v1::GetMemberResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetMemberRequest& asked,
                            v1::GetMemberResponse& answer) { return Get(call, asked, answer); });
}

grpc::ServerUnaryReactor* MemberService::IdentifyMember(grpc::CallbackServerContext* context,
                                                        const v1::IdentifyMemberRequest* request,
                                                        v1::IdentifyMemberResponse* response) {
  if (LookUpIsEnough(*request)) {
    return shell_.MutateAtOnce(context, request, response,
                               [this](const rpc::Call& call, const v1::IdentifyMemberRequest& asked,
                                      const rpc::Reply<v1::IdentifyMemberResponse>& reply) {
                                 IdentifyTogether(call, asked, reply);
                               });
  }
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::IdentifyMemberRequest& asked,
                              const rpc::Reply<v1::IdentifyMemberResponse>& reply) {
                         absl::Status identified = Identify(call, asked, reply.response());
                         if (identified.ok()) return reply.Finish(std::move(identified));
                         proposing_.Refuse(call, reply, identified);
                       });
}

grpc::ServerUnaryReactor* MemberService::IntroduceMember(grpc::CallbackServerContext* context,
                                                         const v1::IntroduceMemberRequest* request,
                                                         v1::IntroduceMemberResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::IntroduceMemberRequest& asked,
             v1::IntroduceMemberResponse& answer) -> absl::Status {
        ASSIGN_OR_RETURN(const MemberId id, MemberIdOf(asked.member_id()));
        ASSIGN_OR_RETURN(const Member member, members_.Get(call.program, id, call.deadline));
        return identification_.AnswerFound(call,
                                           {member.id, member.state, member.profile.greeting_name},
                                           asked.till(), *answer.mutable_member());
      });
}

grpc::ServerUnaryReactor* MemberService::ListBirthdays(grpc::CallbackServerContext* context,
                                                       const v1::ListBirthdaysRequest* request,
                                                       v1::ListBirthdaysResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListBirthdaysRequest& asked,
             v1::ListBirthdaysResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::members
