#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/members/v1/groups.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace group_commands {
namespace {

namespace v1 = members::v1;

constexpr char kDryRun[] = "Say what would be done, and do nothing";

struct CreateOptions {
  std::string kind;
  std::string name;
  bool dry_run = false;
};

struct GroupOptions {
  std::string group;
  bool dry_run = false;
};

struct GroupMemberOptions {
  std::string group;
  MemberName member;
  bool dry_run = false;
};

struct ContributeOptions {
  GroupMemberOptions who;
  int64_t points = 0;
  std::string unit;
};

struct PerksOptions {
  std::string group;
  std::vector<std::string> perks;
  bool none = false;
  bool dry_run = false;
};

struct MembersOptions {
  std::string group;
  PageOptions page;
};

struct ListOptions {
  MemberName member;
  PageOptions page;
};

struct PolicyOptions {
  int32_t organization_percent = -1;
  bool dry_run = false;
};

// "60 points, 2 miles".
template <class Points>
std::string InWords(const Points& points) {
  return absl::StrJoin(points, ", ", [](std::string* out, const v1::GroupPoints& some) {
    absl::StrAppend(out, Grouped(some.points()), " ", some.unit());
  });
}

v1::GroupKind KindOf(const std::string& word) {
  if (word == "household") return v1::GROUP_KIND_HOUSEHOLD;
  if (word == "community") return v1::GROUP_KIND_COMMUNITY;
  return v1::GROUP_KIND_ORGANIZATION;
}

absl::Status Create(Context& context, const CreateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::CreateGroupRequest request;
  request.set_kind(KindOf(options.kind));
  request.set_name(options.name);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::CreateGroupResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, options.dry_run ? "nothing stands in the way" : answer.group_id());
  return absl::OkStatus();
}

// Fills what all requests about a group and a member have.
template <class Request>
absl::Status Fill(Context& context, Engine& engine, const GroupMemberOptions& options,
                  Request& request) {
  request.set_group_id(options.group);
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, engine, options.member));
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  return absl::OkStatus();
}

template <class Request, class Response>
absl::Status Admit(Context& context, const GroupMemberOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  Request request;
  RETURN_IF_ERROR(Fill(context, *engine, options, request));
  Response answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               Card()
                   .Line("member", request.member_id())
                   .Line(options.dry_run ? "would be" : "is", EnumWords(answer, "membership"))
                   .ToString());
  return absl::OkStatus();
}

absl::Status Remove(Context& context, const GroupMemberOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::RemoveGroupMemberRequest request;
  RETURN_IF_ERROR(Fill(context, *engine, options, request));
  v1::RemoveGroupMemberResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const std::string returned = InWords(answer.returned());
  context.Show(answer, Card()
                           .Line(options.dry_run ? "would leave" : "left", request.member_id())
                           .Line("takes along", returned.empty() ? "nothing" : returned)
                           .ToString());
  return absl::OkStatus();
}

