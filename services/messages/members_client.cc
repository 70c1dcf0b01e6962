#include "services/messages/members_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <latch>
#include <memory>
#include <string>

#include "common/base/civil.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/consents.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"
#include "gratis/members/v1/preferences.grpc.pb.h"

namespace gratis::messages {
namespace {

namespace contract = members::v1;

// The preference of those who want none.
constexpr char kNoCelebrations[] = "no_celebrations";

// What is asked about one recipient; all of it at once.
struct Question {
  grpc::ClientContext member_context;
  contract::GetMemberRequest member_request;
  contract::GetMemberResponse member;
  grpc::Status member_status;
  grpc::ClientContext preferences_context;
  contract::GetPreferencesRequest preferences_request;
  contract::GetPreferencesResponse preferences;
  grpc::Status preferences_status;
};

ledger::MemberState StateOf(contract::MemberState state) {
  switch (state) {
    case contract::MEMBER_STATE_ACTIVE:
      return ledger::MemberState::kActive;
    case contract::MEMBER_STATE_EARN_ONLY:
      return ledger::MemberState::kEarnOnly;
    case contract::MEMBER_STATE_SUSPENDED:
      return ledger::MemberState::kSuspended;
    case contract::MEMBER_STATE_RESTRICTED:
      return ledger::MemberState::kRestricted;
    case contract::MEMBER_STATE_DECEASED:
      return ledger::MemberState::kDeceased;
    case contract::MEMBER_STATE_CLOSED:
      return ledger::MemberState::kClosed;
    case contract::MEMBER_STATE_ERASED:
      return ledger::MemberState::kErased;
    default:
      return ledger::MemberState::kNone;
  }
}

Consents ConsentsOf(const contract::MemberConsents& said) {
  Consents consents;
  for (const contract::Consent& consent : said.consents()) {
    const bool granted = consent.state() == contract::CONSENT_STATE_GRANTED;
    if (consent.purpose() == contract::CONSENT_PURPOSE_MARKETING && consent.objection() &&
        !granted) {
      consents.objected = true;
    }
    if (consent.purpose() == contract::CONSENT_PURPOSE_PROFILING) consents.no_profiling = !granted;
    if (consent.channel() != contract::CONSENT_CHANNEL_EMAIL || !granted) continue;
    if (consent.purpose() == contract::CONSENT_PURPOSE_MARKETING) consents.marketing = true;
    if (consent.purpose() == contract::CONSENT_PURPOSE_SURVEYS) consents.surveys = true;
  }
  return consents;
}

absl::StatusOr<Recipient> RecipientOf(const ledger::Program& program, const Question& question,
                                      bool celebration) {
  if (!question.member_status.ok()) {
    const absl::Status status = rpc::FromPeer(question.member_status);
    if (ReasonOf(status) != Reason::kMemberErased) return status;
    return Recipient{.zone = absl::UTCTimeZone(), .state = ledger::MemberState::kErased};
  }
  const contract::Member& member = question.member.member();
  const contract::Profile& profile = member.profile();
  Recipient recipient{.name = profile.greeting_name(),
                      .email = question.member.contact().email(),
                      .language = profile.language(),
                      .state = StateOf(member.state())};
  const absl::StatusOr<absl::TimeZone> zone = base::LoadZone(profile.time_zone());
  if (zone.ok()) {
    recipient.zone = *zone;
  } else {
    ASSIGN_OR_RETURN(recipient.zone, base::LoadZone(program.time_zone));
  }
  if (!celebration) return recipient;
  if (!question.preferences_status.ok()) return rpc::FromPeer(question.preferences_status);
  for (const contract::KeptPreference& kept : question.preferences.preferences()) {
    if (kept.preference().key() == kNoCelebrations) {
      recipient.no_celebrations = kept.preference().flag();
    }
  }
  return recipient;
}

}  // namespace

std::vector<absl::StatusOr<Recipient>> MembersClient::Find(const ledger::Program& program,
                                                           absl::Span<const Asked> asked,
                                                           absl::Time deadline) {
  const std::shared_ptr<grpc::Channel> channel = channel_();
  const auto members = contract::MemberService::NewStub(channel);
  const auto preferences = contract::PreferenceService::NewStub(channel);
  const auto consents = contract::ConsentService::NewStub(channel);

  std::vector<std::unique_ptr<Question>> questions;
  std::ptrdiff_t calls = 1;
  for (const Asked& one : asked) calls += one.celebration ? 2 : 1;
  std::latch answered(calls);
  contract::BatchGetConsentsRequest consents_request;
  for (const Asked& one : asked) {
    questions.push_back(std::make_unique<Question>());
    Question& question = *questions.back();
    consents_request.add_member_ids(one.member.ToString());
    question.member_request.set_member_id(one.member.ToString());
    question.member_request.set_with_contact(true);
    rpc::Begin(program.code, deadline, question.member_context);
    members->async()->GetMember(&question.member_context, &question.member_request,
                                &question.member, [&question, &answered](const grpc::Status& done) {
                                  question.member_status = done;
                                  answered.count_down();
                                });
    if (!one.celebration) continue;
    question.preferences_request.set_member_id(one.member.ToString());
    rpc::Begin(program.code, deadline, question.preferences_context);
    preferences->async()->GetPreferences(&question.preferences_context,
                                         &question.preferences_request, &question.preferences,
                                         [&question, &answered](const grpc::Status& done) {
                                           question.preferences_status = done;
                                           answered.count_down();
                                         });
  }
  contract::BatchGetConsentsResponse consents_response;
  grpc::ClientContext consents_context;
  rpc::Begin(program.code, deadline, consents_context);
  grpc::Status consents_status;
  consents->async()->BatchGetConsents(&consents_context, &consents_request, &consents_response,
                                      [&](const grpc::Status& done) {
                                        consents_status = done;
                                        answered.count_down();
                                      });
  answered.wait();

  std::vector<absl::StatusOr<Recipient>> found;
  for (size_t i = 0; i < asked.size(); ++i) {
    if (!consents_status.ok()) {
      found.emplace_back(rpc::FromPeer(consents_status));
      continue;
    }
    absl::StatusOr<Recipient> one = RecipientOf(program, *questions[i], asked[i].celebration);
    if (one.ok() && static_cast<int>(i) < consents_response.members_size()) {
      one->consents = ConsentsOf(consents_response.members(static_cast<int>(i)));
    }
    found.push_back(std::move(one));
  }
  return found;
}

absl::Status MembersClient::Withdraw(const ledger::Program& program, const MemberId& member,
                                     std::string_view request_id, absl::Time deadline) {
  contract::RecordConsentRequest request;
  request.set_request_id(std::string(request_id));
  request.set_member_id(member.ToString());
  request.set_source(contract::CONSENT_SOURCE_UNSUBSCRIBE_LINK);
  for (const contract::ConsentPurpose purpose :
       {contract::CONSENT_PURPOSE_MARKETING, contract::CONSENT_PURPOSE_SURVEYS}) {
    contract::ConsentDecision& decision = *request.add_decisions();
    decision.set_purpose(purpose);
    decision.set_channel(contract::CONSENT_CHANNEL_EMAIL);
    decision.set_state(contract::CONSENT_STATE_WITHDRAWN);
  }
  contract::RecordConsentResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  const grpc::Status status =
      contract::ConsentService::NewStub(channel_())->RecordConsent(&context, request, &response);
  return status.ok() ? absl::OkStatus() : rpc::FromPeer(status);
}

}  // namespace gratis::messages
