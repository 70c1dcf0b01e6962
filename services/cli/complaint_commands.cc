#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/thanks/v1/complaints.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace complaint_commands {
namespace {

namespace v1 = thanks::v1;

struct OpenOptions {
  MemberName member;
  std::string topic;
  std::string purchase;
  std::string reference;
};

struct ResolveOptions {
  std::string complaint;
  std::string outcome;
};

struct ListOptions {
  MemberName member;
  bool open = false;
  PageOptions pages;
};

std::string Describe(const v1::Complaint& complaint) {
  return Card()
      .Line("complaint", complaint.complaint_id())
      .Line("member", complaint.member_id())
      .Line("about", complaint.topic())
      .Line("purchase", complaint.purchase_id())
      .Line("reference", complaint.reference())
      .Line("since", FormatTime(complaint.opened_at()))
      .Line("resolved", FormatTime(complaint.resolved_at()))
      .Line("outcome", complaint.has_resolved_at() ? EnumWords(complaint, "outcome") : "open")
      .ToString();
}

absl::Status Open(Context& context, const OpenOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::OpenComplaintRequest request;
  request.set_request_id(context.RequestId());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_topic(options.topic);
  request.set_purchase_id(options.purchase);
  request.set_reference(options.reference);
  v1::OpenComplaintResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.complaint(), Describe(answer.complaint()));
  return absl::OkStatus();
}

v1::ComplaintOutcome OutcomeOf(const std::string& text) {
  if (text == "mended") return v1::COMPLAINT_OUTCOME_MENDED;
  if (text == "apologized") return v1::COMPLAINT_OUTCOME_APOLOGIZED;
  if (text == "declined") return v1::COMPLAINT_OUTCOME_DECLINED;
  return v1::COMPLAINT_OUTCOME_WITHDRAWN;
}

absl::Status Resolve(Context& context, const ResolveOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ResolveComplaintRequest request;
  request.set_request_id(context.RequestId());
  request.set_complaint_id(options.complaint);
  request.set_outcome(OutcomeOf(options.outcome));
  v1::ResolveComplaintResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.complaint(), Describe(answer.complaint()));
  return absl::OkStatus();
}

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListComplaintsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_open_only(options.open);
  v1::ListComplaintsResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.pages, request, all,
                            [](auto& answer) { return answer.mutable_complaints(); }));
  Table table({{"COMPLAINT"}, {"ABOUT"}, {"SINCE"}, {"OUTCOME"}, {"REFERENCE"}});
  for (const v1::Complaint& one : all.complaints()) {
    table.Add({one.complaint_id(), one.topic(), FormatTime(one.opened_at()),
               one.has_resolved_at() ? EnumWords(one, "outcome") : "open", one.reference()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

}  // namespace
}  // namespace complaint_commands

void AddComplaintCommands(CLI::App& app, Context& context) {
  using namespace complaint_commands;
  CLI::App& family =
      *app.add_subcommand("complaints", "That something is wrong, and that it was mended");
  family.require_subcommand(1);
  AddCommand<OpenOptions>(
      family, context, "open",
      "Note that a member complained: nobody celebrates until it is mended",
      [](CLI::App& command, OpenOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--topic", options.topic, "What it is about: delivery")->required();
        command.add_option("--purchase", options.purchase, "The purchase it is about: pur_…");
        command.add_option("--reference", options.reference, "Its number in your own system");
      },
      Open);
  AddCommand<ResolveOptions>(
      family, context, "resolve", "Note how it ended",
      [](CLI::App& command, ResolveOptions& options) {
        command.add_option("COMPLAINT", options.complaint, "cmp_…")->required();
        command.add_option("--outcome", options.outcome, "How it ended")
            ->check(CLI::IsMember({"mended", "apologized", "declined", "withdrawn"}))
            ->required();
      },
      Resolve);
  AddCommand<ListOptions>(
      family, context, "list", "List a member's complaints, newest first",
      [](CLI::App& command, ListOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_flag("--open", options.open, "Only those that are open");
        DeclarePages(command, options.pages);
      },
      List);
}

}  // namespace gratis::cli
