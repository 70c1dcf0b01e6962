#include "services/members/consent_service.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/consent_contract.h"

namespace gratis::members {
namespace {

absl::StatusOr<std::optional<int64_t>> BeforeOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  int64_t before = 0;
  if (absl::SimpleAtoi(text, &before) && before > 0) return before;
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

void Fill(const std::vector<Consent>& consents, const std::string& member_id,
          v1::MemberConsents& to) {
  to.set_member_id(member_id);
  for (const Consent& consent : consents) ToContract(consent, *to.add_consents());
}

}  // namespace

template <class Request>
absl::StatusOr<std::unique_ptr<ledger::Mutation>> ConsentService::MakeRecord(
    const rpc::Call& call, const Request& request) {
  ASSIGN_OR_RETURN(Saying saying, SayingOf(request, call.role));
  return std::make_unique<members::RecordConsent>(call.program, std::move(saying), ids_, call.now);
}

absl::Status ConsentService::GetMany(const rpc::Call& call,
                                     const v1::BatchGetConsentsRequest& request,
                                     v1::BatchGetConsentsResponse& response) const {
  ASSIGN_OR_RETURN(const std::vector<MemberId> members, MembersOf(request));
  ASSIGN_OR_RETURN(const auto consents, consents_.GetMany(call.program, members, call.deadline));
  for (size_t i = 0; i < members.size(); ++i) {
    Fill(consents[i], members[i].ToString(), *response.add_members());
  }
  return absl::OkStatus();
}

absl::Status ConsentService::List(const rpc::Call& call,
                                  const v1::ListConsentHistoryRequest& request,
                                  v1::ListConsentHistoryResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, MemberIdIn(request.member_id(), "member_id"));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string text, shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const std::optional<int64_t> before, BeforeOf(text));
  ASSIGN_OR_RETURN(const ConsentHistoryPage page,
                   consents_.ListHistory(call.program, member, before, limit, call.deadline));
  for (const ConsentRecord& record : page.records) {
    v1::ConsentRecord& added = *response.add_records();
    ToContract(record, added);
    if (call.role == rpc::Role::kMember) KeepForMember(added);
  }
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, absl::StrCat(*page.next)));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ConsentService::RecordConsent(grpc::CallbackServerContext* context,
                                                        const v1::RecordConsentRequest* request,
                                                        v1::RecordConsentResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::RecordConsentRequest& said,
                              const rpc::Reply<v1::RecordConsentResponse>& reply) {
                         auto record = MakeRecord(call, said);
                         if (!record.ok()) return reply.Finish(record.status());
                         rpc::Post(poster_, call, said, records_, *std::move(record), reply);
                       });
}

grpc::ServerUnaryReactor* ConsentService::BatchRecordConsents(
    grpc::CallbackServerContext* context, const v1::BatchRecordConsentsRequest* request,
    v1::BatchRecordConsentsResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::BatchRecordConsentsRequest& batch,
                              const rpc::Reply<v1::BatchRecordConsentsResponse>& reply) {
                         rpc::PostBatch(
                             poster_, call, batch.requests(), records_,
                             [this](const rpc::Call& of, const v1::RecordConsentRequest& said) {
                               return MakeRecord(of, said);
                             },
                             reply);
                       });
}

grpc::ServerUnaryReactor* ConsentService::RecordObjection(grpc::CallbackServerContext* context,
                                                          const v1::RecordObjectionRequest* request,
                                                          v1::RecordObjectionResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::RecordObjectionRequest& said,
                              const rpc::Reply<v1::RecordObjectionResponse>& reply) {
                         auto record = MakeRecord(call, said);
                         if (!record.ok()) return reply.Finish(record.status());
                         rpc::Post(poster_, call, said, records_, *std::move(record), reply);
                       });
}

grpc::ServerUnaryReactor* ConsentService::GetConsents(grpc::CallbackServerContext* context,
                                                      const v1::GetConsentsRequest* request,
                                                      v1::GetConsentsResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetConsentsRequest& asked,
                            v1::GetConsentsResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const MemberId member,
                                        MemberIdIn(asked.member_id(), "member_id"));
                       RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
                       ASSIGN_OR_RETURN(const std::vector<Consent> consents,
                                        consents_.Get(call.program, member, call.deadline));
                       Fill(consents, member.ToString(), *answer.mutable_consents());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* ConsentService::BatchGetConsents(
    grpc::CallbackServerContext* context, const v1::BatchGetConsentsRequest* request,
    v1::BatchGetConsentsResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::BatchGetConsentsRequest& asked,
             v1::BatchGetConsentsResponse& answer) { return GetMany(call, asked, answer); });
}

grpc::ServerUnaryReactor* ConsentService::ListConsentHistory(
    grpc::CallbackServerContext* context, const v1::ListConsentHistoryRequest* request,
    v1::ListConsentHistoryResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListConsentHistoryRequest& asked,
             v1::ListConsentHistoryResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::members
