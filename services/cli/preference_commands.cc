#include <utility>

#include "common/status/macros.h"
#include "gratis/members/v1/preferences.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/member_name.h"
#include "services/cli/preference_words.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace preference_commands {
namespace {

namespace v1 = members::v1;

struct PreferOptions {
  MemberName member;
  std::vector<std::string> set;
  std::vector<std::string> clear;
  bool dry_run = false;
};

absl::Status Show(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetPreferencesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, name));
  v1::GetPreferencesResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table({{"what"}, {"they like"}, {"since"}});
  for (const v1::KeptPreference& kept : answer.preferences()) {
    table.Add({kept.preference().key(), PreferenceValueText(kept.preference()),
               FormatTime(kept.set_at())});
  }
  context.Show(answer, table.empty() ? "nothing in particular" : table.ToString());
  return absl::OkStatus();
}

void DeclarePrefer(CLI::App& command, PreferOptions& options) {
  DeclareMember(command, options.member, "MEMBER");
  command
      .add_option("PREFERENCE", options.set,
                  "seat=window; with its kind: size:number=41, wrap:flag=yes, seat:choice=aisle, "
                  "wedding:day=2027-06-12")
      ->type_name("KEY[:KIND]=VALUE");
  command.add_option("--clear", options.clear, "Forget these")->delimiter(',')->type_name("KEY,…");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
  command.footer("no_celebrations=yes: no birthday gift is given.");
}

// With the member named by an option, the first preference stands where a name would.
void SortOut(PreferOptions& options) {
  MemberName named = options.member;
  named.any.clear();
  if (named.empty() || options.member.any.empty()) return;
  options.set.insert(options.set.begin(), std::exchange(options.member.any, {}));
}

absl::Status Prefer(Context& context, const PreferOptions& given) {
  PreferOptions options = given;
  SortOut(options);
  v1::SetPreferencesRequest request;
  for (const std::string& text : options.set) {
    ASSIGN_OR_RETURN(*request.add_set(), ParsePreference(text, "PREFERENCE"));
  }
  for (const std::string& key : options.clear) request.add_clear(key);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::SetPreferencesResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Counted(answer.preferences(), "preference", "preferences"));
  return absl::OkStatus();
}

}  // namespace
}  // namespace preference_commands

void AddPreferenceCommands(CLI::App& member, Context& context) {
  using namespace preference_commands;
  AddCommand<MemberName>(
      member, context, "preferences", "Show what a member likes",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); }, Show);
  AddCommand<PreferOptions>(member, context, "prefer", "Keep what a member likes, or forget it",
                            DeclarePrefer, Prefer);
}

}  // namespace gratis::cli
