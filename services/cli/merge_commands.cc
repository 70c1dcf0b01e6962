#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace merge_commands {
namespace {

namespace v1 = members::v1;

struct MergeOptions {
  std::string duplicate;
  std::string survivor;
  std::string source;
  bool dry_run = false;
};

struct OneMergeOptions {
  std::string merge;
  bool dry_run = false;
};

std::string InWords(const v1::Moved& moved) {
  std::string text;
  for (const v1::MovedPoints& points : moved.points()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    Grouped(points.available_points() + points.debt_points()), " ", points.unit());
    if (points.pending_points() > 0) {
      absl::StrAppend(&text, " and ", Grouped(points.pending_points()), " pending");
    }
  }
  if (moved.vouchers() > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    Counted(moved.vouchers(), "voucher", "vouchers"));
  }
  if (moved.consents() > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    Counted(moved.consents(), "word about consent", "words about consent"));
  }
  if (moved.preferences() > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    Counted(moved.preferences(), "preference", "preferences"));
  }
  if (moved.segments() > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    Counted(moved.segments(), "segment", "segments"));
  }
  return text.empty() ? "nothing" : text;
}

std::string MergeText(const v1::Merge& merge) {
  return Card()
      .Line("merge", merge.merge_id())
      .Line("survivor", merge.survivor_id())
      .Line("duplicate", merge.duplicate_id())
      .Line("merged", FormatTime(merge.merged_at()))
      .Line("may be undone until", merge.has_undone_at() ? "" : FormatTime(merge.undo_until()))
      .Line("undone", merge.has_undone_at() ? FormatTime(merge.undone_at()) : "")
      .ToString();
}

absl::StatusOr<std::string> Named(Context& context, Engine& engine, const std::string& any) {
  MemberName name;
  name.any = any;
  return ResolveMember(context, engine, name);
}

absl::Status ShowMerge(Context& context, const OneMergeOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetMergeRequest request;
  request.set_merge_id(options.merge);
  v1::GetMergeResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, MergeText(answer.merge()));
  return absl::OkStatus();
}

absl::Status MergeTwo(Context& context, const MergeOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::MergeMembersRequest request;
  request.set_request_id(context.RequestId());
  ASSIGN_OR_RETURN(*request.mutable_duplicate_id(), Named(context, *engine, options.duplicate));
  ASSIGN_OR_RETURN(*request.mutable_survivor_id(), Named(context, *engine, options.survivor));
  request.set_source(options.source);
  request.set_validate_only(options.dry_run);
  v1::MergeMembersResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  if (options.dry_run) {
    context.Show(answer,
                 absl::StrCat(request.duplicate_id(), " would become part of ",
                              request.survivor_id(), ", with ", InWords(answer.moved()), "\n"));
    return absl::OkStatus();
  }
  context.Show(answer, absl::StrCat(MergeText(answer.merge()), "\nThere went over ",
                                    InWords(answer.moved()), ".\n"));
  return absl::OkStatus();
}

absl::Status Unmerge(Context& context, const OneMergeOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::UndoMergeRequest request;
  request.set_request_id(context.RequestId());
  request.set_merge_id(options.merge);
  request.set_validate_only(options.dry_run);
  v1::UndoMergeResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(
      answer, absl::StrCat(options.dry_run ? "They would be two again. There would go back "
                                           : absl::StrCat(MergeText(answer.merge()),
                                                          "\nThey are two again. There went back "),
                           InWords(answer.moved()), ".\n"));
  return absl::OkStatus();
}

absl::Status ListMerges(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListMergesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, name));
  request.set_page_size(1'000);
  v1::ListMergesResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table({{"MERGE"}, {"DUPLICATE"}, {"MERGED"}, {"UNDONE"}});
  for (const v1::Merge& merge : answer.merges()) {
    table.Add({merge.merge_id(), merge.duplicate_id(), FormatTime(merge.merged_at()),
               merge.has_undone_at() ? FormatTime(merge.undone_at()) : ""});
  }
  context.Show(answer, table.empty() ? "nobody was merged into this member\n" : table.ToString());
  return absl::OkStatus();
}

absl::Status ListDuplicates(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListDuplicatesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, name));
  v1::ListDuplicatesResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  std::string text;
  for (const std::string& duplicate : answer.duplicate_ids()) {
    absl::StrAppend(&text, duplicate, "\n");
  }
  context.Show(answer, text.empty() ? "nobody of the same name and day of birth\n" : text);
  return absl::OkStatus();
}

void DeclareMerge(CLI::App& command, OneMergeOptions& options) {
  command.add_option("MERGE", options.merge, "txn_…")->required();
}

}  // namespace
}  // namespace merge_commands

void AddMergeCommands(CLI::App& family, Context& context) {
  using namespace merge_commands;
  AddCommand<MemberName>(
      family, context, "duplicates", "Who may be the same person as a member",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); },
      ListDuplicates);
  AddCommand<MergeOptions>(
      family, context, "merge", "Make a duplicate part of another member",
      [](CLI::App& command, MergeOptions& options) {
        command.add_option("DUPLICATE", options.duplicate, "Who becomes part of the other")
            ->required();
        command.add_option("SURVIVOR", options.survivor, "Who remains")->required();
        command.add_option("--source", options.source, "What it came from, such as \"case 4711\"");
        command.add_flag("--dry-run", options.dry_run, "Say what would go over, and do nothing");
      },
      MergeTwo);
  AddCommand<OneMergeOptions>(
      family, context, "unmerge", "Make them two again, as long as that is exact",
      [](CLI::App& command, OneMergeOptions& options) {
        DeclareMerge(command, options);
        command.add_flag("--dry-run", options.dry_run, "Say what would go back, and do nothing");
      },
      Unmerge);
  AddCommand<MemberName>(
      family, context, "merges", "Who was merged into a member",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); },
      ListMerges);
  AddCommand<OneMergeOptions>(family, context, "show-merge", "A merge, and whether it was undone",
                              DeclareMerge, ShowMerge);
}

}  // namespace gratis::cli
