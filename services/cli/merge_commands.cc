#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
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

struct DuplicatesOptions {
  MemberName member;
  bool dismissed = false;
  PageOptions page;
};

struct DismissOptions {
  std::string one;
  std::string other;
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

const char* ReasonWord(int reason) {
  switch (reason) {
    case v1::DUPLICATE_REASON_PHONE:
      return "phone";
    case v1::DUPLICATE_REASON_EMAIL:
      return "e-mail";
    case v1::DUPLICATE_REASON_CARD:
      return "card";
    case v1::DUPLICATE_REASON_EXTERNAL_ID:
      return "external id";
    case v1::DUPLICATE_REASON_NAME_AND_BIRTHDAY:
      return "name and birthday";
    default:
      return "something else";
  }
}

// What both messages have in common.
template <class Seen>
std::vector<std::string> SeenCells(const Seen& seen) {
  const std::string reasons = absl::StrJoin(
      seen.reasons(), ", ", [](std::string* out, int reason) { out->append(ReasonWord(reason)); });
  return {reasons, Grouped(seen.times_seen()), FormatTime(seen.last_seen()),
          FormatTime(seen.dismissed_at())};
}

absl::Status ListDuplicatesOf(Context& context, const DuplicatesOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListDuplicatesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_include_dismissed(options.dismissed);
  v1::ListDuplicatesResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table(
      {{"MEMBER"}, {"SHARES"}, {"SEEN", Table::Align::kRight}, {"LAST SEEN"}, {"DISMISSED"}});
  for (const v1::Duplicate& duplicate : answer.duplicates()) {
    std::vector<std::string> cells = SeenCells(duplicate);
    cells.insert(cells.begin(), duplicate.member_id());
    table.Add(std::move(cells));
  }
  context.Show(answer, table.empty()
                           ? "nobody was taken for them, or has their name and day of birth\n"
                           : absl::StrCat(table.ToString(),
                                          answer.more() ? "there are more than these\n" : ""));
  return absl::OkStatus();
}

absl::Status ListDuplicates(Context& context, const DuplicatesOptions& options) {
  if (!options.member.empty()) return ListDuplicatesOf(context, options);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListProposedMergesRequest request;
  request.set_include_dismissed(options.dismissed);
  v1::ListProposedMergesResponse answer;
  RETURN_IF_ERROR(ReadPages(
      context, *engine, options.page, request, answer,
      [](v1::ListProposedMergesResponse& page) { return page.mutable_proposed_merges(); }));
  Table table({{"MEMBER"},
               {"OTHER"},
               {"SHARE"},
               {"SEEN", Table::Align::kRight},
               {"LAST SEEN"},
               {"DISMISSED"}});
  for (const v1::ProposedMerge& pair : answer.proposed_merges()) {
    std::vector<std::string> cells = SeenCells(pair);
    cells.insert(cells.begin(), pair.member_ids().begin(), pair.member_ids().end());
    table.Add(std::move(cells));
  }
  context.Show(answer, table.empty()
                           ? "nobody was taken for somebody else\n"
                           : absl::StrCat(table.ToString(), MoreAt(answer.next_page_token())));
  return absl::OkStatus();
}

absl::Status DismissDuplicate(Context& context, const DismissOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::DismissDuplicateRequest request;
  request.set_request_id(context.RequestId());
  for (const std::string& who : {options.one, options.other}) {
    ASSIGN_OR_RETURN(*request.add_member_ids(), Named(context, *engine, who));
  }
  request.set_validate_only(options.dry_run);
  v1::DismissDuplicateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, options.dry_run ? "nothing stands in the way\n"
                                       : "they are two, and not proposed any more\n");
  return absl::OkStatus();
}

void DeclareMerge(CLI::App& command, OneMergeOptions& options) {
  command.add_option("MERGE", options.merge, "txn_…")->required();
}

}  // namespace
}  // namespace merge_commands

void AddMergeCommands(CLI::App& family, Context& context) {
  using namespace merge_commands;
  AddCommand<DuplicatesOptions>(
      family, context, "duplicates",
      "Who may be the same person as a member; without one, who was taken for whom in the program",
      [](CLI::App& command, DuplicatesOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_flag("--dismissed", options.dismissed, "Also those who were said to be two");
        DeclarePages(command, options.page);
      },
      ListDuplicates);
  AddCommand<DismissOptions>(
      family, context, "dismiss-duplicate", "Say that two members are two persons",
      [](CLI::App& command, DismissOptions& options) {
        command.add_option("MEMBER", options.one, "One of the two")->required();
        command.add_option("OTHER", options.other, "The other")->required();
        command.add_flag("--dry-run", options.dry_run,
                         "Say whether it can be done, and do nothing");
      },
      DismissDuplicate);
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
