#include "services/messages/template_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/intent_rules.h"
#include "services/messages/message_contract.h"
#include "services/messages/template_contract.h"

namespace gratis::messages {
namespace {

constexpr size_t kMaxFigures = 10'000;

absl::StatusOr<Figures> FiguresOf(const v1::PreviewTemplateRequest& request) {
  if (!request.transaction_id().empty()) {
    return FieldError(Reason::kFieldInvalid, "figures",
                      "a message is about a transaction or about figures, not about both");
  }
  if (request.figures().size() > kMaxFigures) {
    return FieldError(Reason::kFieldTooLong, "figures",
                      absl::StrCat("figures have at most ", kMaxFigures, " characters"));
  }
  return ReadFigures(request.figures());
}

}  // namespace

grpc::ServerUnaryReactor* TemplateService::SetTemplate(grpc::CallbackServerContext* context,
                                                       const v1::SetTemplateRequest* request,
                                                       v1::SetTemplateResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetTemplateRequest& wish,
                              const rpc::Reply<v1::SetTemplateResponse>& reply) {
                         absl::StatusOr<Template> wanted = ParseTemplate(wish.template_());
                         if (!wanted.ok()) return reply.Finish(wanted.status());
                         rpc::Post(poster_, call, wish, sets_,
                                   std::make_unique<messages::SetTemplate>(
                                       *std::move(wanted), ledger::TransactionOfProgram(
                                                               call.program, ids_.Next(call.now))),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* TemplateService::GetTemplate(grpc::CallbackServerContext* context,
                                                       const v1::GetTemplateRequest* request,
                                                       v1::GetTemplateResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetTemplateRequest& asked,
                            v1::GetTemplateResponse& answer) -> absl::Status {
                       if (asked.code().empty()) {
                         return FieldError(Reason::kFieldMissing, "code", "say which template");
                       }
                       ASSIGN_OR_RETURN(const Template found,
                                        templates_.Get(call.program, asked.code(), asked.version(),
                                                       call.deadline));
                       *answer.mutable_template_() = ToContract(found);
                       return absl::OkStatus();
                     });
}

absl::Status TemplateService::List(const rpc::Call& call, const v1::ListTemplatesRequest& request,
                                   v1::ListTemplatesResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), 50, 200));
  ASSIGN_OR_RETURN(const std::string after,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(std::vector<Template> found,
                   templates_.List(call.program, after, limit + 1, call.deadline));
  if (found.size() > static_cast<size_t>(limit)) {
    found.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, found.back().code));
  }
  for (const Template& one : found) *response.add_templates() = ToContract(one);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TemplateService::ListTemplates(grpc::CallbackServerContext* context,
                                                         const v1::ListTemplatesRequest* request,
                                                         v1::ListTemplatesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListTemplatesRequest& asked,
             v1::ListTemplatesResponse& answer) { return List(call, asked, answer); });
}

absl::Status TemplateService::Show(const rpc::Call& call, const v1::PreviewTemplateRequest& request,
                                   v1::PreviewTemplateResponse& response) const {
  PreviewOrder order;
  ASSIGN_OR_RETURN(order.member, MemberIdOf(request.member_id()));
  if (request.variant() < 0) {
    return FieldError(Reason::kFieldInvalid, "variant", "wordings are counted from 0");
  }
  order.variant = request.variant();
  if (!request.transaction_id().empty()) {
    const auto transaction = TransactionId::Parse(request.transaction_id());
    if (!transaction.ok()) return InField(transaction.status(), "transaction_id");
    order.transaction = *transaction;
  }
  if (!request.figures().empty()) {
    ASSIGN_OR_RETURN(order.figures, FiguresOf(request));
  }
  if (request.has_template_()) {
    ASSIGN_OR_RETURN(order.message_template, ParseTemplate(request.template_()));
  } else if (request.code().empty()) {
    return FieldError(Reason::kFieldMissing, "code", "say which template, or send one");
  } else {
    ASSIGN_OR_RETURN(order.message_template,
                     templates_.Get(call.program, request.code(), 0, call.deadline));
  }
  ASSIGN_OR_RETURN(const Preview preview,
                   messages_.PreviewOf(call.program, order, call.now, call.deadline));
  *response.mutable_message() = ToContract(preview);
  for (const std::string& section : preview.composed.left_out) response.add_left_out(section);
  response.set_consented(preview.consented);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TemplateService::PreviewTemplate(
    grpc::CallbackServerContext* context, const v1::PreviewTemplateRequest* request,
    v1::PreviewTemplateResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::PreviewTemplateRequest& asked,
             v1::PreviewTemplateResponse& answer) { return Show(call, asked, answer); });
}

}  // namespace gratis::messages