absl::Status Contribute(Context& context, const ContributeOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ContributeToGroupRequest request;
  RETURN_IF_ERROR(Fill(context, *engine, options.who, request));
  request.set_points(options.points);
  request.set_unit(options.unit);
  v1::ContributeToGroupResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line(options.who.dry_run ? "would be contributed" : "contributed",
                                 Grouped(options.points))
                           .Line("the household has", Grouped(answer.group_available_points()))
                           .Line("transaction", answer.transaction_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status SetPerks(Context& context, const PerksOptions& options) {
  if (options.perks.empty() != options.none) {
    return UsageError("--perk", "say which perks it has from now on, or --none");
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SetGroupPerksRequest request;
  request.set_group_id(options.group);
  for (const std::string& perk : options.perks) request.add_perks(perk);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::SetGroupPerksResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const auto count = static_cast<int64_t>(options.perks.size());
  context.Show(answer,
               absl::StrCat(options.dry_run ? "its members would have " : "its members have ",
                            Counted(count, "perk", "perks"), "\n"));
  return absl::OkStatus();
}

absl::Status Close(Context& context, const GroupOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::CloseGroupRequest request;
  request.set_group_id(options.group);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::CloseGroupResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line(options.dry_run ? "would be closed" : "closed", options.group);
  for (const auto& returned : answer.returned()) {
    card.Line(absl::StrCat("back to ", returned.member_id()), InWords(returned.points()));
  }
  card.Line("lost", InWords(answer.lost()));
  if (answer.lost_vouchers() > 0) card.Line("lost vouchers", Grouped(answer.lost_vouchers()));
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

absl::Status ShowGroup(Context& context, const GroupOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetGroupRequest request;
  request.set_group_id(options.group);
  v1::GetGroupResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const v1::Group& group = answer.group();
  Card card;
  card.Line("name", group.name())
      .Line("kind", EnumWords(group, "kind"))
      .Line("since", FormatTime(group.created_at()))
      .Line("closed", group.closed() ? "yes" : "");
  for (const std::string& perk : group.perks()) card.Line("perk", perk);
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

absl::Status ListMembers(Context& context, const MembersOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListGroupMembersRequest request;
  request.set_group_id(options.group);
  v1::ListGroupMembersResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](v1::ListGroupMembersResponse& answer) { return answer.mutable_members(); }));
  Table table({{"MEMBER"}, {"MEMBERSHIP"}, {"SINCE"}, {"LEFT OF THEIRS"}});
  for (const auto& member : all.members()) {
    table.Add({member.member_id(), EnumWords(member, "membership"), FormatTime(member.since()),
               InWords(member.contributed())});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListGroupsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  v1::ListGroupsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](v1::ListGroupsResponse& answer) { return answer.mutable_groups(); }));
  Table table({{"GROUP"}, {"KIND"}, {"NAME"}, {"MEMBERSHIP"}, {"SINCE"}, {"PERKS"}});
  for (const auto& entry : all.groups()) {
    const v1::Group& group = entry.group();
    table.Add({group.group_id(), EnumWords(group, "kind"), group.name(),
               EnumWords(entry, "membership"), FormatTime(entry.since()),
               absl::StrJoin(group.perks(), "; ")});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

std::string ShareText(int32_t organization_percent, int32_t version) {
  return Card()
      .Line("an organization earns", absl::StrCat(organization_percent, "%"))
      .Line("who buys for it earns", absl::StrCat(100 - organization_percent, "%"))
      .Line("version", absl::StrCat(version))
      .ToString();
}

absl::Status WhoEarns(Context& context, const GroupMemberOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::WhoEarnsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_organization_id(options.group);
  v1::WhoEarnsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, ShareText(answer.organization_percent(), answer.policy_version()));
  return absl::OkStatus();
}

// Shows the policy, or sets it.
absl::Status Policy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GroupsPolicy policy;
  if (options.organization_percent < 0) {
    v1::GetGroupsPolicyResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, v1::GetGroupsPolicyRequest(), answer));
    policy = answer.policy();
  } else {
    v1::SetGroupsPolicyRequest request;
    request.mutable_policy()->set_organization_percent(options.organization_percent);
    request.set_request_id(context.RequestId());
    request.set_validate_only(options.dry_run);
    v1::SetGroupsPolicyResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, request, answer));
    policy = answer.policy();
  }
  context.Show(policy, ShareText(policy.organization_percent(), policy.version()));
  return absl::OkStatus();
}

void DeclareGroup(CLI::App& command, std::string& group) {
  command.add_option("GROUP", group, "The group: mem_…")->required();
}

void DeclareGroupMember(CLI::App& command, GroupMemberOptions& options) {
  DeclareGroup(command, options.group);
  DeclareMember(command, options.member, "MEMBER");
  command.add_flag("--dry-run", options.dry_run, kDryRun);
}

