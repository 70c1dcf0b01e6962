#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/inactivity.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace inactivity_commands {
namespace {

namespace v1 = members::v1;

struct PolicyOptions {
  std::optional<int32_t> months;
  std::optional<int32_t> notice_days;
  bool erase_without_email = false;
  bool keep_without_email = false;
  bool off = false;
  bool dry_run = false;

  bool says_something() const {
    return months || notice_days || erase_without_email || keep_without_email || off;
  }
};

struct ListOptions {
  std::optional<int32_t> months;
  std::optional<int32_t> notice_days;
  PageOptions page;
};

std::string Describe(const v1::InactivityPolicy& policy) {
  Card card;
  if (policy.months() == 0) {
    card.Line("accounts end", "never by inactivity");
  } else {
    card.Line("accounts end", absl::StrCat("after ", Counted(policy.months(), "month", "months"),
                                           " without any activity"));
    card.Line("notice", Counted(policy.notice_days(), "day before", "days before"))
        .Line("without e-mail", policy.erase_without_email() ? "erased, too" : "noticed and kept");
  }
  card.Line("version",
            policy.version() == 0 ? "0, as every program starts" : absl::StrCat(policy.version()));
  return card.ToString();
}

absl::StatusOr<v1::InactivityPolicy> InForce(Context& context, Engine& engine) {
  v1::GetInactivityPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(engine, v1::GetInactivityPolicyRequest(), answer));
  return answer.policy();
}

// Shows the policy, or sets what is named of it.
absl::Status Policy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(v1::InactivityPolicy policy, InForce(context, *engine));
  if (options.says_something()) {
    v1::SetInactivityPolicyRequest request;
    *request.mutable_policy() = policy;
    request.mutable_policy()->clear_version();
    if (options.months) request.mutable_policy()->set_months(*options.months);
    if (options.notice_days) request.mutable_policy()->set_notice_days(*options.notice_days);
    if (options.erase_without_email) request.mutable_policy()->set_erase_without_email(true);
    if (options.keep_without_email) request.mutable_policy()->set_erase_without_email(false);
    if (options.off) request.mutable_policy()->Clear();
    request.set_request_id(context.RequestId());
    request.set_validate_only(options.dry_run);
    v1::SetInactivityPolicyResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, request, answer));
    policy = answer.policy();
  }
  context.Show(policy, Describe(policy));
  return absl::OkStatus();
}

std::string WhatFollows(const v1::InactiveMember& member) {
  const std::string erased = absl::StrCat("erased ", FormatTime(member.erase_at()));
  switch (member.kept()) {
    case v1::INACTIVITY_KEPT_STATE:
      return "kept: their state";
    case v1::INACTIVITY_KEPT_HOLD:
      return "kept: points are held";
    case v1::INACTIVITY_KEPT_COMPLAINT:
      return "kept: an open complaint";
    case v1::INACTIVITY_KEPT_NO_EMAIL:
      return member.has_noticed_at() ? "kept: no e-mail address"
                                     : "notice, then kept: no e-mail address";
    default:
      return member.has_noticed_at() ? erased : absl::StrCat("notice, then ", erased);
  }
}

absl::Status List(Context& context, const ListOptions& options) {
  if (options.months.has_value() != options.notice_days.has_value()) {
    return UsageError("--months", "say both, --months and --notice-days, or neither");
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListInactiveMembersRequest request;
  if (options.months) {
    request.mutable_policy()->set_months(*options.months);
    request.mutable_policy()->set_notice_days(*options.notice_days);
  }
  v1::ListInactiveMembersResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](v1::ListInactiveMembersResponse& answer) { return answer.mutable_members(); }));
  Table table({{"MEMBER"}, {"INACTIVE SINCE"}, {"NOTICE GIVEN"}, {"WHAT FOLLOWS"}});
  for (const v1::InactiveMember& member : all.members()) {
    table.Add({member.member_id(), FormatTime(member.inactive_since()),
               FormatTime(member.noticed_at()), WhatFollows(member)});
  }
  context.Show(all, absl::StrCat(table.empty() ? "nobody is inactive\n" : table.ToString(),
                                 MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

void DeclarePolicy(CLI::App& command, PolicyOptions& options) {
  CLI::Option* months = command.add_option("--months", options.months,
                                           "Accounts end after so many months without activity");
  CLI::Option* days =
      command.add_option("--notice-days", options.notice_days, "Notice is given so long before");
  CLI::Option* erase =
      command.add_flag("--erase-without-email", options.erase_without_email,
                       "Erase those, too, who have no e-mail address to be told by");
  CLI::Option* keep = command.add_flag("--keep-without-email", options.keep_without_email,
                                       "Only give them notice (as every policy starts)");
  keep->excludes(erase);
  command.add_flag("--off", options.off, "Accounts end no more")
      ->excludes(months)
      ->excludes(days)
      ->excludes(erase)
      ->excludes(keep);
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

void DeclareList(CLI::App& command, ListOptions& options) {
  command.add_option("--months", options.months, "As if the policy said so, with --notice-days");
  command.add_option("--notice-days", options.notice_days, "The same");
  DeclarePages(command, options.page);
}

}  // namespace
}  // namespace inactivity_commands

void AddInactivityCommands(CLI::App& family, Context& context) {
  using namespace inactivity_commands;
  CLI::App& inactive =
      *family.add_subcommand("inactive", "Accounts that nobody uses: list, policy");
  inactive.require_subcommand(1);
  AddCommand<ListOptions>(inactive, context, "list",
                          "Who will be given notice, who was, and who will be erased", DeclareList,
                          List);
  AddCommand<PolicyOptions>(inactive, context, "policy",
                            "Show when accounts end that nobody uses, or set it", DeclarePolicy,
                            Policy);
}

}  // namespace gratis::cli
