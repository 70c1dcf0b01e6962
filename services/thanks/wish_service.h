#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/wishes.grpc.pb.h"
#include "services/thanks/wish_changes.h"
#include "services/thanks/wish_telling.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.WishService: convert, call, convert back.
class WishService final : public v1::WishService::CallbackService {
 public:
  // All arguments outlive the service.
  WishService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool, Restocks& restocks,
              base::IdSource& ids)
      : shell_(shell), poster_(poster), pool_(pool), restocks_(restocks), ids_(ids) {}

  grpc::ServerUnaryReactor* NoteWish(grpc::CallbackServerContext* context,
                                     const v1::NoteWishRequest* request,
                                     v1::NoteWishResponse* response) override;
  grpc::ServerUnaryReactor* WithdrawWish(grpc::CallbackServerContext* context,
                                         const v1::WithdrawWishRequest* request,
                                         v1::WithdrawWishResponse* response) override;
  grpc::ServerUnaryReactor* ListWishes(grpc::CallbackServerContext* context,
                                       const v1::ListWishesRequest* request,
                                       v1::ListWishesResponse* response) override;
  grpc::ServerUnaryReactor* RecordRestock(grpc::CallbackServerContext* context,
                                          const v1::RecordRestockRequest* request,
                                          v1::RecordRestockResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListWishesRequest& request,
                    v1::ListWishesResponse& response) const;
  void Record(const rpc::Call& call, const v1::RecordRestockRequest& request,
              const rpc::Reply<v1::RecordRestockResponse>& reply);

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  Restocks& restocks_;
  base::IdSource& ids_;
  WishChanges wish_changes_;
  RecordRestocks record_restocks_;
};

}  // namespace gratis::thanks
