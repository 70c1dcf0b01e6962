#pragma once

#include "common/rpc/shell.h"
#include "gratis/members/v1/privacy.grpc.pb.h"
#include "services/members/dossiers.h"
#include "services/members/export_notes.h"
#include "services/members/privacy.h"
#include "services/members/tiers.h"

namespace gratis::members {

// The calls of gratis.members.v1.PrivacyService.
class PrivacyService final : public v1::PrivacyService::CallbackService {
 public:
  // All arguments outlive the service.
  PrivacyService(rpc::Shell& shell, const Dossiers& dossiers, const Tiers& tiers, Privacy& privacy,
                 ExportNotes& notes)
      : shell_(shell), dossiers_(dossiers), tiers_(tiers), privacy_(privacy), notes_(notes) {}

  grpc::ServerUnaryReactor* ExportMember(grpc::CallbackServerContext* context,
                                         const v1::ExportMemberRequest* request,
                                         v1::ExportMemberResponse* response) override;
  grpc::ServerUnaryReactor* EraseMember(grpc::CallbackServerContext* context,
                                        const v1::EraseMemberRequest* request,
                                        v1::EraseMemberResponse* response) override;
  grpc::ServerUnaryReactor* GetErasure(grpc::CallbackServerContext* context,
                                       const v1::GetErasureRequest* request,
                                       v1::GetErasureResponse* response) override;

 private:
  absl::Status Export(const rpc::Call& call, const v1::ExportMemberRequest& request,
                      v1::ExportMemberResponse& response) const;
  void Erase(const rpc::Call& call, const v1::EraseMemberRequest& request,
             const rpc::Reply<v1::EraseMemberResponse>& reply);

  rpc::Shell& shell_;
  const Dossiers& dossiers_;
  const Tiers& tiers_;
  Privacy& privacy_;
  ExportNotes& notes_;
};

}  // namespace gratis::members
