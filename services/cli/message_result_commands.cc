#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/messages/v1/engagements.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace message_result_commands {
namespace {

namespace v1 = messages::v1;

struct ResultsOptions {
  std::string from;
  std::string to;
  std::string template_code;
  PageOptions page;
};

struct EngagedOptions {
  std::string what;
  std::string kind = "opened";
  std::string at;
};

void DeclareResults(CLI::App& command, ResultsOptions& options) {
  command.add_option("--from", options.from,
                     "The first day, YYYY-MM-DD; 29 days before the last if left out");
  command.add_option("--to", options.to, "The last day, YYYY-MM-DD; today if left out");
  command.add_option("--template", options.template_code, "Only what was written by this one");
  DeclarePages(command, options.page);
}

absl::Status SetDay(const std::string& text, std::string_view option, type::v1::CivilDay* day) {
  const absl::StatusOr<absl::CivilDay> parsed = base::ParseDay(text);
  if (!parsed.ok()) return AsUsage(parsed.status(), option);
  *day = ToProto(*parsed);
  return absl::OkStatus();
}

absl::Status Results(Context& context, const ResultsOptions& options) {
  v1::ListMessageResultsRequest request;
  if (!options.from.empty()) {
    RETURN_IF_ERROR(SetDay(options.from, "--from", request.mutable_from()));
  }
  if (!options.to.empty()) RETURN_IF_ERROR(SetDay(options.to, "--to", request.mutable_to()));
  request.set_template_code(options.template_code);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListMessageResultsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, std::move(request), all,
                [](v1::ListMessageResultsResponse& answer) { return answer.mutable_results(); }));
  Table table({{"DAY"},
               {"TEMPLATE"},
               {"WORDING", Table::Align::kRight},
               {"TRIGGER"},
               {"BY"},
               {"SENT", Table::Align::kRight},
               {"OPENED", Table::Align::kRight},
               {"CLICKED", Table::Align::kRight},
               {"REDEEMED", Table::Align::kRight},
               {"UNSUBSCRIBED", Table::Align::kRight}});
  for (const v1::MessageResult& result : all.results()) {
    table.Add({FormatDay(result.day()),
               absl::StrCat(result.template_code(), " v", result.template_version()),
               Grouped(result.variant()), result.trigger(), EnumWords(result, "channel"),
               Grouped(result.sent()), result.has_opened() ? Grouped(result.opened()) : "not known",
               result.has_clicked() ? Grouped(result.clicked()) : "", Grouped(result.redeemed()),
               Grouped(result.unsubscribed())});
  }
  context.Show(all, table.empty() ? "nothing was said in these days"
                                  : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

void DeclareEngaged(CLI::App& command, EngagedOptions& options) {
  command
      .add_option("MAIL", options.what, "msg_…, or dlv_…, which the mail's Message-ID begins with")
      ->required();
  command.add_option("--kind", options.kind, "opened or clicked")
      ->check(CLI::IsMember({"opened", "clicked"}))
      ->capture_default_str();
  command.add_option("--at", options.at, absl::StrCat("When: ", kTimeWords, "; now if left out"));
}

absl::Status Engaged(Context& context, const EngagedOptions& options) {
  v1::RecordEngagementRequest request;
  request.set_request_id(context.RequestId());
  if (options.what.rfind("dlv_", 0) == 0) {
    request.set_delivery_id(options.what);
  } else {
    request.set_message_id(options.what);
  }
  request.set_kind(options.kind == "clicked" ? v1::ENGAGEMENT_KIND_CLICKED
                                             : v1::ENGAGEMENT_KIND_OPENED);
  if (!options.at.empty()) {
    ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> at,
                     TimeUnlessNow(context, options.at, "--at", DayAs::kNoon));
    if (at) *request.mutable_happened_at() = *at;
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::RecordEngagementResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, answer.recorded()
                           ? "It is counted.\n"
                           : absl::StrCat("It is not kept: ", EnumWords(answer, "ignored"), ".\n"));
  return absl::OkStatus();
}

}  // namespace
}  // namespace message_result_commands

void AddMessageResultCommands(CLI::App& messages, Context& context) {
  using namespace message_result_commands;
  AddCommand<ResultsOptions>(
      messages, context, "results",
      "What came of messages, by day, template, wording and trigger: sent, opened, redeemed",
      DeclareResults, Results);
  AddCommand<EngagedOptions>(messages, context, "engaged",
                             "Say what a mail service saw somebody do with a mail", DeclareEngaged,
                             Engaged);
}

}  // namespace gratis::cli
