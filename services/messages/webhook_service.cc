#include "services/messages/webhook_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/answering.h"
#include "services/messages/cloud_event.h"
#include "services/messages/subscription_contract.h"
#include "services/messages/webhook_signature.h"

namespace gratis::messages {
namespace {

using rpc::Call;
using rpc::Reply;

constexpr int32_t kCountLimit = 10'000;
constexpr absl::Duration kMaxOverlap = absl::Hours(24 * 30);

template <class Resp>
SubscriptionChange::Answer AnswerAs() {
  return [](const SubscriptionInRun& subscription) {
    Resp response;
    *response.mutable_subscription() = ToContract(*subscription.row);
    return response.SerializeAsString();
  };
}

absl::StatusOr<std::vector<SubscriptionStanding>> ReadStandings(
    pg::Tx& tx, const std::vector<Subscription>& subscriptions) {
  std::vector<SubscriptionId> ids;
  std::vector<Uuid> endpoints;
  for (const Subscription& subscription : subscriptions) {
    ids.push_back(subscription.id);
    endpoints.push_back(subscription.id.uuid);
  }
  ASSIGN_OR_RETURN(SubscriptionCursors cursors, ReadSubscriptionCursors(tx, ids));
  ASSIGN_OR_RETURN(const std::vector<LineCounts> counts, CountLines(tx, endpoints, kCountLimit));
  ASSIGN_OR_RETURN(const std::vector<EndpointCircuit> found, ReadCircuitsOf(tx, endpoints));
  std::map<Uuid, Circuit> circuits;
  for (const EndpointCircuit& one : found) circuits[one.endpoint] = one.circuit;
  std::vector<SubscriptionStanding> standings;
  for (size_t i = 0; i < ids.size(); ++i) {
    standings.push_back({std::move(cursors[ids[i]]), counts[i], circuits[endpoints[i]]});
  }
  return standings;
}

}  // namespace

std::unique_ptr<SubscriptionChange> WebhookService::ChangeOf(const Call& call, SubscriptionId id,
                                                             SubscriptionChange::Change change,
                                                             SubscriptionChange::Answer answer) {
  return std::make_unique<SubscriptionChange>(
      id, ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), /*creates=*/false,
      std::move(change), std::move(answer));
}

WebhookService::Made WebhookService::MakeCreation(const Call& call,
                                                  const v1::CreateSubscriptionRequest& request) {
  ASSIGN_OR_RETURN(SubscriptionSettings settings, ParseSettings(request.settings()));
  ASSIGN_OR_RETURN(settings, CheckSettings(std::move(settings), guard_));
  std::optional<ledger::Cursor> from;
  if (request.has_from()) {
    ASSIGN_OR_RETURN(from, ParseCursor(request.from(), "from"));
  }
  const SubscriptionId id{ids_.Next(call.now)};
  return std::make_unique<SubscriptionChange>(
      id, ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), /*creates=*/true,
      Creating(call.program, id, std::move(settings), std::move(from)),
      AnswerAs<v1::CreateSubscriptionResponse>());
}

WebhookService::Made WebhookService::MakeRotation(const Call& call,
                                                  const v1::RotateSecretRequest& request) {
  ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(request.subscription_id()));
  const absl::Duration overlap = absl::Seconds(request.overlap_seconds());
  if (overlap < absl::ZeroDuration() || overlap > kMaxOverlap) {
    return FieldError(Reason::kFieldInvalid, "overlap_seconds", "from 0 seconds to 30 days");
  }
  std::optional<absl::Time> until;
  if (overlap > absl::ZeroDuration()) until = shell_.clock().Now() + overlap;
  return ChangeOf(call, id, Rotating(until), AnswerAs<v1::RotateSecretResponse>());
}

WebhookService::Made WebhookService::MakeTest(const Call& call,
                                              const v1::SendTestEventRequest& request) {
  ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(request.subscription_id()));
  const absl::Time now = shell_.clock().Now();
  const int32_t partition = call.program.first_partition;
  const DeliveryId delivery{ledger::InPartition(call.program, partition, ids_.Next(now))};
  Event event{.key = {partition, delivery.uuid},
              .event_id = absl::StrCat("evt_test_", delivery.ToString())};
  event.body = TestEventBody(call.program.code, event.event_id, id.ToString(), now);
  return ChangeOf(call, id, Testing(std::move(event)), [delivery](const SubscriptionInRun&) {
    v1::SendTestEventResponse response;
    response.set_delivery_id(delivery.ToString());
    return response.SerializeAsString();
  });
}

