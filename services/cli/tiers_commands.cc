#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/members/v1/tiers.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"
#include "services/cli/tier_policy_options.h"

namespace gratis::cli {
namespace tiers_commands {
namespace {

namespace v1 = members::v1;

void DeclareSet(CLI::App& command, TierPolicyOptions& options) {
  DeclareTierPolicy(command, options);
  command.add_option("--from", options.from,
                     absl::StrCat("From when on: ", kTimeWords, "; now if left out"));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

std::string WhatItTakes(const v1::Tier& tier) {
  switch (tier.reached_by_case()) {
    case v1::Tier::kPoints:
      return absl::StrCat(Grouped(tier.points().points()), " ", tier.points().unit());
    case v1::Tier::kSpend:
      return absl::StrCat(FormatMoney(tier.spend()), " spent");
    case v1::Tier::kVisits:
      return Counted(tier.visits(), "visit", "visits");
    case v1::Tier::kSegment:
      return absl::StrCat("being in ", tier.segment());
    default:
      return "nothing";
  }
}

// A figure in the measure of the tier's rule.
std::string Figure(const v1::Tier& tier, int64_t figure) {
  if (tier.has_segment()) return figure > 0 ? "yes" : "no";
  if (!tier.has_spend()) return Grouped(figure);
  type::v1::Money money = tier.spend();
  money.set_minor_units(figure);
  return FormatMoney(money);
}

std::string Worth(const v1::TierBenefits& benefits) {
  std::vector<std::string> worth;
  if (benefits.points_multiplier_basis_points() != 10'000) {
    worth.push_back(
        absl::StrCat(Grouped(benefits.points_multiplier_basis_points()), " points for 10,000"));
  }
  worth.insert(worth.end(), benefits.gifts().begin(), benefits.gifts().end());
  worth.insert(worth.end(), benefits.texts().begin(), benefits.texts().end());
  return absl::StrJoin(worth, "; ");
}

std::string Describe(const v1::TierPolicy& policy) {
  Table tiers({{"TIER"}, {"NAME"}, {"TAKES"}, {"IS WORTH"}});
  for (const v1::Tier& tier : policy.tiers()) {
    tiers.Add({tier.code(), tier.display_name(), WhatItTakes(tier), Worth(tier.benefits())});
  }
  Card card;
  card.Line("counts over",
            policy.period() == v1::TIER_PERIOD_ROLLING_MONTHS
                ? absl::StrCat("the last ", Counted(policy.rolling_months(), "month", "months"))
                : EnumWords(policy, "period"))
      .Line("demotion", EnumWords(policy, "demotion"))
      .Line("grace", Counted(policy.grace_days(), "day", "days"))
      .Line("in force from", FormatTime(policy.effective_from()))
      .Line("set by", policy.set_by())
      .Line("version", absl::StrCat(policy.version()));
  return absl::StrCat(tiers.ToString(), "\n", card.ToString());
}

absl::Status Set(Context& context, const TierPolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SetTierPolicyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_policy(), TierPolicyOf(context, *engine, options));
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> from,
                     TimeUnlessNow(context, options.from, "--from", DayAs::kBeginning));
    if (from) *request.mutable_policy()->mutable_effective_from() = *from;
  }
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::SetTierPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

absl::Status ShowPolicy(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetTierPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, v1::GetTierPolicyRequest(), answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

absl::Status History(Context& context, const PageOptions& pages) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListTierPoliciesResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, pages, v1::ListTierPoliciesRequest(), all,
                [](v1::ListTierPoliciesResponse& answer) { return answer.mutable_policies(); }));
  Table table({{"VERSION", Table::Align::kRight}, {"IN FORCE FROM"}, {"TIERS"}, {"SET BY"}});
  for (const v1::TierPolicy& policy : all.policies()) {
    std::vector<std::string> tiers;
    for (const v1::Tier& tier : policy.tiers()) {
      tiers.push_back(absl::StrCat(tier.code(), " (", WhatItTakes(tier), ")"));
    }
    table.Add({absl::StrCat(policy.version()), FormatTime(policy.effective_from()),
               absl::StrJoin(tiers, ", "), policy.set_by()});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

absl::Status Preview(Context& context, const TierPolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::PreviewTierPolicyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_policy(), TierPolicyOf(context, *engine, options));
  v1::PreviewTierPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table({{"TIER"},
               {"MEMBERS", Table::Align::kRight},
               {"MOVED HERE", Table::Align::kRight},
               {"FALL SHORT", Table::Align::kRight}});
  for (const v1::TierCount& count : answer.tiers()) {
    table.Add({count.tier(), Grouped(count.members()), Grouped(count.came()),
               Grouped(count.short_members())});
  }
  context.Show(answer, absl::StrCat(table.ToString(), "\n",
                                    Counted(answer.members(), "member", "members"), "\n"));
  return absl::OkStatus();
}

absl::Status Verify(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetTrialBalanceResponse books;
  RETURN_IF_ERROR(context.Call(*engine, ledger::v1::GetTrialBalanceRequest(), books));
  v1::RecomputeTiersResponse sum;
  Table table({{"MEMBER"}, {"FINDING"}});
  for (const int32_t partition : books.partitions()) {
    v1::RecomputeTiersRequest request;
    request.set_partition(partition);
    v1::RecomputeTiersResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, request, answer));
    sum.set_members(sum.members() + answer.members());
    sum.set_facts(sum.facts() + answer.facts());
    sum.set_changes(sum.changes() + answer.changes());
    sum.mutable_findings()->MergeFrom(answer.findings());
    for (const v1::TierFinding& finding : answer.findings()) {
      table.Add({finding.member_id(), finding.text()});
    }
  }
  sum.set_sound(sum.findings().empty());
  const std::string looked_at = absl::StrCat(
      Counted(sum.members(), "member", "members"), ", ", Counted(sum.facts(), "fact", "facts"),
      " that count and ", Counted(sum.changes(), "change", "changes"));
  context.Show(sum, sum.sound() ? absl::StrCat("The tiers are as recomputed: ", looked_at, ".\n")
                                : absl::StrCat(table.ToString(), "\nLooked at ", looked_at, ".\n"));
  if (sum.sound()) return absl::OkStatus();
  return Error(Reason::kBooksDamaged,
               absl::StrCat("tiers differ from what the journal says in ",
                            Counted(sum.findings_size(), "place", "places")));
}

