#include "services/messages/delivery_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/answering.h"
#include "services/messages/subscription_contract.h"

namespace gratis::messages {
namespace {

using rpc::Call;
using rpc::Reply;

constexpr int32_t kMaxAttempts = 100;

// Errors: INVALID_ID, DELIVERY_NOT_FOUND.
absl::StatusOr<DeliveryKey> KeyOf(const ledger::Program& program, const std::string& text) {
  const absl::StatusOr<DeliveryId> id = DeliveryId::Parse(text);
  if (!id.ok()) return InField(id.status(), "delivery_id");
  const std::optional<int32_t> partition = ledger::PartitionOfId(program, id->uuid);
  if (!partition) return NoSuchDelivery();
  return DeliveryKey{*partition, id->uuid};
}

void ToContract(const DeliveryState& state, v1::Delivery& out) {
  out.set_delivery_id(DeliveryId{state.key.delivery}.ToString());
  out.set_channel(static_cast<v1::Channel>(state.channel));
  out.set_state(static_cast<v1::DeliveryState>(state.state));
  out.set_reason(state.reason);
  if (state.channel == ChannelKind::kWebhook) {
    out.set_subscription_id(SubscriptionId{state.endpoint}.ToString());
  }
  if (!state.member.IsNil()) out.set_member_id(state.member.ToString());
  out.set_event_id(state.event_id);
  out.set_event_kind(static_cast<ledger::v1::EntryKind>(state.event_kind));
  if (!state.message.IsNil()) out.set_message_id(MessageId{state.message}.ToString());
  out.set_attempts(state.attempts);
  out.set_in_doubt(state.in_doubt);
  rpc::SetTime(state.created_at, *out.mutable_created_at());
  if (state.state == DeliveryStatus::kWaiting) {
    rpc::SetTime(state.next_at, *out.mutable_next_attempt_at());
  }
  rpc::SetTime(state.give_up_at, *out.mutable_give_up_at());
  rpc::SetTime(state.changed_at, *out.mutable_changed_at());
  out.set_answer_code(state.answer_code);
}

void ToContract(const AttemptState& state, v1::Attempt& out) {
  out.set_number(state.number);
  rpc::SetTime(state.ended_at, *out.mutable_ended_at());
  out.set_outcome(static_cast<v1::AttemptOutcome>(state.outcome));
  out.set_reason(state.reason);
  out.set_answer_code(state.answer_code);
  out.set_answer(state.answer);
  out.set_elapsed_ms(state.elapsed_ms);
}

// What succeeded at once has no row among the attempts.
AttemptState OnlyAttempt(const DeliveryState& state) {
  return {.number = 1,
          .ended_at = state.changed_at,
          .outcome = AttemptOutcome::kDelivered,
          .answer_code = state.answer_code,
          .elapsed_ms = state.elapsed_ms};
}

absl::StatusOr<std::optional<DeliveryStatus>> ParseState(int state) {
  if (!v1::DeliveryState_IsValid(state)) {
    return FieldError(Reason::kFieldInvalid, "state", "there is no such state");
  }
  if (state == v1::DELIVERY_STATE_UNSPECIFIED) return std::optional<DeliveryStatus>();
  return std::optional(static_cast<DeliveryStatus>(state));
}

// Of whom a list is asked for: a subscription or a member.
struct Whose {
  SubscriptionId subscription;
  MemberId member;
};
absl::StatusOr<Whose> ParseWhose(const v1::ListDeliveriesRequest& request) {
  if (request.subscription_id().empty() && request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "subscription_id", "a subscription or a member");
  }
  if (!request.subscription_id().empty() && !request.member_id().empty()) {
    return FieldError(Reason::kFieldInvalid, "member_id", "a subscription or a member, not both");
  }
  Whose whose;
  if (!request.subscription_id().empty()) {
    ASSIGN_OR_RETURN(whose.subscription, ParseSubscription(request.subscription_id()));
    return whose;
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  whose.member = *member;
  return whose;
}

}  // namespace

absl::Status DeliveryService::Get(const Call& call, const v1::GetDeliveryRequest& request,
                                  v1::GetDeliveryResponse& response) const {
  ASSIGN_OR_RETURN(const DeliveryKey key, KeyOf(call.program, request.delivery_id()));
  return pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    response.Clear();
    ASSIGN_OR_RETURN(const auto found, ReadDelivery(tx, call.program.number, key));
    if (!found) return NoSuchDelivery();
    ToContract(found->state, *response.mutable_delivery());
    response.set_body(found->body);
    ASSIGN_OR_RETURN(std::vector<AttemptState> attempts, ListAttempts(tx, key, kMaxAttempts));
    const bool at_once = attempts.empty() && found->state.attempts == 1 &&
                         found->state.state == DeliveryStatus::kDelivered;
    if (at_once) attempts.push_back(OnlyAttempt(found->state));
    for (const AttemptState& attempt : attempts) ToContract(attempt, *response.add_attempts());
    return absl::OkStatus();
  });
}

