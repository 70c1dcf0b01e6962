#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/messages/v1/inbox.pb.h"
#include "gratis/messages/v1/tasks.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace task_commands {
namespace {

namespace v1 = messages::v1;

struct ListOptions {
  std::string store;
  std::string state;
  PageOptions page;
};

struct TaskOptions {
  std::string task;
  std::string staff;
};

struct InboxOptions {
  MemberName member;
  bool unread = false;
  PageOptions page;
};

struct ReadOptions {
  MemberName member;
  std::string message;
};

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListTasksRequest request;
  request.set_store(options.store);
  if (options.state == "open") request.set_state(v1::TASK_STATE_OPEN);
  if (options.state == "taken") request.set_state(v1::TASK_STATE_TAKEN);
  if (options.state == "done") request.set_state(v1::TASK_STATE_DONE);
  if (options.state == "given-up") request.set_state(v1::TASK_STATE_GIVEN_UP);
  if (options.state == "cancelled") request.set_state(v1::TASK_STATE_CANCELLED);
  v1::ListTasksResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.page, request, all,
                            [](auto& answer) { return answer.mutable_tasks(); }));
  Table table({{"task"}, {"store"}, {"state"}, {"staff"}, {"since"}, {"what"}});
  for (const v1::Task& task : all.tasks()) {
    table.Add({task.task_id(), task.store().empty() ? "any" : task.store(),
               EnumWords(task, "state"), task.staff(), FormatTime(task.created_at()), task.text()});
  }
  context.Show(all, table.empty() ? "nothing to do"
                                  : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Take(Context& context, const TaskOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::TakeTaskRequest request;
  request.set_request_id(context.RequestId());
  request.set_task_id(options.task);
  request.set_staff(options.staff);
  v1::TakeTaskResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card().Line("taken by", answer.staff()).ToString());
  return absl::OkStatus();
}

absl::Status EndAs(Context& context, const TaskOptions& options, v1::TaskState state) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::EndTaskRequest request;
  request.set_request_id(context.RequestId());
  request.set_task_id(options.task);
  request.set_staff(options.staff);
  request.set_state(state);
  v1::EndTaskResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("task", EnumWords(answer, "state"))
                           .Line("transaction", answer.transaction_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status Done(Context& context, const TaskOptions& options) {
  return EndAs(context, options, v1::TASK_STATE_DONE);
}

absl::Status GiveUp(Context& context, const TaskOptions& options) {
  return EndAs(context, options, v1::TASK_STATE_GIVEN_UP);
}

absl::Status GiveBack(Context& context, const TaskOptions& options) {
  return EndAs(context, options, v1::TASK_STATE_OPEN);
}

absl::Status ListInbox(Context& context, const InboxOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListInboxRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_unread_only(options.unread);
  v1::ListInboxResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.page, request, all,
                            [](auto& answer) { return answer.mutable_messages(); }));
  Table table({{"message"}, {"from"}, {"title"}, {"came"}, {"read"}});
  for (const v1::InboxMessage& message : all.messages()) {
    table.Add({message.message_id(), message.from_name(), message.title(),
               FormatTime(message.sent_at()), FormatTime(message.read_at())});
  }
  context.Show(all, table.empty() ? "the inbox is empty"
                                  : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Read(Context& context, const ReadOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::MarkReadRequest request;
  request.set_request_id(context.RequestId());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_message_id(options.message);
  v1::MarkReadResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card().Line("read", options.message).ToString());
  return absl::OkStatus();
}

void DeclareTask(CLI::App& command, TaskOptions& options) {
  command.add_option("TASK", options.task, "msg_…")->required();
  command.add_option("--staff", options.staff, "Who, by the shop's own code for them")->required();
}

}  // namespace
}  // namespace task_commands

void AddTaskCommands(CLI::App& app, Context& context) {
  using namespace task_commands;
  CLI::App& family = *app.add_subcommand(
      "tasks", "What staff are asked to do: list, take, done, give-up, give-back");
  family.require_subcommand(1);
  AddCommand<ListOptions>(
      family, context, "list", "What is to be done, oldest first",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--store", options.store, "Only of this store");
        command.add_option("--state", options.state, "Only these; open and taken ones if left out")
            ->check(CLI::IsMember({"open", "taken", "done", "given-up", "cancelled"}));
        DeclarePages(command, options.page);
      },
      List);
  AddCommand<TaskOptions>(family, context, "take", "Make a task somebody's own", DeclareTask, Take);
  AddCommand<TaskOptions>(family, context, "done", "It was done", DeclareTask, Done);
  AddCommand<TaskOptions>(family, context, "give-up", "It cannot be done", DeclareTask, GiveUp);
  AddCommand<TaskOptions>(family, context, "give-back", "Somebody else shall do it", DeclareTask,
                          GiveBack);
}

void AddInboxCommands(CLI::App& app, Context& context) {
  using namespace task_commands;
  CLI::App& family = *app.add_subcommand("inbox", "A member's inbox: list, read");
  family.require_subcommand(1);
  AddCommand<InboxOptions>(
      family, context, "list", "What is there, newest first",
      [](CLI::App& command, InboxOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_flag("--unread", options.unread, "Only what was not read yet");
        DeclarePages(command, options.page);
      },
      ListInbox);
  AddCommand<ReadOptions>(
      family, context, "read", "The member read a message",
      [](CLI::App& command, ReadOptions& options) {
        command.add_option("MESSAGE", options.message, "msg_…")->required();
        DeclareMember(command, options.member, "--member");
      },
      Read);
}

}  // namespace gratis::cli
