#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/audit.pb.h"
#include "services/cli/act_change.h"
#include "services/cli/command.h"
#include "services/cli/entry_kinds.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace audit_command {
namespace {

namespace v1 = ledger::v1;

struct AuditOptions {
  PageOptions pages;
  std::string actor;
  std::vector<std::string> kinds;
  std::string from;
  std::string until;
  MemberName member;
};

std::string ActorOf(const v1::Act& act) {
  if (act.actor_label().empty()) return act.entry().actor();
  return absl::StrCat(act.actor_label(), " (", act.entry().actor(), ")");
}

std::string SubjectOf(const v1::Entry& entry) {
  std::vector<std::string> parts;
  if (!entry.member_id().empty()) parts.push_back(entry.member_id());
  if (!entry.source().empty()) parts.push_back(entry.source());
  if (entry.points() != 0)
    parts.push_back(absl::StrCat(Grouped(entry.points()), " ", entry.unit()));
  return absl::StrJoin(parts, ", ");
}

absl::Status Audit(Context& context, const AuditOptions& options) {
  v1::ListActsRequest request;
  request.set_actor(options.actor);
  for (const std::string& word : options.kinds) {
    ASSIGN_OR_RETURN(const v1::EntryKind kind, EntryKindOf(word));
    request.add_kinds(kind);
  }
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_recorded_from(),
                     TimeOf(context, options.from, "--from", DayAs::kBeginning));
  }
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_recorded_until(),
                     TimeOf(context, options.until, "--until", DayAs::kEnd));
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  if (!options.member.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  }
  v1::ListActsResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.pages, request, all,
                            [](v1::ListActsResponse& answer) { return answer.mutable_acts(); }));
  Table table({{"WHEN"}, {"WHO"}, {"FROM"}, {"WHAT"}, {"ABOUT"}, {"CHANGE"}});
  for (const v1::Act& act : all.acts()) {
    const v1::Entry& entry = act.entry();
    table.Add({FormatTime(entry.recorded_at()), ActorOf(act), act.network(), WordOf(entry.kind()),
               SubjectOf(entry), ChangeOf(act.before(), entry.detail())});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace audit_command

void AddAuditCommand(CLI::App& app, Context& context) {
  using namespace audit_command;
  AddCommand<AuditOptions>(
      app, context, "audit", "Who set what, and did what by hand, newest first",
      [](CLI::App& command, AuditOptions& options) {
        DeclarePages(command, options.pages);
        command.add_option("--actor", options.actor, "Only what this key did: key_…");
        command.add_option("--kind", options.kinds,
                           "Only acts of this kind: unit-set, adjusted, …");
        command.add_option("--from", options.from,
                           absl::StrCat("Only what was recorded from then on: ", kTimeWords));
        command.add_option(
            "--until", options.until,
            absl::StrCat("Only what was recorded before then, or on that day: ", kTimeWords));
        command.add_option("--member", options.member.any,
                           "Only what is about this member: mem_…, source:id, an e-mail address, "
                           "or a phone number");
      },
      Audit);
}

}  // namespace gratis::cli