absl::Status DeliveryService::List(const Call& call, const v1::ListDeliveriesRequest& request,
                                   v1::ListDeliveriesResponse& response) const {
  ASSIGN_OR_RETURN(const Whose whose, ParseWhose(request));
  DeliveryPage page{.before = Uuid::Last()};
  ASSIGN_OR_RETURN(page.state, ParseState(request.state()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(const DeliveryId before, DeliveryId::Parse(cursor));
    page.before = before.uuid;
  }
  page.limit = limit + 1;
  std::vector<DeliveryState> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    if (whose.member.IsNil()) {
      ASSIGN_OR_RETURN(found,
                       ListOfEndpoint(tx, call.program.number, whose.subscription.uuid, page));
    } else {
      ASSIGN_OR_RETURN(found, ListOfMember(tx, ledger::PartitionOf(call.program, whose.member),
                                           whose.member, page));
    }
    return absl::OkStatus();
  }));
  if (found.size() > static_cast<size_t>(limit)) {
    found.resize(static_cast<size_t>(limit));
    response.set_next_page_token(shell_.page_tokens().Make(
        request, call.program.number, DeliveryId{found.back().key.delivery}.ToString()));
  }
  for (const DeliveryState& state : found) ToContract(state, *response.add_deliveries());
  return absl::OkStatus();
}

template <class Req, class Resp>
void DeliveryService::Post(const Call& call, const Req& request,
                           absl::StatusOr<std::unique_ptr<DeliveryReplay>> replay,
                           Reply<Resp> reply) {
  PostMade(poster_, replays_, call, request, std::move(replay), reply,
           [this](Resp&) { changed_(); });
}

grpc::ServerUnaryReactor* DeliveryService::GetDelivery(grpc::CallbackServerContext* context,
                                                       const v1::GetDeliveryRequest* request,
                                                       v1::GetDeliveryResponse* response) {
  return AnswerBy(shell_, *this, &DeliveryService::Get, context, request, response);
}

grpc::ServerUnaryReactor* DeliveryService::ListDeliveries(grpc::CallbackServerContext* context,
                                                          const v1::ListDeliveriesRequest* request,
                                                          v1::ListDeliveriesResponse* response) {
  return AnswerBy(shell_, *this, &DeliveryService::List, context, request, response);
}

grpc::ServerUnaryReactor* DeliveryService::ReplayDelivery(grpc::CallbackServerContext* context,
                                                          const v1::ReplayDeliveryRequest* request,
                                                          v1::ReplayDeliveryResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const Call& call, const v1::ReplayDeliveryRequest& asked,
             const Reply<v1::ReplayDeliveryResponse>& reply) {
        const auto made = [&]() -> absl::StatusOr<std::unique_ptr<DeliveryReplay>> {
          ASSIGN_OR_RETURN(const DeliveryKey key, KeyOf(call.program, asked.delivery_id()));
          return std::make_unique<DeliveryReplay>(key, ids_.Next(call.now),
                                                  [id = asked.delivery_id()](int64_t) {
                                                    v1::ReplayDeliveryResponse answer;
                                                    answer.set_delivery_id(id);
                                                    return answer.SerializeAsString();
                                                  });
        };
        Post(call, asked, made(), reply);
      });
}

grpc::ServerUnaryReactor* DeliveryService::ReplayDeadDeliveries(
    grpc::CallbackServerContext* context, const v1::ReplayDeadDeliveriesRequest* request,
    v1::ReplayDeadDeliveriesResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const Call& call, const v1::ReplayDeadDeliveriesRequest& asked,
             const Reply<v1::ReplayDeadDeliveriesResponse>& reply) {
        const auto made = [&]() -> absl::StatusOr<std::unique_ptr<DeliveryReplay>> {
          ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(asked.subscription_id()));
          return std::make_unique<DeliveryReplay>(id, ids_.Next(call.now), [](int64_t deliveries) {
            v1::ReplayDeadDeliveriesResponse answer;
            answer.set_deliveries(deliveries);
            return answer.SerializeAsString();
          });
        };
        Post(call, asked, made(), reply);
      });
}

}  // namespace gratis::messages
