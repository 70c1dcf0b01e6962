#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/policy.pb.h"
#include "gratis/members/v1/standing.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace member_change_commands {
namespace {

// A value that may be given empty, to forget what was known.
struct Value {
  std::string text;
  CLI::Option* option = nullptr;

  void Declare(CLI::App& command, const std::string& name, const std::string& about) {
    option = command.add_option(name, text, about);
  }
  bool given() const { return option->count() > 0; }
};

struct UpdateOptions {
  MemberName member;
  Value email, phone, name, birthday, time_zone, language, acquisition_source, home_store;
  std::vector<std::string> added, removed;
  bool dry_run = false;
};

void DeclareUpdate(CLI::App& command, UpdateOptions& options) {
  command
      .add_option("MEMBER", options.member.any,
                  "Who: mem_…, source:id, an e-mail address, or a phone number")
      ->required();
  options.email.Declare(command, "--email", "Their e-mail address; \"\" forgets it");
  options.phone.Declare(command, "--phone", "Their phone number; \"\" forgets it");
  options.name.Declare(command, "--name", "The name they like to be greeted by");
  options.birthday.Declare(command, "--birthday", "MM-DD; or YYYY-MM-DD, never required");
  options.time_zone.Declare(command, "--time-zone", "Where they live: Europe/Zurich");
  options.language.Declare(command, "--language", "What they read: de-CH");
  options.acquisition_source.Declare(command, "--acquisition-source",
                                     "How they came to the program: friend");
  options.home_store.Declare(command, "--home-store", "The store they call theirs");
  command.add_option("--add-external-id", options.added, "One more id in another system")
      ->type_name("SOURCE:ID");
  command.add_option("--remove-external-id", options.removed, "An id in another system to give up")
      ->type_name("SOURCE:ID");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::StatusOr<members::v1::UpdateMemberRequest> ToRequest(const UpdateOptions& options) {
  members::v1::UpdateMemberRequest request;
  members::v1::Profile& profile = *request.mutable_profile();
  const auto set = [&](const Value& value, const char* field, std::string* place) {
    if (!value.given()) return;
    request.mutable_update_mask()->add_paths(field);
    *place = value.text;
  };
  set(options.email, "email", profile.mutable_email());
  set(options.phone, "phone", profile.mutable_phone());
  set(options.name, "greeting_name", profile.mutable_greeting_name());
  set(options.time_zone, "time_zone", profile.mutable_time_zone());
  set(options.language, "language", profile.mutable_language());
  set(options.acquisition_source, "acquisition_source", profile.mutable_acquisition_source());
  set(options.home_store, "home_store", profile.mutable_home_store());
  if (options.birthday.given()) request.mutable_update_mask()->add_paths("birthday");
  if (!options.birthday.text.empty()) {
    absl::StatusOr<Birthday> birthday = ParseBirthday(options.birthday.text);
    if (!birthday.ok()) return AsUsage(birthday.status(), "--birthday");
    *profile.mutable_birthday() = ToProto(*birthday);
  }
  const auto add = [](const char* option, const std::vector<std::string>& ids,
                      auto& list) -> absl::Status {
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(auto parts, SplitSourceAndId(option, id));
      members::v1::ExternalId& added = *list.Add();
      added.set_source(parts.first);
      added.set_id(parts.second);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(add("--add-external-id", options.added, *request.mutable_add_external_ids()));
  RETURN_IF_ERROR(
      add("--remove-external-id", options.removed, *request.mutable_remove_external_ids()));
  if (request.update_mask().paths().empty() && options.added.empty() && options.removed.empty()) {
    return UsageError("MEMBER", "say what changes, as in --email ann@example.com");
  }
  return request;
}

absl::Status Update(Context& context, const UpdateOptions& options) {
  ASSIGN_OR_RETURN(members::v1::UpdateMemberRequest request, ToRequest(options));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  members::v1::UpdateMemberResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const std::string changed = absl::StrJoin(answer.changed_fields(), ", ");
  context.Show(answer, changed.empty()   ? "nothing: all of it was so already"
                       : options.dry_run ? absl::StrCat("would change: ", changed)
                                         : absl::StrCat("changed: ", changed));
  return absl::OkStatus();
}

struct StateOptions {
  MemberName member;
  std::string state;
  std::string source;
  bool dry_run = false;
};

absl::Status SetState(Context& context, const StateOptions& options) {
  members::v1::SetMemberStateRequest request;
  members::v1::MemberState state = members::v1::MEMBER_STATE_UNSPECIFIED;
  std::string name = absl::AsciiStrToUpper(options.state);
  for (char& c : name) c = c == '-' ? '_' : c;
  if (!members::v1::MemberState_Parse("MEMBER_STATE_" + name, &state)) {
    return UsageError("STATE", "one of active, suspended, earn-only, restricted, deceased");
  }
  request.set_state(state);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_source(options.source);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  members::v1::SetMemberStateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("state", EnumWords(answer, "state"))
                           .Line("before", EnumWords(answer, "previous_state"))
                           .ToString());
  return absl::OkStatus();
}

struct LeaveOptions {
  MemberName member;
  std::string why;
  bool dry_run = false;
};

absl::Status Close(Context& context, const LeaveOptions& options) {
  members::v1::CloseMemberRequest request;
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_leaving_answer(options.why);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  members::v1::CloseMemberResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("state", options.dry_run ? "as before; this would be lost:" : "closed");
  for (const auto& lost : answer.lost()) card.Line(lost.unit(), Grouped(lost.points()));
  card.Line("vouchers", Grouped(answer.lost_vouchers()))
      .Line("holds released", Grouped(answer.released_holds()));
  for (const auto& left : answer.left_with_groups()) {
    card.Line(absl::StrCat("stays with ", left.group_id()),
              absl::StrCat(Grouped(left.points()), " ", left.unit()));
  }
  if (options.dry_run) {
    card.Line("take it along", absl::StrCat("gratis member export ", request.member_id()));
  }
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

absl::Status Reopen(Context& context, const LeaveOptions& options) {
  members::v1::ReopenMemberRequest request;
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  members::v1::ReopenMemberResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card().Line("state", EnumWords(answer, "state")).ToString());
  return absl::OkStatus();
}

struct PolicyOptions {
  Value default_region;
  bool dry_run = false;
};

std::string Describe(const members::v1::MembersPolicy& policy) {
  return Card()
      .Line("default region", policy.default_region().empty()
                                  ? "none: phone numbers need their country code"
                                  : policy.default_region())
      .Line("version",
            policy.version() == 0 ? "0, as every program starts" : absl::StrCat(policy.version()))
      .ToString();
}

absl::Status ShowPolicy(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  members::v1::GetMembersPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, members::v1::GetMembersPolicyRequest(), answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

absl::Status SetPolicy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  members::v1::GetMembersPolicyResponse in_force;
  RETURN_IF_ERROR(context.Call(*engine, members::v1::GetMembersPolicyRequest(), in_force));
  members::v1::SetMembersPolicyRequest request;
  *request.mutable_policy() = in_force.policy();
  request.mutable_policy()->clear_version();
  if (options.default_region.given()) {
    request.mutable_policy()->set_default_region(options.default_region.text);
  }
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  members::v1::SetMembersPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

void DeclareDryRun(CLI::App& command, bool& dry_run) {
  command.add_flag("--dry-run", dry_run, "Say what would be done, and do nothing");
}

void AddPolicyCommands(CLI::App& family, Context& context) {
  CLI::App& policy = *family.add_subcommand("policy", "How the program deals with members' data");
  policy.require_subcommand(1);
  AddCommand(policy, context, "show", "Show the policy in force", ShowPolicy);
  AddCommand<PolicyOptions>(
      policy, context, "set", "Change what is named, from now on; the rest stays",
      [](CLI::App& command, PolicyOptions& options) {
        options.default_region.Declare(
            command, "--default-region",
            "Where phone numbers without a country code are from: CH; \"\" for nowhere");
        DeclareDryRun(command, options.dry_run);
      },
      SetPolicy);
}

}  // namespace
}  // namespace member_change_commands

void AddMemberChangeCommands(CLI::App& family, Context& context) {
  using namespace member_change_commands;
  AddCommand<UpdateOptions>(family, context, "update",
                            "Change what is known of a member; what is not named stays",
                            DeclareUpdate, Update);
  AddCommand<StateOptions>(
      family, context, "state", "Suspend a member, make them active again, and so on",
      [](CLI::App& command, StateOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command
            .add_option("STATE", options.state,
                        "active, suspended, earn-only, restricted or deceased")
            ->required();
        command.add_option("--source", options.source,
                           "What it came from, without personal data: \"case 4711\"");
        DeclareDryRun(command, options.dry_run);
      },
      SetState);
  AddCommand<LeaveOptions>(
      family, context, "close", "Let a member leave; --dry-run tells first what they would lose",
      [](CLI::App& command, LeaveOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--why", options.why, "What they answer, if they care to say");
        DeclareDryRun(command, options.dry_run);
      },
      Close);
  AddCommand<LeaveOptions>(
      family, context, "reopen", "Take a member who left back in",
      [](CLI::App& command, LeaveOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclareDryRun(command, options.dry_run);
      },
      Reopen);
  AddPolicyCommands(family, context);
}

}  // namespace gratis::cli
