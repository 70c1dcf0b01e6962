#include "services/messages/task_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "services/messages/message_contract.h"

namespace gratis::messages {
absl::Status TaskService::List(const rpc::Call& call, const v1::ListTasksRequest& request,
                               v1::ListTasksResponse& response) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> stores, StoresOf(request, call.store));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size(), 50, 200));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const MessageId after, PlaceOf(cursor, MessageId{}));
  ASSIGN_OR_RETURN(
      std::vector<SeenTask> tasks,
      messages_.ListTasks(call.program, after, stores, static_cast<int16_t>(request.state()),
                          limit + 1, call.deadline));
  if (tasks.size() > static_cast<size_t>(limit)) {
    tasks.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, tasks.back().task.id.ToString()));
  }
  for (const SeenTask& task : tasks) *response.add_tasks() = ToContract(task);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TaskService::ListTasks(grpc::CallbackServerContext* context,
                                                 const v1::ListTasksRequest* request,
                                                 v1::ListTasksResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::ListTasksRequest& asked,
                            v1::ListTasksResponse& answer) { return List(call, asked, answer); });
}

template <class Req, class Resp>
grpc::ServerUnaryReactor* TaskService::Change(grpc::CallbackServerContext* context,
                                              const Req* request, Resp* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const Req& asked, const rpc::Reply<Resp>& reply) {
        absl::StatusOr<TaskWish> wish = ParseWish(asked, call.store);
        if (!wish.ok()) return reply.Finish(wish.status());
        absl::StatusOr<std::unique_ptr<TaskChange>> change =
            TaskChange::Make(call.program, *std::move(wish), {ids_.Next(call.now)});
        if (!change.ok()) return reply.Finish(change.status());
        rpc::Post(poster_, call, asked, changes_, *std::move(change), reply);
      });
}

grpc::ServerUnaryReactor* TaskService::TakeTask(grpc::CallbackServerContext* context,
                                                const v1::TakeTaskRequest* request,
                                                v1::TakeTaskResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* TaskService::EndTask(grpc::CallbackServerContext* context,
                                               const v1::EndTaskRequest* request,
                                               v1::EndTaskResponse* response) {
  return Change(context, request, response);
}

}  // namespace gratis::messages
