#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/cards.grpc.pb.h"
#include "services/members/cards.h"
#include "services/members/proposing.h"

namespace gratis::members {

// The calls of gratis.members.v1.CardService: convert, call, convert back.
class CardService final : public v1::CardService::CallbackService {
 public:
  // All arguments outlive the service.
  CardService(rpc::Shell& shell, ledger::Poster& poster, const Cards& cards, Proposing& proposing)
      : shell_(shell), poster_(poster), cards_(cards), proposing_(proposing) {}

  grpc::ServerUnaryReactor* IssueCards(grpc::CallbackServerContext* context,
                                       const v1::IssueCardsRequest* request,
                                       v1::IssueCardsResponse* response) override;
  grpc::ServerUnaryReactor* LinkCard(grpc::CallbackServerContext* context,
                                     const v1::LinkCardRequest* request,
                                     v1::LinkCardResponse* response) override;
  grpc::ServerUnaryReactor* ReplaceCard(grpc::CallbackServerContext* context,
                                        const v1::ReplaceCardRequest* request,
                                        v1::ReplaceCardResponse* response) override;
  grpc::ServerUnaryReactor* ReportCardLost(grpc::CallbackServerContext* context,
                                           const v1::ReportCardLostRequest* request,
                                           v1::ReportCardLostResponse* response) override;
  grpc::ServerUnaryReactor* ListCards(grpc::CallbackServerContext* context,
                                      const v1::ListCardsRequest* request,
                                      v1::ListCardsResponse* response) override;

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const Req* request,
                                   Resp* response);

  Cards::ChangeOr Make(const rpc::Call& call, const v1::IssueCardsRequest& request) const;
  Cards::ChangeOr Make(const rpc::Call& call, const v1::LinkCardRequest& request) const;
  Cards::ChangeOr Make(const rpc::Call& call, const v1::ReplaceCardRequest& request) const;
  Cards::ChangeOr Make(const rpc::Call& call, const v1::ReportCardLostRequest& request) const;
  absl::Status List(const rpc::Call& call, const v1::ListCardsRequest& request,
                    v1::ListCardsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Cards& cards_;
  Proposing& proposing_;
  CardChanges changes_;
};

}  // namespace gratis::members
