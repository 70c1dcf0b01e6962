#include "services/thanks/thanks_service.h"

#include <algorithm>
#include <optional>
#include <string>

#include "common/base/civil.h"
#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/located.h"
#include "services/thanks/policy_contract.h"
#include "services/thanks/purchase_contract.h"
#include "services/thanks/thanks_contract.h"
#include "services/thanks/trigger_contract.h"

namespace gratis::thanks {
namespace {

constexpr absl::Duration kLongestAsking = absl::Seconds(1);

}  // namespace

grpc::ServerUnaryReactor* ThanksService::RecordPurchase(grpc::CallbackServerContext* context,
                                                        const v1::RecordPurchaseRequest* request,
                                                        v1::RecordPurchaseResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::RecordPurchaseRequest& purchase,
                              const rpc::Reply<v1::RecordPurchaseResponse>& reply) {
                         auto mutation = desk_.Make(call, purchase);
                         if (!mutation.ok()) return reply.Finish(mutation.status());
                         rpc::Post(poster_, call, purchase, changes_, *std::move(mutation), reply);
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
            poster_, call, batch.requests(), changes_,
            [this](const rpc::Call& of, const v1::RecordPurchaseRequest& purchase) {
              return desk_.Make(of, purchase);
            },
            reply);
      });
}

absl::Status ThanksService::Quote(const rpc::Call& call, const v1::QuoteRequest& request,
                                  v1::QuoteResponse& response) const {
  ASSIGN_OR_RETURN(PurchaseOrder order, ParseQuote(request, call.now));
  ASSIGN_OR_RETURN(const std::optional<OrderKey> same_as,
                   ParseSameAs(request.purchase(), order.order));
  // Whoever says nothing of the order asks about one of the key's own store.
  const bool says_where = !order.order.source.empty() || !order.order.store.empty();
  if (says_where) RETURN_IF_ERROR(CheckStore(call, order.order));
  if (!order.organization.IsNil()) {
    ASSIGN_OR_RETURN(order.organization_percent, desk_.PercentOf(call, order));
  }
  ASSIGN_OR_RETURN(const Thanks::Quoted quoted,
                   thanks_.Quote(call.program, order, same_as, call.now, call.deadline));
  if (quoted.same_as_recorded) {
    response.set_same_as_recorded(true);
    return absl::OkStatus();
  }
  response.set_points(quoted.split.member_points);
  response.set_organization_points(quoted.split.organization_points);
  rpc::SetMoney({order.total.currency_code, quoted.earned.total_minor}, *response.mutable_total());
  for (const LineTrace& trace : quoted.earned.traces) ToContract(trace, *response.add_lines());
  response.set_policy_version(quoted.policy_version);
  response.set_rounding(static_cast<v1::Rounding>(quoted.earned.earning.rounding));
  response.set_note(quoted.earned.earning.note);
  if (quoted.available_at > call.now) {
    rpc::SetTime(quoted.available_at, *response.mutable_points_available_at());
  }
  for (const CapTrace& cap : quoted.earned.caps) {
    ToContract(cap, quoted.earned.traces, *response.add_caps());
  }
  if (rpc::NeedStrongProof(call, order.member).ok()) {
    response.set_position(quoted.position);
    response.set_tier(quoted.earned.earning.tier);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ThanksService::Quote(grpc::CallbackServerContext* context,
                                               const v1::QuoteRequest* request,
                                               v1::QuoteResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::QuoteRequest& asked,
                            v1::QuoteResponse& answer) { return Quote(call, asked, answer); });
}

grpc::ServerUnaryReactor* ThanksService::ClaimPurchase(grpc::CallbackServerContext* context,
                                                       const v1::ClaimPurchaseRequest* request,
                                                       v1::ClaimPurchaseResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::ClaimPurchaseRequest& claim,
                              const rpc::Reply<v1::ClaimPurchaseResponse>& reply) {
                         auto mutation = desk_.Make(call, claim);
                         if (!mutation.ok()) return reply.Finish(mutation.status());
                         rpc::Post(poster_, call, claim, changes_, *std::move(mutation), reply);
                       });
}

absl::Status ThanksService::Identify(const rpc::Call& call,
                                     const v1::IdentifyByReceiptRequest& request,
                                     v1::IdentifyByReceiptResponse& response) const {
  ASSIGN_OR_RETURN(const std::string code, ParseReceiptCode(request.receipt_code()));
  ASSIGN_OR_RETURN(
      const Located located,
      thanks_.Locate(call.program, thanks_.ReceiptNameOf(call.program, code), call.deadline));
  if (located.where == Located::Where::kNowhere) return NoSuchReceipt();
  if (located.where == Located::Where::kUnclaimed) {
    return FieldError(Reason::kReceiptNotClaimed, "receipt_code",
                      "the purchase is nobody's yet: whose it is, ClaimPurchase says");
  }
  ASSIGN_OR_RETURN(*response.mutable_member(),
                   members_.Introduce(call, shell_.SurvivorOf(located.member)));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ThanksService::IdentifyByReceipt(
    grpc::CallbackServerContext* context, const v1::IdentifyByReceiptRequest* request,
    v1::IdentifyByReceiptResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::IdentifyByReceiptRequest& asked,
             v1::IdentifyByReceiptResponse& answer) { return Identify(call, asked, answer); });
}

