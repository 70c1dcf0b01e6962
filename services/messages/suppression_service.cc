#include "services/messages/suppression_service.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/answering.h"
#include "services/messages/mime.h"

namespace gratis::messages {
namespace {

using rpc::Call;
using rpc::Reply;

void ToContract(const Suppression& suppression, v1::Suppression& out) {
  out.set_suppression_id(suppression.id.ToString());
  out.set_scope(static_cast<v1::SuppressionScope>(suppression.scope));
  out.set_cause(static_cast<v1::SuppressionCause>(suppression.cause));
  rpc::SetTime(suppression.set_at, *out.mutable_set_at());
  out.set_set_by(suppression.set_by);
}

}  // namespace

absl::StatusOr<std::string> SuppressionService::KeyOf(const Call& call,
                                                      const std::string& address) const {
  if (address.empty()) return FieldError(Reason::kFieldMissing, "address", "an e-mail address");
  if (!IsMailable(base::Std(absl::StripAsciiWhitespace(address)))) {
    return FieldError(Reason::kInvalidEmail, "address", "this is no e-mail address");
  }
  return AddressKey(vault_, call.program.number, address);
}

std::unique_ptr<ledger::Mutation> SuppressionService::ChangeOf(const Call& call,
                                                               SuppressionChange::Wish wish,
                                                               SuppressionChange::Answer answer) {
  return std::make_unique<SuppressionChange>(
      std::move(wish), SuppressionId{ids_.Next(call.now)},
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), std::move(answer));
}

SuppressionService::Made SuppressionService::MakeSuppression(
    const Call& call, const v1::SuppressAddressRequest& request) {
  ASSIGN_OR_RETURN(std::string key, KeyOf(call, request.address()));
  if (request.scope() != v1::SUPPRESSION_SCOPE_MARKETING &&
      request.scope() != v1::SUPPRESSION_SCOPE_ALL) {
    return FieldError(Reason::kFieldInvalid, "scope", "marketing, or all");
  }
  if (!v1::SuppressionCause_IsValid(request.cause())) {
    return FieldError(Reason::kFieldInvalid, "cause", "there is no such cause");
  }
  SuppressionChange::Wish wish{.address_key = std::move(key),
                               .on = true,
                               .scope = static_cast<SuppressionScope>(request.scope())};
  if (request.cause() != v1::SUPPRESSION_CAUSE_UNSPECIFIED) {
    wish.cause = static_cast<SuppressionCause>(request.cause());
  }
  return ChangeOf(call, std::move(wish), [](const Suppression& suppression) {
    v1::SuppressAddressResponse response;
    ToContract(suppression, *response.mutable_suppression());
    return response.SerializeAsString();
  });
}

SuppressionService::Made SuppressionService::MakeRelease(
    const Call& call, const v1::UnsuppressAddressRequest& request) {
  ASSIGN_OR_RETURN(std::string key, KeyOf(call, request.address()));
  return ChangeOf(call, {.address_key = std::move(key), .on = false},
                  [](const Suppression& suppression) {
                    v1::UnsuppressAddressResponse response;
                    response.set_suppression_id(suppression.id.ToString());
                    return response.SerializeAsString();
                  });
}

absl::Status SuppressionService::Get(const Call& call, const v1::GetSuppressionRequest& request,
                                     v1::GetSuppressionResponse& response) const {
  ASSIGN_OR_RETURN(const std::string key, KeyOf(call, request.address()));
  return pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Suppression> found,
                     ReadSuppressions(tx, call.program.number, {key}));
    if (found.empty()) return NotSuppressed();
    ToContract(found.front(), *response.mutable_suppression());
    return absl::OkStatus();
  });
}

absl::Status SuppressionService::List(const Call& call, const v1::ListSuppressionsRequest& request,
                                      v1::ListSuppressionsResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  SuppressionId before{Uuid::Last()};
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(before, SuppressionId::Parse(cursor));
  }
  std::vector<Suppression> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(found, messages::ListSuppressions(tx, call.program.number, before, limit + 1));
    return absl::OkStatus();
  }));
  if (found.size() > static_cast<size_t>(limit)) {
    found.resize(static_cast<size_t>(limit));
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, found.back().id.ToString()));
  }
  for (const Suppression& suppression : found) {
    ToContract(suppression, *response.add_suppressions());
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SuppressionService::SuppressAddress(
    grpc::CallbackServerContext* context, const v1::SuppressAddressRequest* request,
    v1::SuppressAddressResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::SuppressAddressRequest& asked,
                              const Reply<v1::SuppressAddressResponse>& reply) {
                         PostMade(poster_, changes_, call, asked, MakeSuppression(call, asked),
                                  reply);
                       });
}

grpc::ServerUnaryReactor* SuppressionService::UnsuppressAddress(
    grpc::CallbackServerContext* context, const v1::UnsuppressAddressRequest* request,
    v1::UnsuppressAddressResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::UnsuppressAddressRequest& asked,
                              const Reply<v1::UnsuppressAddressResponse>& reply) {
                         PostMade(poster_, changes_, call, asked, MakeRelease(call, asked), reply);
                       });
}

grpc::ServerUnaryReactor* SuppressionService::GetSuppression(
    grpc::CallbackServerContext* context, const v1::GetSuppressionRequest* request,
    v1::GetSuppressionResponse* response) {
  return AnswerBy(shell_, *this, &SuppressionService::Get, context, request, response);
}

grpc::ServerUnaryReactor* SuppressionService::ListSuppressions(
    grpc::CallbackServerContext* context, const v1::ListSuppressionsRequest* request,
    v1::ListSuppressionsResponse* response) {
  return AnswerBy(shell_, *this, &SuppressionService::List, context, request, response);
}

}  // namespace gratis::messages
