#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/surprises.grpc.pb.h"
#include "services/thanks/surprise_draws.h"
#include "services/thanks/surprise_giving.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.SurpriseService: convert, call, convert back.
class SurpriseService final : public v1::SurpriseService::CallbackService {
 public:
  // All arguments outlive the service.
  SurpriseService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool, SurpriseGifts& gifts,
                  base::IdSource& ids)
      : shell_(shell), poster_(poster), pool_(pool), gifts_(gifts), ids_(ids) {}

  grpc::ServerUnaryReactor* DrawSurprise(grpc::CallbackServerContext* context,
                                         const v1::DrawSurpriseRequest* request,
                                         v1::DrawSurpriseResponse* response) override;
  grpc::ServerUnaryReactor* GetSurprise(grpc::CallbackServerContext* context,
                                        const v1::GetSurpriseRequest* request,
                                        v1::GetSurpriseResponse* response) override;
  grpc::ServerUnaryReactor* ListSurprises(grpc::CallbackServerContext* context,
                                          const v1::ListSurprisesRequest* request,
                                          v1::ListSurprisesResponse* response) override;
  grpc::ServerUnaryReactor* ListSurpriseEntrants(
      grpc::CallbackServerContext* context, const v1::ListSurpriseEntrantsRequest* request,
      v1::ListSurpriseEntrantsResponse* response) override;
  grpc::ServerUnaryReactor* ListMemberSurprises(grpc::CallbackServerContext* context,
                                                const v1::ListMemberSurprisesRequest* request,
                                                v1::ListMemberSurprisesResponse* response) override;

 private:
  void Draw(const rpc::Call& call, const v1::DrawSurpriseRequest& request,
            const rpc::Reply<v1::DrawSurpriseResponse>& reply);
  absl::StatusOr<Surprise> Find(const rpc::Call& call, const std::string& code) const;
  absl::Status Get(const rpc::Call& call, const v1::GetSurpriseRequest& request,
                   v1::GetSurpriseResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListSurprisesRequest& request,
                    v1::ListSurprisesResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListSurpriseEntrantsRequest& request,
                    v1::ListSurpriseEntrantsResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListMemberSurprisesRequest& request,
                    v1::ListMemberSurprisesResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  SurpriseGifts& gifts_;
  base::IdSource& ids_;
  DrawSurprises draw_surprises_;
};

}  // namespace gratis::thanks
