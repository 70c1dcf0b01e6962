#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "common/rpc/shell.h"
#include "gratis/thanks/v1/complaints.grpc.pb.h"
#include "services/thanks/complaint_changes.h"

namespace gratis::thanks {

// The calls of gratis.thanks.v1.ComplaintService: convert, call, convert back.
class ComplaintService final : public v1::ComplaintService::CallbackService {
 public:
  // All arguments outlive the service.
  ComplaintService(rpc::Shell& shell, ledger::Poster& poster, pg::Pool& pool, base::IdSource& ids)
      : shell_(shell), poster_(poster), pool_(pool), ids_(ids) {}

  grpc::ServerUnaryReactor* OpenComplaint(grpc::CallbackServerContext* context,
                                          const v1::OpenComplaintRequest* request,
                                          v1::OpenComplaintResponse* response) override;
  grpc::ServerUnaryReactor* ResolveComplaint(grpc::CallbackServerContext* context,
                                             const v1::ResolveComplaintRequest* request,
                                             v1::ResolveComplaintResponse* response) override;
  grpc::ServerUnaryReactor* ListComplaints(grpc::CallbackServerContext* context,
                                           const v1::ListComplaintsRequest* request,
                                           v1::ListComplaintsResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListComplaintsRequest& request,
                    v1::ListComplaintsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  pg::Pool& pool_;
  base::IdSource& ids_;
  OpenComplaints open_complaints_;
  ResolveComplaints resolve_complaints_;
};

}  // namespace gratis::thanks
