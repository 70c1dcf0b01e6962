#pragma once

#include "common/rpc/shell.h"
#include "gratis/members/v1/export.grpc.pb.h"
#include "services/members/dossiers.h"
#include "services/members/export_notes.h"

namespace gratis::members {

// The stream of gratis.members.v1.ExportService.
class ExportService final : public v1::ExportService::CallbackService {
 public:
  // All arguments outlive the service.
  ExportService(rpc::Shell& shell, const Dossiers& dossiers, ExportNotes& notes)
      : shell_(shell), dossiers_(dossiers), notes_(notes) {}

  grpc::ServerWriteReactor<v1::ExportMembersResponse>* ExportMembers(
      grpc::CallbackServerContext* context, const v1::ExportMembersRequest* request) override;

 private:
  rpc::Shell& shell_;
  const Dossiers& dossiers_;
  ExportNotes& notes_;
};

}  // namespace gratis::members