absl::Status ThanksService::Get(const rpc::Call& call, const v1::GetPurchaseRequest& request,
                                v1::GetPurchaseResponse& response) const {
  ASSIGN_OR_RETURN(const Thanks::Found found,
                   desk_.Find(call, request.order(), request.member_id()));
  *response.mutable_purchase() = ToContract(found.purchase, found.policy.thank_you);
  if (call.role == rpc::Role::kMember) KeepForMember(*response.mutable_purchase());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ThanksService::GetPurchase(grpc::CallbackServerContext* context,
                                                     const v1::GetPurchaseRequest* request,
                                                     v1::GetPurchaseResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetPurchaseRequest& asked,
                            v1::GetPurchaseResponse& answer) { return Get(call, asked, answer); });
}

absl::Status ThanksService::List(const rpc::Call& call, const v1::ListPurchasesRequest& request,
                                 v1::ListPurchasesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id(), "member_id"));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  PurchaseId after;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(after, PurchaseId::Parse(cursor));
  }
  ASSIGN_OR_RETURN(
      const Thanks::Page page,
      thanks_.ListPurchases(call.program, member, after, limit, call.deadline, call.as_named));
  for (const Thanks::Found& found : page.purchases) {
    v1::Purchase& purchase = *response.add_purchases();
    purchase = ToContract(found.purchase, found.policy.thank_you);
    if (call.role == rpc::Role::kMember) KeepForMember(purchase);
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

absl::Status ThanksService::Explain(const rpc::Call& call, const v1::ExplainThanksRequest& request,
                                    v1::ExplainThanksResponse& response) const {
  ASSIGN_OR_RETURN(const Thanks::Found found, desk_.Find(call, request.order(), ""));
  const ThankYouTrigger& trigger = found.policy.thank_you;
  *response.mutable_thank_you() = ToContract(found.purchase.thank_you, trigger);
  response.set_sentence(ExplainThankYou(found.purchase, trigger));
  response.set_policy_version(found.policy.version);
  response.set_purchase_id(found.purchase.id.ToString());
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
  // A till is told no more of a member than they opened by their proof. And whatever becomes of the
  // other service, this answer is in time, and its worker soon another's.
  const auto may_know = [&](const MemberId& member) {
    return rpc::NeedStrongProof(call, shell_.SurvivorOf(member)).ok();
  };
  AskingMessages asking;
  if (may_know(found.purchase.member)) {
    const absl::Time real_now = shell_.clock().Now();
    const absl::Duration half = (call.deadline - real_now) / 2;
    asking = {.messages = &said_,
              .may_know = may_know,
              .deadline = real_now + std::min(half, kLongestAsking)};
  }
  ASSIGN_OR_RETURN(const TriggerReport report, triggers_.Explain(call.program, found.purchase,
                                                                 call.now, call.deadline, asking));
  for (const ToldResult& told : report.told) {
    *response.add_triggers() = ToContract(told, call.program.currency_code, zone);
  }
  response.set_cashier_line(report.cashier_line);
  if (!report.asked.ok()) {
    const Reason reason = ReasonOf(report.asked).value_or(Reason::kInternal);
    response.set_messages_error(std::string(gratis::Describe(reason).name));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ThanksService::ExplainThanks(grpc::CallbackServerContext* context,
                                                       const v1::ExplainThanksRequest* request,
                                                       v1::ExplainThanksResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ExplainThanksRequest& asked,
             v1::ExplainThanksResponse& answer) { return Explain(call, asked, answer); });
}

absl::Status ThanksService::GetPolicy(const rpc::Call& call,
                                      const v1::GetThanksPolicyRequest& request,
                                      v1::GetThanksPolicyResponse& response) const {
  Policy policy;
  if (request.version() != 0) {
    ASSIGN_OR_RETURN(policy, thanks_.PolicyVersion(call.program, request.version(), call.deadline));
  } else {
    absl::Time at = call.now;
    if (request.has_at()) {
      ASSIGN_OR_RETURN(at, rpc::ParseTime(request.at(), "at"));
    }
    ASSIGN_OR_RETURN(policy, thanks_.PolicyAt(call.program, at, call.deadline));
  }
  *response.mutable_policy() = ToContract(policy);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ThanksService::GetThanksPolicy(grpc::CallbackServerContext* context,
                                                         const v1::GetThanksPolicyRequest* request,
                                                         v1::GetThanksPolicyResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::GetThanksPolicyRequest& asked,
             v1::GetThanksPolicyResponse& answer) { return GetPolicy(call, asked, answer); });
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