WebhookService::Made WebhookService::MakeReplay(const Call& call,
                                                const v1::ReplaySubscriptionRequest& request) {
  ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(request.subscription_id()));
  ASSIGN_OR_RETURN(ledger::Cursor cursor, ParseCursor(request.cursor(), "cursor"));
  if (cursor.empty()) {
    for (int32_t i = call.program.first_partition; i <= call.program.last_partition(); ++i) {
      cursor[i] = 0;
    }
  }
  return ChangeOf(call, id, Replaying(std::move(cursor)),
                  [](const SubscriptionInRun& subscription) {
                    v1::ReplaySubscriptionResponse response;
                    *response.mutable_subscription() = ToContract(*subscription.row);
                    response.set_entries(subscription.entries_again);
                    return response.SerializeAsString();
                  });
}

template <class Req, class Resp>
void WebhookService::Post(const Call& call, const Req& request, Made made, Reply<Resp> reply,
                          std::function<void(Resp&)> complete) {
  PostMade(poster_, changes_, call, request, std::move(made), reply,
           [this, complete = std::move(complete)](Resp& response) {
             if (complete) complete(response);
             changed_();
           });
}

// The secret follows from the subscription and its generation, so a replay says what the first
// answer said.
template <class Resp>
std::function<void(Resp&)> WebhookService::WithSecret() const {
  return [this](Resp& response) {
    const absl::StatusOr<SubscriptionId> id =
        SubscriptionId::Parse(response.subscription().subscription_id());
    if (!id.ok()) return;
    response.set_secret(WebhookSecret(secret_key_, id->uuid, response.subscription().generation()));
  };
}

grpc::ServerUnaryReactor* WebhookService::CreateSubscription(
    grpc::CallbackServerContext* context, const v1::CreateSubscriptionRequest* request,
    v1::CreateSubscriptionResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::CreateSubscriptionRequest& asked,
                              const Reply<v1::CreateSubscriptionResponse>& reply) {
                         std::function<void(v1::CreateSubscriptionResponse&)> secret;
                         // What would be made is not: it has no secret yet.
                         if (!asked.validate_only()) {
                           secret = WithSecret<v1::CreateSubscriptionResponse>();
                         }
                         Post(call, asked, MakeCreation(call, asked), reply, std::move(secret));
                       });
}

grpc::ServerUnaryReactor* WebhookService::SetSubscription(grpc::CallbackServerContext* context,
                                                          const v1::SetSubscriptionRequest* request,
                                                          v1::SetSubscriptionResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const Call& call, const v1::SetSubscriptionRequest& asked,
             const Reply<v1::SetSubscriptionResponse>& reply) {
        const auto made = [&]() -> Made {
          ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(asked.subscription_id()));
          ASSIGN_OR_RETURN(SubscriptionSettings settings, ParseSettings(asked.settings()));
          ASSIGN_OR_RETURN(settings, CheckSettings(std::move(settings), guard_));
          return ChangeOf(call, id, Setting(std::move(settings)),
                          AnswerAs<v1::SetSubscriptionResponse>());
        };
        Post(call, asked, made(), reply);
      });
}

grpc::ServerUnaryReactor* WebhookService::PauseSubscription(
    grpc::CallbackServerContext* context, const v1::PauseSubscriptionRequest* request,
    v1::PauseSubscriptionResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const Call& call, const v1::PauseSubscriptionRequest& asked,
             const Reply<v1::PauseSubscriptionResponse>& reply) {
        const auto made = [&]() -> Made {
          ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(asked.subscription_id()));
          return ChangeOf(call, id, Pausing(), AnswerAs<v1::PauseSubscriptionResponse>());
        };
        Post(call, asked, made(), reply);
      });
}

grpc::ServerUnaryReactor* WebhookService::ResumeSubscription(
    grpc::CallbackServerContext* context, const v1::ResumeSubscriptionRequest* request,
    v1::ResumeSubscriptionResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::ResumeSubscriptionRequest& asked,
                              const Reply<v1::ResumeSubscriptionResponse>& reply) {
                         const auto made = [&]() -> Made {
                           ASSIGN_OR_RETURN(const SubscriptionId id,
                                            ParseSubscription(asked.subscription_id()));
                           return ChangeOf(call, id, Resuming(shell_.clock().Now()),
                                           AnswerAs<v1::ResumeSubscriptionResponse>());
                         };
                         Post(call, asked, made(), reply);
                       });
}