struct TierOptions {
  MemberName member;
  bool explain = false;
  bool history = false;
  PageOptions pages;
};

std::string Line(const v1::TierChange& change) {
  return absl::StrCat(FormatTime(change.at()), ", from ", change.from(), " to ", change.to());
}

absl::Status ShowHistory(Context& context, Engine& engine, const std::string& member,
                         const PageOptions& pages) {
  v1::ListTierChangesRequest request;
  request.set_member_id(member);
  v1::ListTierChangesResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, engine, pages, request, all,
                [](v1::ListTierChangesResponse& answer) { return answer.mutable_changes(); }));
  Table table({{"WHEN"}, {"FROM"}, {"TO"}, {"WHY"}, {"TRANSACTION"}});
  for (const v1::TierChange& change : all.changes()) {
    table.Add({FormatTime(change.at()), change.from(), change.to(), EnumWords(change, "reason"),
               change.transaction_id()});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

absl::Status ShowExplanation(Context& context, Engine& engine, const std::string& member,
                             const PageOptions& pages) {
  v1::ExplainTierRequest request;
  request.set_member_id(member);
  v1::ExplainTierResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, engine, pages, request, all, [&all](v1::ExplainTierResponse& answer) {
        if (&answer != &all) {
          all.set_sentence(answer.sentence());
          all.set_tier(answer.tier());
          if (answer.has_by()) *all.mutable_by() = answer.by();
        }
        return answer.mutable_facts();
      }));
  Table table({{"WHEN"},
               {"POINTS", Table::Align::kRight},
               {"UNIT"},
               {"SPENT", Table::Align::kRight},
               {"VISIT"},
               {"COUNTS UNTIL"},
               {"TRANSACTION"}});
  for (const v1::TierFact& fact : all.facts()) {
    table.Add({FormatTime(fact.counted_at()), Grouped(fact.points()), fact.unit(),
               FormatMoney(fact.spend()), fact.visit() ? "yes" : "",
               FormatTime(fact.counts_until()), fact.transaction_id()});
  }
  context.Show(all, absl::StrCat(all.sentence(), ".\n\n", table.ToString()));
  return absl::OkStatus();
}

