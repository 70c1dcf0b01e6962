#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/engagements.grpc.pb.h"
#include "services/messages/engagements.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.EngagementService: convert, call, convert back.
class EngagementService final : public v1::EngagementService::CallbackService {
 public:
  // All arguments outlive the service.
  EngagementService(rpc::Shell& shell, ledger::Poster& poster, const Engagements& engagements)
      : shell_(shell), poster_(poster), engagements_(engagements) {}

  grpc::ServerUnaryReactor* RecordEngagement(grpc::CallbackServerContext* context,
                                             const v1::RecordEngagementRequest* request,
                                             v1::RecordEngagementResponse* response) override;
  grpc::ServerUnaryReactor* ListMessageResults(grpc::CallbackServerContext* context,
                                               const v1::ListMessageResultsRequest* request,
                                               v1::ListMessageResultsResponse* response) override;

 private:
  // Errors: as RecordEngagement.
  absl::StatusOr<std::unique_ptr<EngagementMark>> MakeMark(
      const rpc::Call& call, const v1::RecordEngagementRequest& request) const;
  absl::Status List(const rpc::Call& call, const v1::ListMessageResultsRequest& request,
                    v1::ListMessageResultsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Engagements& engagements_;
  EngagementMarks marks_;
};

}  // namespace gratis::messages
