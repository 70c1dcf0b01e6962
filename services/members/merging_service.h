#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/merging.grpc.pb.h"
#include "services/members/members.h"
#include "services/members/merging.h"
#include "services/members/proposals.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

// The calls of gratis.members.v1.MergingService: convert, call, convert back.
class MergingService final : public v1::MergingService::CallbackService {
 public:
  // All arguments outlive the service.
  MergingService(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster, const Members& members,
                 const vault::Vault& vault)
      : shell_(shell),
        pool_(pool),
        poster_(poster),
        members_(members),
        merges_(vault),
        undos_(vault) {}

  grpc::ServerUnaryReactor* ListDuplicates(grpc::CallbackServerContext* context,
                                           const v1::ListDuplicatesRequest* request,
                                           v1::ListDuplicatesResponse* response) override;
  grpc::ServerUnaryReactor* ListProposedMerges(grpc::CallbackServerContext* context,
                                               const v1::ListProposedMergesRequest* request,
                                               v1::ListProposedMergesResponse* response) override;
  grpc::ServerUnaryReactor* DismissDuplicate(grpc::CallbackServerContext* context,
                                             const v1::DismissDuplicateRequest* request,
                                             v1::DismissDuplicateResponse* response) override;
  grpc::ServerUnaryReactor* MergeMembers(grpc::CallbackServerContext* context,
                                         const v1::MergeMembersRequest* request,
                                         v1::MergeMembersResponse* response) override;
  grpc::ServerUnaryReactor* UndoMerge(grpc::CallbackServerContext* context,
                                      const v1::UndoMergeRequest* request,
                                      v1::UndoMergeResponse* response) override;
  grpc::ServerUnaryReactor* GetMerge(grpc::CallbackServerContext* context,
                                     const v1::GetMergeRequest* request,
                                     v1::GetMergeResponse* response) override;
  grpc::ServerUnaryReactor* ListMerges(grpc::CallbackServerContext* context,
                                       const v1::ListMergesRequest* request,
                                       v1::ListMergesResponse* response) override;

 private:
  void Join(const rpc::Call& call, const v1::MergeMembersRequest& request,
            const rpc::Reply<v1::MergeMembersResponse>& reply);
  void Part(const rpc::Call& call, const v1::UndoMergeRequest& request,
            const rpc::Reply<v1::UndoMergeResponse>& reply);
  absl::Status List(const rpc::Call& call, const v1::ListMergesRequest& request,
                    v1::ListMergesResponse& response) const;
  absl::Status ListProposed(const rpc::Call& call, const v1::ListProposedMergesRequest& request,
                            v1::ListProposedMergesResponse& response) const;
  void Dismiss(const rpc::Call& call, const v1::DismissDuplicateRequest& request,
               const rpc::Reply<v1::DismissDuplicateResponse>& reply);
  // Errors: FIELD_MISSING, INVALID_ID, MERGE_NOT_FOUND.
  absl::StatusOr<MergeRow> Find(const rpc::Call& call, const std::string& merge_id) const;

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  const Members& members_;
  Merges merges_;
  MergeUndos undos_;
  Dismissals dismissals_;
};

}  // namespace gratis::members
