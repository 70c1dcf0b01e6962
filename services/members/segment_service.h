#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/segments.grpc.pb.h"
#include "services/members/members.h"
#include "services/members/segments.h"

namespace gratis::members {

// The calls of gratis.members.v1.SegmentService: convert, call, convert back.
class SegmentService final : public v1::SegmentService::CallbackService {
 public:
  // All arguments outlive the service.
  SegmentService(rpc::Shell& shell, ledger::Poster& poster, const Members& members)
      : shell_(shell), poster_(poster), members_(members) {}

  grpc::ServerUnaryReactor* SetMemberSegments(grpc::CallbackServerContext* context,
                                              const v1::SetMemberSegmentsRequest* request,
                                              v1::SetMemberSegmentsResponse* response) override;
  grpc::ServerUnaryReactor* BatchSetMemberSegments(
      grpc::CallbackServerContext* context, const v1::BatchSetMemberSegmentsRequest* request,
      v1::BatchSetMemberSegmentsResponse* response) override;

 private:
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> MakeChange(
      const rpc::Call& call, const v1::SetMemberSegmentsRequest& request) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Members& members_;
  SegmentSets sets_;
};

}  // namespace gratis::members
