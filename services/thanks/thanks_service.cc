#include "services/thanks/thanks_service.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_contract.h"

namespace gratis::thanks {
namespace {

// A till that was offline sends what it queued; older purchases are history.
constexpr absl::Duration kOfflineTill = absl::Hours(24 * 30);
constexpr int32_t kPage = 50;
constexpr int32_t kMaxPage = 1000;

absl::Duration StatablePast(rpc::Role role) {
  const bool brings_history = role == rpc::Role::kAdmin || role == rpc::Role::kImport;
  return brings_history ? absl::InfiniteDuration() : kOfflineTill;
}

// A key that is bound to a store deals with its orders only, whatever else there is.
absl::Status CheckStore(const rpc::Call& call, const v1::OrderKey& order) {
  if (call.store.empty() || order.source() == call.store) return absl::OkStatus();
  return InField(Error(Reason::kStoreNotAllowed,
                       absl::StrCat("this key deals with orders of ", call.store, " only"),
                       {{"store", call.store}}),
                 "order.source");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ledger::Mutation>> ThanksService::MakePurchase(
    const rpc::Call& call, const v1::RecordPurchaseRequest& request) {
  ASSIGN_OR_RETURN(PurchaseOrder order, ParsePurchase(request, call.now));
  RETURN_IF_ERROR(CheckStore(call, request.order()));
  order.statable_past = StatablePast(call.role);
  ledger::DirectoryKey name = thanks_.NameOf(call.program, order.source, order.order_id);
  ledger::Envelope envelope;
  envelope.member = order.member;
  if (!order.organization.IsNil()) {
    const absl::StatusOr<int32_t> percent =
        organizations_.PercentOf(call.program, order.member, order.organization, call.deadline);
    // A retry gets its first answer, whatever became of the organization since.
    if (!percent.ok()) envelope.refusal = InField(percent.status(), "organization_id");
    order.organization_percent = percent.value_or(0);
    envelope.also.push_back(order.organization);
  }
  std::unique_ptr<ledger::Mutation> mutation =
      std::make_unique<thanks::RecordPurchase>(std::move(order), std::move(name), ids_, call.now);
  mutation->envelope = std::move(envelope);
  return mutation;
}

absl::StatusOr<Thanks::Found> ThanksService::Find(const rpc::Call& call,
                                                  const v1::OrderKey& order) const {
  RETURN_IF_ERROR(CheckOrderKey(order));
  RETURN_IF_ERROR(CheckStore(call, order));
  return thanks_.FindPurchase(call.program, order.source(), order.order_id(), call.deadline);
}

grpc::ServerUnaryReactor* ThanksService::RecordPurchase(grpc::CallbackServerContext* context,
                                                        const v1::RecordPurchaseRequest* request,
                                                        v1::RecordPurchaseResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::RecordPurchaseRequest& purchase,
                              const rpc::Reply<v1::RecordPurchaseResponse>& reply) {
                         auto mutation = MakePurchase(call, purchase);
                         if (!mutation.ok()) return reply.Finish(mutation.status());
                         rpc::Post(poster_, call, purchase, record_purchases_, *std::move(mutation),
                                   reply);
                       });
}

grpc::ServerUnaryReactor* ThanksService::BatchRecordPurchases(
    grpc::CallbackServerContext* context, const v1::BatchRecordPurchasesRequest* request,
    v1::BatchRecordPurchasesResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::BatchRecordPurchasesRequest& batch,
             const rpc::Reply<v1::BatchRecordPurchasesResponse>& reply) {
        rpc::PostBatch(
            poster_, call, batch.requests(), record_purchases_,
            [this](const rpc::Call& of, const v1::RecordPurchaseRequest& purchase) {
              return MakePurchase(of, purchase);
            },
            reply);
      });
}

grpc::ServerUnaryReactor* ThanksService::GetPurchase(grpc::CallbackServerContext* context,
                                                     const v1::GetPurchaseRequest* request,
                                                     v1::GetPurchaseResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetPurchaseRequest& asked,
                            v1::GetPurchaseResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const Thanks::Found found, Find(call, asked.order()));
                       *answer.mutable_purchase() =
                           ToContract(found.purchase, found.policy.thank_you);
                       return absl::OkStatus();
                     });
}

absl::Status ThanksService::List(const rpc::Call& call, const v1::ListPurchasesRequest& request,
                                 v1::ListPurchasesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), kPage, kMaxPage));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  PurchaseId after;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(after, PurchaseId::Parse(cursor));
  }
  ASSIGN_OR_RETURN(const Thanks::Page page,
                   thanks_.ListPurchases(call.program, member, after, limit, call.deadline));
  for (const Thanks::Found& found : page.purchases) {
    *response.add_purchases() = ToContract(found.purchase, found.policy.thank_you);
  }
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ThanksService::ListPurchases(grpc::CallbackServerContext* context,
                                                       const v1::ListPurchasesRequest* request,
                                                       v1::ListPurchasesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListPurchasesRequest& asked,
             v1::ListPurchasesResponse& answer) { return List(call, asked, answer); });
}

grpc::ServerUnaryReactor* ThanksService::ExplainThanks(grpc::CallbackServerContext* context,
                                                       const v1::ExplainThanksRequest* request,
                                                       v1::ExplainThanksResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ExplainThanksRequest& asked,
                            v1::ExplainThanksResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const Thanks::Found found, Find(call, asked.order()));
                       const ThankYouTrigger& trigger = found.policy.thank_you;
                       *answer.mutable_thank_you() = ToContract(found.purchase.thank_you, trigger);
                       answer.set_sentence(ExplainThankYou(found.purchase, trigger));
                       answer.set_policy_version(found.policy.version);
                       answer.set_purchase_id(found.purchase.id.ToString());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* ThanksService::GetThanksPolicy(grpc::CallbackServerContext* context,
                                                         const v1::GetThanksPolicyRequest* request,
                                                         v1::GetThanksPolicyResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetThanksPolicyRequest&,
                            v1::GetThanksPolicyResponse& answer) -> absl::Status {
                       ASSIGN_OR_RETURN(const Policy policy,
                                        thanks_.CurrentPolicy(call.program, call.deadline));
                       *answer.mutable_policy() = ToContract(policy);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* ThanksService::SetThanksPolicy(grpc::CallbackServerContext* context,
                                                         const v1::SetThanksPolicyRequest* request,
                                                         v1::SetThanksPolicyResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::SetThanksPolicyRequest& wish,
                              const rpc::Reply<v1::SetThanksPolicyResponse>& reply) {
                         auto policy = ParsePolicy(wish.policy());
                         if (!policy.ok()) return reply.Finish(policy.status());
                         rpc::Post(poster_, call, wish, set_policies_,
                                   std::make_unique<SetPolicy>(*std::move(policy), ids_, call.now),
                                   reply);
                       });
}

}  // namespace gratis::thanks