absl::Status ShowTier(Context& context, const TierOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const std::string member, ResolveMember(context, *engine, options.member));
  if (options.history) return ShowHistory(context, *engine, member, options.pages);
  if (options.explain) return ShowExplanation(context, *engine, member, options.pages);
  v1::GetMemberTierRequest request;
  request.set_member_id(member);
  v1::GetMemberTierResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("tier", absl::StrCat(answer.tier().display_name(), " (", answer.tier().code(), ")"))
      .Line("since", FormatTime(answer.since()))
      .Line("safe until", answer.has_safe_until() ? FormatTime(answer.safe_until()) : "for good")
      .Line("short since", answer.has_short_since() ? FormatTime(answer.short_since()) : "")
      .Line("without more", answer.has_next_change() ? Line(answer.next_change()) : "")
      .Line("period ends", FormatTime(answer.period_ends_at()))
      .Line("and then", answer.projected_tier())
      .Line("is worth", Worth(answer.tier().benefits()));
  Table table(
      {{"TIER"}, {"TAKES"}, {"HAS", Table::Align::kRight}, {"IS MISSING", Table::Align::kRight}});
  const auto add = [&](const v1::TierProgress& progress) {
    table.Add({progress.tier().code(), WhatItTakes(progress.tier()),
               Figure(progress.tier(), progress.counted()),
               Figure(progress.tier(), progress.missing())});
  };
  if (answer.has_keeping()) add(answer.keeping());
  for (const v1::TierProgress& progress : answer.ahead()) add(progress);
  context.Show(answer, table.empty() ? card.ToString()
                                     : absl::StrCat(card.ToString(), "\n", table.ToString()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace tiers_commands

void AddTiersCommands(CLI::App& app, Context& context) {
  using namespace tiers_commands;
  CLI::App& family =
      *app.add_subcommand("tiers", "The ladder of tiers: set, show, history, preview, verify");
  family.require_subcommand(1);
  AddCommand<TierPolicyOptions>(family, context, "set",
                                "Set the policy, whole, from now on or from a day to come",
                                DeclareSet, Set);
  AddCommand(family, context, "show", "Show the policy in force", ShowPolicy);
  AddCommand<PageOptions>(family, context, "history", "All versions of the policy", DeclarePages,
                          History);
  AddCommand<TierPolicyOptions>(family, context, "preview",
                                "How many members would be in which tier by another policy",
                                DeclareTierPolicy, Preview);
  AddCommand(family, context, "verify",
             "Recompute all tiers from the journal; exit code 4 on any difference", Verify);
}

void AddTierCommand(CLI::App& member, Context& context) {
  using namespace tiers_commands;
  AddCommand<TierOptions>(
      member, context, "tier", "A member's tier, until when it is safe and what the next one takes",
      [](CLI::App& command, TierOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        auto* history = command.add_flag("--history", options.history, "Every change of it");
        command.add_flag("--explain", options.explain, "Why, and which facts count")
            ->excludes(history);
        DeclarePages(command, options.pages);
      },
      ShowTier);
}

}  // namespace gratis::cli
