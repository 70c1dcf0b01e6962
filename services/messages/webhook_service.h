#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/webhooks.grpc.pb.h"
#include "services/messages/subscriptions.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.WebhookService: convert, call, convert back.
class WebhookService final : public v1::WebhookService::CallbackService {
 public:
  // `secret_key`: the vault's "webhook-secret". `changed` is told after each change and must not
  // block. All references outlive the service.
  WebhookService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool,
                 const AddressGuard& guard, base::IdSource& ids, std::string secret_key,
                 std::function<void()> changed)
      : shell_(shell),
        poster_(poster),
        pool_(pool),
        guard_(guard),
        ids_(ids),
        secret_key_(std::move(secret_key)),
        changed_(std::move(changed)),
        changes_(shell.clock()) {}

  grpc::ServerUnaryReactor* CreateSubscription(grpc::CallbackServerContext* context,
                                               const v1::CreateSubscriptionRequest* request,
                                               v1::CreateSubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* GetSubscription(grpc::CallbackServerContext* context,
                                            const v1::GetSubscriptionRequest* request,
                                            v1::GetSubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* ListSubscriptions(grpc::CallbackServerContext* context,
                                              const v1::ListSubscriptionsRequest* request,
                                              v1::ListSubscriptionsResponse* response) override;
  grpc::ServerUnaryReactor* SetSubscription(grpc::CallbackServerContext* context,
                                            const v1::SetSubscriptionRequest* request,
                                            v1::SetSubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* PauseSubscription(grpc::CallbackServerContext* context,
                                              const v1::PauseSubscriptionRequest* request,
                                              v1::PauseSubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* ResumeSubscription(grpc::CallbackServerContext* context,
                                               const v1::ResumeSubscriptionRequest* request,
                                               v1::ResumeSubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* RotateSecret(grpc::CallbackServerContext* context,
                                         const v1::RotateSecretRequest* request,
                                         v1::RotateSecretResponse* response) override;
  grpc::ServerUnaryReactor* SendTestEvent(grpc::CallbackServerContext* context,
                                          const v1::SendTestEventRequest* request,
                                          v1::SendTestEventResponse* response) override;
  grpc::ServerUnaryReactor* ReplaySubscription(grpc::CallbackServerContext* context,
                                               const v1::ReplaySubscriptionRequest* request,
                                               v1::ReplaySubscriptionResponse* response) override;
  grpc::ServerUnaryReactor* DeleteSubscription(grpc::CallbackServerContext* context,
                                               const v1::DeleteSubscriptionRequest* request,
                                               v1::DeleteSubscriptionResponse* response) override;

 private:
  using Made = absl::StatusOr<std::unique_ptr<SubscriptionChange>>;

  // A change of the subscription that a request names.
  std::unique_ptr<SubscriptionChange> ChangeOf(const rpc::Call& call, SubscriptionId id,
                                               SubscriptionChange::Change change,
                                               SubscriptionChange::Answer answer);
  Made MakeCreation(const rpc::Call& call, const v1::CreateSubscriptionRequest& request);
  Made MakeRotation(const rpc::Call& call, const v1::RotateSecretRequest& request);
  Made MakeTest(const rpc::Call& call, const v1::SendTestEventRequest& request);
  Made MakeReplay(const rpc::Call& call, const v1::ReplaySubscriptionRequest& request);
  // Posts it and answers; then those who send are told. `complete` adds what no stored answer has.
  template <class Req, class Resp>
  void Post(const rpc::Call& call, const Req& request, Made made, rpc::Reply<Resp> reply,
            std::function<void(Resp&)> complete = nullptr);
  template <class Resp>
  std::function<void(Resp&)> WithSecret() const;

  absl::Status Get(const rpc::Call& call, const v1::GetSubscriptionRequest& request,
                   v1::GetSubscriptionResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListSubscriptionsRequest& request,
                    v1::ListSubscriptionsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  const AddressGuard& guard_;
  base::IdSource& ids_;
  const std::string secret_key_;
  const std::function<void()> changed_;
  SubscriptionChanges changes_;
};

}  // namespace gratis::messages
