#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/members.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/segment_words.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace member_commands {
namespace {

struct EnrollOptions {
  std::vector<std::string> external_ids;
  std::string email;
  std::string phone;
  std::string name;
  std::string birthday;
  std::string time_zone;
  std::string language;
  std::string acquisition_source;
  std::string home_store;
  std::string enrolled_at;
  bool dry_run = false;
};

void DeclareEnroll(CLI::App& command, EnrollOptions& options) {
  command.add_option("--external-id", options.external_ids, "Their id in another system")
      ->type_name("SOURCE:ID");
  command.add_option("--email", options.email, "Their e-mail address");
  command.add_option("--phone", options.phone, "Their phone number");
  command.add_option("--name", options.name, "The name they like to be greeted by");
  command.add_option("--birthday", options.birthday, "MM-DD; or YYYY-MM-DD, never required");
  command.add_option("--time-zone", options.time_zone, "Where they live: Europe/Zurich");
  command.add_option("--language", options.language, "What they read: de-CH");
  command.add_option("--acquisition-source", options.acquisition_source,
                     "How they came to the program: friend");
  command.add_option("--home-store", options.home_store, "The store they call theirs");
  command.add_option("--enrolled-at", options.enrolled_at,
                     absl::StrCat("When they became a member: ", kTimeWords, "; now if left out"));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::StatusOr<members::v1::Profile> ToProfile(const EnrollOptions& options) {
  members::v1::Profile profile;
  for (const std::string& external_id : options.external_ids) {
    ASSIGN_OR_RETURN(auto parts, SplitSourceAndId("--external-id", external_id));
    profile.add_external_ids()->set_source(parts.first);
    profile.mutable_external_ids()->rbegin()->set_id(parts.second);
  }
  profile.set_email(options.email);
  profile.set_phone(options.phone);
  profile.set_greeting_name(options.name);
  profile.set_time_zone(options.time_zone);
  profile.set_language(options.language);
  profile.set_acquisition_source(options.acquisition_source);
  profile.set_home_store(options.home_store);
  if (!options.birthday.empty()) {
    absl::StatusOr<Birthday> birthday = ParseBirthday(options.birthday);
    if (!birthday.ok()) return AsUsage(birthday.status(), "--birthday");
    *profile.mutable_birthday() = ToProto(*birthday);
  }
  return profile;
}

absl::Status Enroll(Context& context, const EnrollOptions& options) {
  members::v1::EnrollMemberRequest request;
  ASSIGN_OR_RETURN(*request.mutable_profile(), ToProfile(options));
  if (!options.enrolled_at.empty()) {
    ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> at,
                     TimeUnlessNow(context, options.enrolled_at, "--enrolled-at", DayAs::kNoon));
    if (at) *request.mutable_enrolled_at() = *at;
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  members::v1::EnrollMemberResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, options.dry_run ? "nothing stands in the way" : answer.member_id());
  return absl::OkStatus();
}

absl::Status ShowOne(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  members::v1::GetMemberRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, name));
  members::v1::GetMemberResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const members::v1::Member& member = answer.member();
  const members::v1::Profile& profile = member.profile();
  Card card;
  card.Line("member", member.member_id()).Line("name", profile.greeting_name());
  for (const auto& id : profile.external_ids()) {
    card.Line("external id", absl::StrCat(id.source(), ":", id.id()));
  }
  card.Line("e-mail", profile.email())
      .Line("phone", profile.phone())
      .Line("birthday", profile.has_birthday() ? FormatBirthday(profile.birthday()) : "")
      .Line("time zone", profile.time_zone())
      .Line("language", profile.language())
      .Line("came by", profile.acquisition_source())
      .Line("home store", profile.home_store())
      .Line("member since", FormatTime(member.enrolled_at()))
      .Line("state", EnumWords(member, "state"))
      .Line("birthday corrected", FormatTime(member.birthday_changed_at()))
      .Line("when they left", member.leaving_answer());
  for (const auto& mark : member.segments()) card.Line("in segment", SegmentText(mark));
  context.Show(member, card.ToString());
  return absl::OkStatus();
}

absl::Status Find(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(const members::v1::IdentifyMemberRequest request, ToIdentifyRequest(name));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  members::v1::IdentifyMemberResponse answer;
  RETURN_IF_ERROR(IfNobody(context.Call(*engine, request, answer)));
  context.Show(answer, Card()
                           .Line("member", answer.member_id())
                           .Line("name", answer.greeting_name())
                           .Line("state", EnumWords(answer, "state"))
                           .ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace member_commands

void AddMemberCommands(CLI::App& app, Context& context) {
  using namespace member_commands;
  CLI::App& family = *app.add_subcommand("member",
                                         "Members: enroll, show, find, update, state, close, "
                                         "reopen, export, erase, policy, tier, identify and more");
  family.require_subcommand(1);
  AddCommand<EnrollOptions>(family, context, "enroll",
                            "Make someone a member, by at least one identifier", DeclareEnroll,
                            Enroll);
  AddCommand<MemberName>(
      family, context, "show", "Show what is known of a member",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); }, ShowOne);
  AddCommand<MemberName>(
      family, context, "find", "Find the member that all the identifiers given belong to",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "WHO"); }, Find);
  AddBriefCommands(family, context);
  AddProofCommands(family, context);
  AddExportCommand(family, context);
  AddEraseCommands(family, context);
  AddMergeCommands(family, context);
  AddMemberChangeCommands(family, context);
  AddTierCommand(family, context);
  AddConsentCommands(family, context);
  AddPreferenceCommands(family, context);
  AddSegmentCommands(family, context);
}

}  // namespace gratis::cli