void DeclareCreate(CLI::App& command, CreateOptions& options) {
  command.add_option("KIND", options.kind, "household, community or organization")
      ->required()
      ->check(CLI::IsMember({"household", "community", "organization"}));
  command.add_option("NAME", options.name, "What it is called: \"The Kellers\"")->required();
  command.add_flag("--dry-run", options.dry_run, kDryRun);
}

void DeclareContribute(CLI::App& command, ContributeOptions& options) {
  DeclareGroupMember(command, options.who);
  command.add_option("--points", options.points, "How many")->required();
  command.add_option("--unit", options.unit, "The unit's code; points if left out");
}

void DeclarePerks(CLI::App& command, PerksOptions& options) {
  DeclareGroup(command, options.group);
  CLI::Option* perks =
      command.add_option("--perk", options.perks, "One, in words; may be repeated");
  command.add_flag("--none", options.none, "It has none from now on")->excludes(perks);
  command.add_flag("--dry-run", options.dry_run, kDryRun);
}

void DeclarePolicy(CLI::App& command, PolicyOptions& options) {
  command
      .add_option("--organization-percent", options.organization_percent,
                  "So much of what is bought for an organization it earns itself")
      ->check(CLI::Range(0, 100));
  command.add_flag("--dry-run", options.dry_run, kDryRun);
}

}  // namespace
}  // namespace group_commands

void AddGroupCommands(CLI::App& app, Context& context) {
  using namespace group_commands;
  CLI::App& family = *app.add_subcommand(
      "group", "Households, communities and organizations: create, add, remove, contribute, show");
  family.require_subcommand(1);
  AddCommand<CreateOptions>(family, context, "create", "Open a group", DeclareCreate, Create);
  AddCommand<GroupMemberOptions>(
      family, context, "invite", "Ask a member in", DeclareGroupMember,
      Admit<v1::InviteGroupMemberRequest, v1::InviteGroupMemberResponse>);
  AddCommand<GroupMemberOptions>(family, context, "add", "A member who wants to joins",
                                 DeclareGroupMember,
                                 Admit<v1::AddGroupMemberRequest, v1::AddGroupMemberResponse>);
  AddCommand<GroupMemberOptions>(family, context, "remove",
                                 "A member leaves, with what is left of their points there",
                                 DeclareGroupMember, Remove);
  AddCommand<ContributeOptions>(family, context, "contribute",
                                "Put points of a member into their household's wallet",
                                DeclareContribute, Contribute);
  AddCommand<PerksOptions>(family, context, "perks", "Say what a community's members have of it",
                           DeclarePerks, SetPerks);
  AddCommand<GroupOptions>(
      family, context, "close", "End a group; contributors get back what is left of theirs",
      [](CLI::App& command, GroupOptions& options) {
        DeclareGroup(command, options.group);
        command.add_flag("--dry-run", options.dry_run, kDryRun);
      },
      Close);
  AddCommand<GroupOptions>(
      family, context, "show", "A group",
      [](CLI::App& command, GroupOptions& options) { DeclareGroup(command, options.group); },
      ShowGroup);
  AddCommand<MembersOptions>(
      family, context, "members", "Who is in a group",
      [](CLI::App& command, MembersOptions& options) {
        DeclareGroup(command, options.group);
        DeclarePages(command, options.page);
      },
      ListMembers);
  AddCommand<ListOptions>(
      family, context, "list", "The groups that a member is in",
      [](CLI::App& command, ListOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.page);
      },
      List);
  AddCommand<GroupMemberOptions>(
      family, context, "who-earns", "How what a member buys for an organization is shared",
      [](CLI::App& command, GroupMemberOptions& options) {
        DeclareGroup(command, options.group);
        DeclareMember(command, options.member, "MEMBER");
      },
      WhoEarns);
  AddCommand<PolicyOptions>(
      family, context, "policy",
      "Who earns by what is bought for an organization; with an option, set it", DeclarePolicy,
      Policy);
}

}  // namespace gratis::cli
