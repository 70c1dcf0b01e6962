#include "services/thanks/wish_service.h"

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/wish_contract.h"
#include "services/thanks/wish_store.h"

namespace gratis::thanks {
namespace {

// Whoever says that something is back does not wait until more than these were told.
constexpr int64_t kToldAtOnce = 200;

// A wish's place among its member's; neither part has a line break.
std::string CursorOf(const WishKey& key) { return key.sku + "\n" + key.store; }

WishKey PlaceAt(const MemberId& member, const std::string& cursor) {
  const size_t end = cursor.find('\n');
  if (end == std::string::npos) return {member, "", ""};
  return {member, cursor.substr(0, end), cursor.substr(end + 1)};
}

}  // namespace

grpc::ServerUnaryReactor* WishService::NoteWish(grpc::CallbackServerContext* context,
                                                const v1::NoteWishRequest* request,
                                                v1::NoteWishResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::NoteWishRequest& asked,
                              const rpc::Reply<v1::NoteWishResponse>& reply) {
                         absl::StatusOr<Wish> wish = ParseWish(asked, call.now);
                         if (!wish.ok()) return reply.Finish(wish.status());
                         rpc::Post(poster_, call, asked, wish_changes_,
                                   std::make_unique<thanks::NoteWish>(*std::move(wish)), reply);
                       });
}

grpc::ServerUnaryReactor* WishService::WithdrawWish(grpc::CallbackServerContext* context,
                                                    const v1::WithdrawWishRequest* request,
                                                    v1::WithdrawWishResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const rpc::Call& call, const v1::WithdrawWishRequest& asked,
                              const rpc::Reply<v1::WithdrawWishResponse>& reply) {
                         absl::StatusOr<WishKey> key = ParseWishKey(asked);
                         if (!key.ok()) return reply.Finish(key.status());
                         rpc::Post(poster_, call, asked, wish_changes_,
                                   std::make_unique<thanks::WithdrawWish>(*std::move(key)), reply);
                       });
}

absl::Status WishService::List(const rpc::Call& call, const v1::ListWishesRequest& request,
                               v1::ListWishesResponse& response) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseWisher(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  // One more than fits tells whether there is a next page.
  const WishPage page{.after = PlaceAt(member, cursor),
                      .waiting_only = request.waiting_only(),
                      .now = call.now,
                      .limit = limit + 1};
  std::vector<Wish> wishes;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, call.program, member));
    ASSIGN_OR_RETURN(wishes,
                     thanks::ListWishes(tx, ledger::PartitionOf(call.program, member), page));
    return absl::OkStatus();
  }));
  if (std::ssize(wishes) > limit) {
    wishes.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, CursorOf(wishes.back().of)));
  }
  for (const Wish& wish : wishes) *response.add_wishes() = ToContract(wish, call.now);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* WishService::ListWishes(grpc::CallbackServerContext* context,
                                                  const v1::ListWishesRequest* request,
                                                  v1::ListWishesResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListWishesRequest& asked,
                            v1::ListWishesResponse& answer) { return List(call, asked, answer); });
}

void WishService::Record(const rpc::Call& call, const v1::RecordRestockRequest& request,
                         const rpc::Reply<v1::RecordRestockResponse>& reply) {
  absl::StatusOr<Restock> restock = ParseRestock(request, call.now);
  if (!restock.ok()) return reply.Finish(restock.status());
  auto mutation = std::make_unique<thanks::RecordRestock>(*std::move(restock), ids_, call.now);
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), mutation->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  const Restock recorded = mutation->restock();
  const ledger::Outcome outcome = poster_.Post(record_restocks_, std::move(mutation));
  if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
  absl::Status parsed = rpc::ParseAnswer(*outcome.answer, reply.response());
  if (parsed.ok() && outcome.replayed) return reply.FinishReplayed();
  // The job tells whoever is not told now, and of all else that is open.
  const int64_t waiting = reply.response().waiting();
  if (parsed.ok() && !request.validate_only() && waiting > 0 && waiting <= kToldAtOnce) {
    restocks_.TellAndEnd(call.program, recorded, call.now, call.deadline, std::stop_token())
        .IgnoreError();
  }
  reply.Finish(std::move(parsed));
}

grpc::ServerUnaryReactor* WishService::RecordRestock(grpc::CallbackServerContext* context,
                                                     const v1::RecordRestockRequest* request,
                                                     v1::RecordRestockResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::RecordRestockRequest& asked,
             const rpc::Reply<v1::RecordRestockResponse>& reply) { Record(call, asked, reply); });
}

}  // namespace gratis::thanks
