#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/messages/v1/tasks.grpc.pb.h"
#include "services/messages/messages.h"
#include "services/messages/tasks.h"

namespace gratis::messages {

// The calls of gratis.messages.v1.TaskService: convert, call, convert back.
class TaskService final : public v1::TaskService::CallbackService {
 public:
  // All arguments outlive the service.
  TaskService(rpc::Shell& shell, ledger::Poster& poster, base::IdSource& ids, Messages& messages)
      : shell_(shell), poster_(poster), ids_(ids), messages_(messages) {}

  grpc::ServerUnaryReactor* ListTasks(grpc::CallbackServerContext* context,
                                      const v1::ListTasksRequest* request,
                                      v1::ListTasksResponse* response) override;
  grpc::ServerUnaryReactor* TakeTask(grpc::CallbackServerContext* context,
                                     const v1::TakeTaskRequest* request,
                                     v1::TakeTaskResponse* response) override;
  grpc::ServerUnaryReactor* EndTask(grpc::CallbackServerContext* context,
                                    const v1::EndTaskRequest* request,
                                    v1::EndTaskResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListTasksRequest& request,
                    v1::ListTasksResponse& response) const;
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const Req* request,
                                   Resp* response);

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  Messages& messages_;
  TaskChanges changes_;
};

}  // namespace gratis::messages
