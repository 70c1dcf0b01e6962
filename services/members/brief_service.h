#pragma once

#include "common/rpc/shell.h"
#include "gratis/members/v1/briefs.grpc.pb.h"
#include "services/members/briefs.h"
#include "services/members/identification.h"
#include "services/members/proposing.h"

namespace gratis::members {

// The calls of gratis.members.v1.BriefService: convert, call, convert back.
class BriefService final : public v1::BriefService::CallbackService {
 public:
  // All arguments outlive the service.
  BriefService(rpc::Shell& shell, const Members& members, const Proving& proving, Briefs& briefs,
               Proposing& proposing)
      : shell_(shell),
        members_(members),
        identification_(members, proving, shell.proofs()),
        briefs_(briefs),
        proposing_(proposing) {}

  grpc::ServerUnaryReactor* GetBrief(grpc::CallbackServerContext* context,
                                     const v1::GetBriefRequest* request,
                                     v1::GetBriefResponse* response) override;
  grpc::ServerUnaryReactor* ListTimeline(grpc::CallbackServerContext* context,
                                         const v1::ListTimelineRequest* request,
                                         v1::ListTimelineResponse* response) override;

 private:
  // These two together with others that wait.
  void GetById(const rpc::Call& call, const v1::GetBriefRequest& request,
               const rpc::Reply<v1::GetBriefResponse>& reply);
  void GetByNames(const rpc::Call& call, const v1::GetBriefRequest& request,
                  const rpc::Reply<v1::GetBriefResponse>& reply);
  // By what has to be read, or used up, before.
  absl::Status GetByIdentifier(const rpc::Call& call, const v1::GetBriefRequest& request,
                               v1::GetBriefResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListTimelineRequest& request,
                    v1::ListTimelineResponse& response) const;

  rpc::Shell& shell_;
  const Members& members_;
  const Identification identification_;
  Briefs& briefs_;
  Proposing& proposing_;
};

}  // namespace gratis::members
