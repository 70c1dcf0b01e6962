#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

struct PostOptions {
  MemberName member;
  std::vector<std::string> words;  // [MEMBER] POINTS
  std::string source;
  std::string effective_at;
  bool dry_run = false;
};

struct StatementOptions {
  MemberName member;
  PageOptions page{.limit = 50, .page_token = ""};
};

void DeclarePost(CLI::App& command, PostOptions& options) {
  command.add_option("WHO-AND-POINTS", options.words, "MEMBER POINTS; POINTS alone with --email …")
      ->required()
      ->expected(1, 2)
      ->type_name("");
  DeclareMember(command, options.member, "");
  command.add_option("--source", options.source, "Why, in your words; no personal data");
  command.add_option("--at", options.effective_at,
                     "When it took effect: YYYY-MM-DD or RFC 3339; now if left out");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

// Earning and spending are asked for in the same words.
template <class Request, class Response>
absl::Status Post(Context& context, const PostOptions& options, std::string_view done) {
  Request request;
  int64_t points = 0;
  if (!absl::SimpleAtoi(options.words.back(), &points)) {
    return UsageError(
        "POINTS", absl::StrCat("\"", options.words.back(), "\" is not a whole number of points"));
  }
  MemberName member = options.member;
  if (options.words.size() == 2) member.any = options.words.front();
  if (!options.effective_at.empty()) {
    absl::StatusOr<absl::Time> time = ParseTime(options.effective_at, absl::UTCTimeZone());
    if (!time.ok()) return AsUsage(time.status(), "--at");
    *request.mutable_effective_at() = ToProto(*time);
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, member));
  request.set_request_id(context.RequestId());
  request.set_points(points);
  request.set_source(options.source);
  request.set_validate_only(options.dry_run);
  Response answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line(options.dry_run ? "would be" : std::string(done), Grouped(points))
                           .Line("available", Grouped(answer.available_points()))
                           .Line("transaction", answer.transaction_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status Earn(Context& context, const PostOptions& options) {
  return Post<ledger::v1::EarnRequest, ledger::v1::EarnResponse>(context, options, "earned");
}

absl::Status Spend(Context& context, const PostOptions& options) {
  return Post<ledger::v1::SpendRequest, ledger::v1::SpendResponse>(context, options, "spent");
}

absl::Status Balance(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetBalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, name));
  ledger::v1::GetBalanceResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("available", Grouped(answer.available_points()))
                           .Line("as of", FormatTime(answer.read_at()))
                           .ToString());
  return absl::OkStatus();
}

// What an entry did to the member's points: "+120", "-50", or nothing.
std::string Change(const ledger::v1::Entry& entry) {
  if (entry.points() == 0) return "";
  const bool in = entry.credit() == ledger::v1::ACCOUNT_AVAILABLE;
  return absl::StrCat(in ? "+" : "-", Grouped(entry.points()));
}

absl::Status Statement(Context& context, const StatementOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ListEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  ledger::v1::ListEntriesResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](ledger::v1::ListEntriesResponse& answer) { return answer.mutable_entries(); }));
  Table table({{"WHEN"},
               {"WHAT"},
               {"POINTS", Table::Align::kRight},
               {"AVAILABLE", Table::Align::kRight},
               {"SOURCE"}});
  for (const ledger::v1::Entry& entry : all.entries()) {
    table.Add({FormatTime(entry.effective_at()), EnumWords(entry, "kind"), Change(entry),
               entry.has_available_points() ? Grouped(entry.available_points()) : "",
               entry.source()});
  }
  std::string text = table.ToString();
  if (!all.next_page_token().empty()) {
    absl::StrAppend(&text, "… more: --page-token ", all.next_page_token(), "\n");
  }
  context.Show(all, text);
  return absl::OkStatus();
}

}  // namespace

void AddPointsCommands(CLI::App& app, Context& context) {
  CLI::App& family = *app.add_subcommand("points", "Points: earn, spend, balance, statement");
  family.require_subcommand(1);
  AddCommand<PostOptions>(family, context, "earn", "Give a member points", DeclarePost, Earn);
  AddCommand<PostOptions>(family, context, "spend", "Take points that a member spends", DeclarePost,
                          Spend);
  AddCommand<MemberName>(
      family, context, "balance", "What a member has to spend",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); }, Balance);
  AddCommand<StatementOptions>(
      family, context, "statement", "Everything that happened to a member, newest first",
      [](CLI::App& command, StatementOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.page);
      },
      Statement);
}

}  // namespace gratis::cli
