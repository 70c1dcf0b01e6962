#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_points.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

// Points given and taken by hand, and the second person.
namespace gratis::cli {
namespace adjustment_commands {
namespace {

namespace v1 = ledger::v1;

struct ResolveOptions {
  PostOptions post;
  std::string adjustment;
};

struct ListOptions {
  PageOptions page;
  bool all = false;
};

absl::Status Adjust(Context& context, const MemberPoints& options) {
  v1::AdjustRequest request;
  ASSIGN_OR_RETURN(const int64_t points, PointsOf(options));
  RETURN_IF_ERROR(FillTime(context, options.post, request));
  request.set_points(points);
  request.set_reason(options.post.source);
  request.set_unit(options.unit);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), MemberOf(context, *engine, options));
  v1::AdjustResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const bool waits = answer.state() == v1::ADJUSTMENT_STATE_PENDING_APPROVAL;
  Card card = CardOf(options.post, waits ? "requested" : "adjusted", points, answer);
  if (!answer.adjustment_id().empty()) card.Line("to be approved", answer.adjustment_id());
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

void DeclareAdjust(CLI::App& command, MemberPoints& options) {
  DeclareMemberPoints(command, options);
  command.add_option("--reason", options.post.source, "Why; no personal data")->required();
  DeclareTime(command, options.post);
}

void DeclareResolve(CLI::App& command, ResolveOptions& options) {
  command.add_option("ADJUSTMENT", options.adjustment, "The adjustment: adj_…")->required();
  DeclareTime(command, options.post);
}

absl::Status Approve(Context& context, const ResolveOptions& options) {
  v1::ApproveAdjustmentRequest request;
  RETURN_IF_ERROR(Fill(context, options.post, request));
  request.set_adjustment_id(options.adjustment);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ApproveAdjustmentResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               CardOf(options.post, "adjusted", answer.adjusted_points(), answer).ToString());
  return absl::OkStatus();
}

absl::Status Reject(Context& context, const ResolveOptions& options) {
  v1::RejectAdjustmentRequest request;
  RETURN_IF_ERROR(FillTime(context, options.post, request));
  request.set_reason(options.post.source);
  request.set_adjustment_id(options.adjustment);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::RejectAdjustmentResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const v1::Adjustment& rejected = answer.adjustment();
  context.Show(answer, Card()
                           .Line(options.post.dry_run ? "would be rejected" : "rejected",
                                 rejected.adjustment_id())
                           .Line("points", Grouped(rejected.points()))
                           .Line("unit", rejected.unit())
                           .Line("member", rejected.member_id())
                           .Line("asked for by", rejected.requested_by())
                           .Line("on", FormatTime(rejected.requested_at()))
                           .Line("why", rejected.reason())
                           .Line("why not", rejected.rejection_reason())
                           .ToString());
  return absl::OkStatus();
}

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListAdjustmentsRequest request;
  request.set_include_resolved(options.all);
  v1::ListAdjustmentsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](v1::ListAdjustmentsResponse& answer) { return answer.mutable_adjustments(); }));
  std::vector<Table::Column> columns{
      {"ASKED FOR"}, {"BY"},  {"MEMBER"},    {"POINTS", Table::Align::kRight},
      {"UNIT"},      {"WHY"}, {"ADJUSTMENT"}};
  if (options.all) columns.insert(columns.end(), {{"STATE"}, {"RESOLVED BY"}, {"WHY NOT"}});
  Table table(columns);
  for (const v1::Adjustment& one : all.adjustments()) {
    std::vector<std::string> cells{FormatTime(one.requested_at()),
                                   one.requested_by(),
                                   one.member_id(),
                                   Grouped(one.points()),
                                   one.unit(),
                                   one.reason(),
                                   one.adjustment_id()};
    if (options.all) {
      cells.insert(cells.end(),
                   {EnumWords(one, "state"), one.resolved_by(), one.rejection_reason()});
    }
    table.Add(cells);
  }
  const std::string none = options.all ? "No adjustment ever took a second person.\n"
                                       : "No adjustment waits for a second person.\n";
  context.Show(
      all, table.empty() ? none : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

}  // namespace
}  // namespace adjustment_commands

void AddAdjustmentCommands(CLI::App& points, Context& context) {
  using namespace adjustment_commands;
  AddCommand<MemberPoints>(points, context, "adjust",
                           "Give or (below 0) take points by hand; many take a second person",
                           DeclareAdjust, Adjust);
  AddCommand<ListOptions>(
      points, context, "adjustments", "The adjustments that wait for a second person, oldest first",
      [](CLI::App& command, ListOptions& options) {
        command.add_flag("--all", options.all, "Those that were approved and rejected, too");
        DeclarePages(command, options.page);
      },
      List);
  AddCommand<ResolveOptions>(
      points, context, "approve", "Do an adjustment that somebody else requested",
      [](CLI::App& command, ResolveOptions& options) {
        DeclareResolve(command, options);
        command.add_option("--source", options.post.source, "Why, in your words; no personal data");
      },
      Approve);
  AddCommand<ResolveOptions>(
      points, context, "reject",
      "Say that an adjustment will not be done; withdraw one of your own",
      [](CLI::App& command, ResolveOptions& options) {
        DeclareResolve(command, options);
        command.add_option("--reason", options.post.source, "Why not; no personal data")
            ->required();
      },
      Reject);
}

}  // namespace gratis::cli
