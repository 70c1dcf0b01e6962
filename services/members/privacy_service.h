#pragma once

#include "common/rpc/shell.h"
#include "gratis/members/v1/privacy.grpc.pb.h"
#include "services/members/dossiers.h"

namespace gratis::members {

// The calls of gratis.members.v1.PrivacyService.
class PrivacyService final : public v1::PrivacyService::CallbackService {
 public:
  // All arguments outlive the service.
  PrivacyService(rpc::Shell& shell, const Dossiers& dossiers)
      : shell_(shell), dossiers_(dossiers) {}

  grpc::ServerUnaryReactor* ExportMember(grpc::CallbackServerContext* context,
                                         const v1::ExportMemberRequest* request,
                                         v1::ExportMemberResponse* response) override;

 private:
  rpc::Shell& shell_;
  const Dossiers& dossiers_;
};

}  // namespace gratis::members
