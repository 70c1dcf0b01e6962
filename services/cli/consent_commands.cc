#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/consents.pb.h"
#include "services/cli/command.h"
#include "services/cli/consent_words.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace consent_commands {
namespace {

namespace v1 = members::v1;

struct ShowOptions {
  MemberName member;
  bool history = false;
  PageOptions page;
};

struct SayOptions {
  MemberName member;
  std::vector<std::string> granted;
  std::vector<std::string> withdrawn;
  bool objects = false;
  std::string source;
  std::string wording;
  std::string at;
  bool dry_run = false;
};

Table ConsentTable(bool with_record) {
  std::vector<Table::Column> columns = {{"what"}, {"said"}, {"when"}, {"how"}, {"wording"}};
  if (with_record) {
    columns.push_back({"recorded"});
    columns.push_back({"by"});
  }
  return Table(std::move(columns));
}

std::vector<std::string> Cells(const v1::Consent& consent) {
  std::string said = EnumWords(consent, "state");
  if (consent.objection()) absl::StrAppend(&said, " (objection)");
  return {MatterText(consent.purpose(), consent.channel()), std::move(said),
          FormatTime(consent.decided_at()), EnumWords(consent, "source"),
          consent.wording_version()};
}

absl::Status ShowHistory(Context& context, Engine& engine, const ShowOptions& options,
                         const std::string& member) {
  v1::ListConsentHistoryRequest request;
  request.set_member_id(member);
  v1::ListConsentHistoryResponse all;
  RETURN_IF_ERROR(ReadPages(context, engine, options.page, request, all,
                            [](auto& answer) { return answer.mutable_records(); }));
  Table table = ConsentTable(true);
  for (const v1::ConsentRecord& record : all.records()) {
    std::vector<std::string> cells = Cells(record.consent());
    cells.push_back(FormatTime(record.recorded_at()));
    cells.push_back(record.actor());
    table.Add(std::move(cells));
  }
  context.Show(all, table.empty() ? "they were never asked for anything" : table.ToString());
  return absl::OkStatus();
}

absl::Status Show(Context& context, const ShowOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const std::string member, ResolveMember(context, *engine, options.member));
  if (options.history) return ShowHistory(context, *engine, options, member);
  v1::GetConsentsRequest request;
  request.set_member_id(member);
  v1::GetConsentsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table = ConsentTable(false);
  for (const v1::Consent& consent : answer.consents().consents()) table.Add(Cells(consent));
  context.Show(answer.consents(),
               table.empty() ? "they were never asked for anything" : table.ToString());
  return absl::OkStatus();
}

// What both kinds of request say alike.
template <class Request>
absl::Status Begin(Context& context, const SayOptions& options, Request& request) {
  ASSIGN_OR_RETURN(const v1::ConsentSource source, ParseConsentSource(options.source, "--source"));
  request.set_source(source);
  if (!options.at.empty()) {
    ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> at,
                     TimeUnlessNow(context, options.at, "--at", DayAs::kNoon));
    if (at) *request.mutable_decided_at() = *at;
  }
  request.set_validate_only(options.dry_run);
  return absl::OkStatus();
}

template <class Response, class Request>
absl::Status Send(Context& context, const SayOptions& options, Request request) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_request_id(context.RequestId());
  Response answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, options.dry_run ? "nothing stands in the way" : answer.transaction_id());
  return absl::OkStatus();
}

absl::Status Say(Context& context, const SayOptions& options) {
  const bool decides = !options.granted.empty() || !options.withdrawn.empty();
  if (decides == options.objects) {
    return UsageError("--grant",
                      "say what they said: --grant, --withdraw, or --object to everything");
  }
  if (options.objects) {
    v1::RecordObjectionRequest request;
    RETURN_IF_ERROR(Begin(context, options, request));
    return Send<v1::RecordObjectionResponse>(context, options, request);
  }
  v1::RecordConsentRequest request;
  RETURN_IF_ERROR(Begin(context, options, request));
  for (const std::string& matter : options.granted) {
    ASSIGN_OR_RETURN(*request.add_decisions(),
                     ParseMatter(matter, v1::CONSENT_STATE_GRANTED, "--grant"));
  }
  for (const std::string& matter : options.withdrawn) {
    ASSIGN_OR_RETURN(*request.add_decisions(),
                     ParseMatter(matter, v1::CONSENT_STATE_WITHDRAWN, "--withdraw"));
  }
  request.set_wording_version(options.wording);
  return Send<v1::RecordConsentResponse>(context, options, request);
}

void DeclareSay(CLI::App& command, SayOptions& options) {
  DeclareMember(command, options.member, "MEMBER");
  command
      .add_option("--grant", options.granted, "What they said yes to: marketing/email,surveys/sms")
      ->delimiter(',')
      ->type_name("PURPOSE[/CHANNEL],…");
  command
      .add_option("--withdraw", options.withdrawn,
                  "What they said no to; without a channel, to all channels")
      ->delimiter(',')
      ->type_name("PURPOSE[/CHANNEL],…");
  command.add_flag("--object", options.objects,
                   "They object: everything ends at once, profiling with marketing");
  command.add_option("--source", options.source, "How they said it: " + ConsentSourceNames())
      ->required();
  command.add_option("--wording", options.wording, "Which words they were shown: 2026-05/de");
  command.add_option("--at", options.at,
                     absl::StrCat("When they said it: ", kTimeWords, "; now if left out"));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
  command.footer(
      "Purposes: marketing and surveys, by channel (email, sms, post, push, phone, staff);\n"
      "profiling and third-parties, which have none. Birthday gifts and points need no consent.");
}

}  // namespace
}  // namespace consent_commands

void AddConsentCommands(CLI::App& member, Context& context) {
  using namespace consent_commands;
  AddCommand<ShowOptions>(
      member, context, "consents", "Show what a member said yes and no to",
      [](CLI::App& command, ShowOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_flag("--history", options.history, "All they ever said, the last first");
        DeclarePages(command, options.page);
      },
      Show);
  AddCommand<SayOptions>(member, context, "consent", "Keep what a member says yes or no to",
                         DeclareSay, Say);
}

}  // namespace gratis::cli