grpc::ServerUnaryReactor* WebhookService::RotateSecret(grpc::CallbackServerContext* context,
                                                       const v1::RotateSecretRequest* request,
                                                       v1::RotateSecretResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::RotateSecretRequest& asked,
                              const Reply<v1::RotateSecretResponse>& reply) {
                         Post(call, asked, MakeRotation(call, asked), reply,
                              WithSecret<v1::RotateSecretResponse>());
                       });
}

grpc::ServerUnaryReactor* WebhookService::SendTestEvent(grpc::CallbackServerContext* context,
                                                        const v1::SendTestEventRequest* request,
                                                        v1::SendTestEventResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::SendTestEventRequest& asked,
                              const Reply<v1::SendTestEventResponse>& reply) {
                         Post(call, asked, MakeTest(call, asked), reply);
                       });
}

grpc::ServerUnaryReactor* WebhookService::ReplaySubscription(
    grpc::CallbackServerContext* context, const v1::ReplaySubscriptionRequest* request,
    v1::ReplaySubscriptionResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::ReplaySubscriptionRequest& asked,
                              const Reply<v1::ReplaySubscriptionResponse>& reply) {
                         Post(call, asked, MakeReplay(call, asked), reply);
                       });
}

grpc::ServerUnaryReactor* WebhookService::DeleteSubscription(
    grpc::CallbackServerContext* context, const v1::DeleteSubscriptionRequest* request,
    v1::DeleteSubscriptionResponse* response) {
  return shell_.Mutate(context, request, response,
                       [this](const Call& call, const v1::DeleteSubscriptionRequest& asked,
                              const Reply<v1::DeleteSubscriptionResponse>& reply) {
                         const auto made = [&]() -> Made {
                           ASSIGN_OR_RETURN(const SubscriptionId id,
                                            ParseSubscription(asked.subscription_id()));
                           return ChangeOf(call, id, Deleting(), [](const SubscriptionInRun&) {
                             return v1::DeleteSubscriptionResponse().SerializeAsString();
                           });
                         };
                         Post(call, asked, made(), reply);
                       });
}

absl::Status WebhookService::Get(const Call& call, const v1::GetSubscriptionRequest& request,
                                 v1::GetSubscriptionResponse& response) const {
  ASSIGN_OR_RETURN(const SubscriptionId id, ParseSubscription(request.subscription_id()));
  const absl::Time now = shell_.clock().Now();
  return pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Subscription> found, ReadSubscriptions(tx, {id}));
    const bool there =
        !found.empty() && !found.front().deleted_at && found.front().program == call.program.number;
    if (!there) return NoSuchSubscription(id);
    ASSIGN_OR_RETURN(const std::vector<SubscriptionStanding> standings, ReadStandings(tx, found));
    *response.mutable_subscription() = ToContract(found.front(), standings.front(), now);
    return absl::OkStatus();
  });
}

absl::Status WebhookService::List(const Call& call, const v1::ListSubscriptionsRequest& request,
                                  v1::ListSubscriptionsResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  SubscriptionId after;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(after, SubscriptionId::Parse(cursor));
  }
  const absl::Time now = shell_.clock().Now();
  return pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    response.Clear();
    ASSIGN_OR_RETURN(std::vector<Subscription> found,
                     messages::ListSubscriptions(tx, call.program.number, after, limit + 1));
    if (found.size() > static_cast<size_t>(limit)) {
      found.resize(static_cast<size_t>(limit));
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, found.back().id.ToString()));
    }
    ASSIGN_OR_RETURN(const std::vector<SubscriptionStanding> standings, ReadStandings(tx, found));
    for (size_t i = 0; i < found.size(); ++i) {
      *response.add_subscriptions() = ToContract(found[i], standings[i], now);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* WebhookService::GetSubscription(grpc::CallbackServerContext* context,
                                                          const v1::GetSubscriptionRequest* request,
                                                          v1::GetSubscriptionResponse* response) {
  return AnswerBy(shell_, *this, &WebhookService::Get, context, request, response);
}

grpc::ServerUnaryReactor* WebhookService::ListSubscriptions(
    grpc::CallbackServerContext* context, const v1::ListSubscriptionsRequest* request,
    v1::ListSubscriptionsResponse* response) {
  return AnswerBy(shell_, *this, &WebhookService::List, context, request, response);
}

}  // namespace gratis::messages
