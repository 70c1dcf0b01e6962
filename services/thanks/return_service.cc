#include "services/thanks/return_service.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/return_contract.h"
#include "services/thanks/thanks.h"

namespace gratis::thanks {
template <class Req, class Resp>
grpc::ServerUnaryReactor* ReturnService::One(grpc::CallbackServerContext* context,
                                             const Req* request, Resp* response) {
  return shell_.Mutate<Req, Resp>(
      context, request, response,
      [this](const rpc::Call& call, const Req& asked, const rpc::Reply<Resp>& reply) {
        auto mutation = desk_.Make(call, asked);
        if (!mutation.ok()) return reply.Finish(mutation.status());
        rpc::Post(poster_, call, asked, changes_, *std::move(mutation), reply);
      });
}

template <class Req, class Resp>
grpc::ServerUnaryReactor* ReturnService::Batch(grpc::CallbackServerContext* context,
                                               const Req* request, Resp* response) {
  return shell_.Mutate<Req, Resp>(
      context, request, response,
      [this](const rpc::Call& call, const Req& batch, const rpc::Reply<Resp>& reply) {
        rpc::PostBatch(
            poster_, call, batch.requests(), changes_,
            [this](const rpc::Call& of, const auto& asked) { return desk_.Make(of, asked); },
            reply);
      });
}

absl::Status ReturnService::List(const rpc::Call& call, const v1::ListReturnsRequest& request,
                                 v1::ListReturnsResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  size_t first = 0;
  if (!cursor.empty() && !absl::SimpleAtoi(base::Abs(cursor), &first)) {
    return Error(Reason::kInvalidPageToken, "the page token is damaged");
  }
  ASSIGN_OR_RETURN(const Thanks::Found found,
                   desk_.Find(call, request.order(), request.member_id()));
  const size_t end = std::min(found.returns.size(), first + static_cast<size_t>(limit));
  for (size_t i = first; i < end; ++i) *response.add_returns() = ToContract(found.returns[i]);
  if (end < found.returns.size()) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, absl::StrCat(end)));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ReturnService::ListReturns(grpc::CallbackServerContext* context,
                                                     const v1::ListReturnsRequest* request,
                                                     v1::ListReturnsResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListReturnsRequest& asked,
                            v1::ListReturnsResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::thanks
