#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/templates.grpc.pb.h"
#include "services/messages/messages.h"
#include "services/messages/templates.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.TemplateService: convert, call, convert back.
class TemplateService final : public v1::TemplateService::CallbackService {
 public:
  // All arguments outlive the service.
  TemplateService(rpc::Shell& shell, ledger::Poster& poster, base::IdSource& ids,
                  Templates& templates, Messages& messages)
      : shell_(shell), poster_(poster), ids_(ids), templates_(templates), messages_(messages) {}

  grpc::ServerUnaryReactor* SetTemplate(grpc::CallbackServerContext* context,
                                        const v1::SetTemplateRequest* request,
                                        v1::SetTemplateResponse* response) override;
  grpc::ServerUnaryReactor* GetTemplate(grpc::CallbackServerContext* context,
                                        const v1::GetTemplateRequest* request,
                                        v1::GetTemplateResponse* response) override;
  grpc::ServerUnaryReactor* ListTemplates(grpc::CallbackServerContext* context,
                                          const v1::ListTemplatesRequest* request,
                                          v1::ListTemplatesResponse* response) override;
  grpc::ServerUnaryReactor* PreviewTemplate(grpc::CallbackServerContext* context,
                                            const v1::PreviewTemplateRequest* request,
                                            v1::PreviewTemplateResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListTemplatesRequest& request,
                    v1::ListTemplatesResponse& response) const;
  absl::Status Show(const rpc::Call& call, const v1::PreviewTemplateRequest& request,
                    v1::PreviewTemplateResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  Templates& templates_;
  Messages& messages_;
  TemplateSets sets_;
};

}  // namespace gratis::messages
