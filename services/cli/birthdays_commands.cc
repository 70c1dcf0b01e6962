#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

using birthdays::v1::BirthdayPolicy;

struct RunOptions {
  std::string through;
  bool dry_run = false;
};

struct ExplainOptions {
  MemberName member;
  int year = 0;
};

struct PolicyOptions {
  std::optional<bool> enabled;
  std::optional<int64_t> points;
  std::optional<int> hour;
  std::optional<int> lead_days;
  std::optional<int> late_days;
  std::string leap_day;
  bool dry_run = false;
};

absl::Status Run(Context& context, const RunOptions& options) {
  birthdays::v1::RunBirthdaysRequest request;
  if (!options.through.empty()) {
    absl::StatusOr<absl::CivilDay> day = base::ParseDay(options.through);
    if (!day.ok()) return AsUsage(day.status(), "--through");
    *request.mutable_through() = ToProto(*day);
  }
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  birthdays::v1::RunBirthdaysResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line(options.dry_run ? "would be given" : "given",
                                 Counted(answer.given(), "gift", "gifts"))
                           .Line("points", Grouped(answer.points()))
                           .Line("given before", Grouped(answer.already_given()))
                           .Line("withheld", Grouped(answer.withheld()))
                           .Line("birthdays", absl::StrCat(FormatDay(answer.from()), " to ",
                                                           FormatDay(answer.to())))
                           .ToString());
  return absl::OkStatus();
}

absl::StatusOr<int> YearOfProgram(Context& context, Engine& engine) {
  ledger::v1::GetClockResponse answer;
  RETURN_IF_ERROR(context.Call(engine, ledger::v1::GetClockRequest(), answer));
  return static_cast<int>(absl::ToCivilYear(FromProto(answer.now()), absl::UTCTimeZone()).year());
}

absl::Status Explain(Context& context, const ExplainOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  birthdays::v1::ExplainBirthdayRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  int year = options.year;
  if (year == 0) {
    ASSIGN_OR_RETURN(year, YearOfProgram(context, *engine));
  }
  request.set_year(year);
  birthdays::v1::ExplainBirthdayResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  std::string outcome = EnumWords(answer, "outcome");
  if (answer.outcome() == birthdays::v1::BIRTHDAY_OUTCOME_WITHHELD) {
    absl::StrAppend(&outcome, ": ", EnumWords(answer, "why"));
  }
  context.Show(answer, Card()
                           .Line("gift", outcome)
                           .Line("because", answer.sentence())
                           .Line("due", answer.due_local())
                           .Line("points", answer.has_gift() ? Grouped(answer.gift().points()) : "")
                           .Line("transaction", answer.transaction_id())
                           .ToString());
  return absl::OkStatus();
}

std::string Describe(const BirthdayPolicy& policy) {
  return Card()
      .Line("birthday gifts", policy.enabled() ? "given" : "not given")
      .Line("gift", Counted(policy.gift().points(), "point", "points"))
      .Line("at", absl::StrCat(policy.local_hour(), ":00, where the member lives"))
      .Line("days before", absl::StrCat(policy.lead_days()))
      .Line("late up to", Counted(policy.late_days(), "day", "days"))
      .Line("29 February", policy.leap_day_rule() == birthdays::v1::LEAP_DAY_RULE_MARCH_1
                               ? "in common years on 1 March"
                               : "in common years on 28 February")
      .Line("version",
            policy.version() == 0 ? "0, as every program starts" : absl::StrCat(policy.version()))
      .ToString();
}

absl::StatusOr<BirthdayPolicy> Policy(Context& context, Engine& engine) {
  birthdays::v1::GetBirthdayPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(engine, birthdays::v1::GetBirthdayPolicyRequest(), answer));
  return answer.policy();
}

absl::Status ShowPolicy(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const BirthdayPolicy policy, Policy(context, *engine));
  context.Show(policy, Describe(policy));
  return absl::OkStatus();
}

void DeclarePolicy(CLI::App& command, PolicyOptions& options) {
  command.add_option("--enabled", options.enabled, "Whether gifts are given: true or false");
  command.add_option("--points", options.points, "What is given, 1 to 1,000,000");
  command.add_option("--hour", options.hour, "The local hour, 0 to 23");
  command.add_option("--lead-days", options.lead_days, "Days before the birthday, 0 to 35");
  command.add_option("--late-days", options.late_days, "How late a gift may come, 0 to 30 days");
  command.add_option("--leap-day", options.leap_day, "29 February in common years")
      ->check(CLI::IsMember({"february-28", "march-1"}));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::Status SetPolicy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  birthdays::v1::SetBirthdayPolicyRequest request;
  BirthdayPolicy& policy = *request.mutable_policy();
  ASSIGN_OR_RETURN(policy, Policy(context, *engine));
  policy.clear_version();
  if (options.enabled) policy.set_enabled(*options.enabled);
  if (options.points) policy.mutable_gift()->set_points(*options.points);
  if (options.hour) policy.set_local_hour(*options.hour);
  if (options.lead_days) policy.set_lead_days(*options.lead_days);
  if (options.late_days) policy.set_late_days(*options.late_days);
  if (options.leap_day == "february-28") {
    policy.set_leap_day_rule(birthdays::v1::LEAP_DAY_RULE_FEBRUARY_28);
  } else if (options.leap_day == "march-1") {
    policy.set_leap_day_rule(birthdays::v1::LEAP_DAY_RULE_MARCH_1);
  }
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  birthdays::v1::SetBirthdayPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.policy(), Describe(answer.policy()));
  return absl::OkStatus();
}

}  // namespace

void AddBirthdaysCommands(CLI::App& app, Context& context) {
  CLI::App& family = *app.add_subcommand("birthdays", "Birthday gifts: run, explain, policy");
  family.require_subcommand(1);
  AddCommand<RunOptions>(
      family, context, "run", "Give every gift that is due and was not given; never one twice",
      [](CLI::App& command, RunOptions& options) {
        command.add_option("--through", options.through,
                           "As of the end of this day, YYYY-MM-DD; now if left out");
        command.add_flag("--dry-run", options.dry_run, "Count, and give nothing");
      },
      Run);
  AddCommand<ExplainOptions>(
      family, context, "explain", "What became of a member's birthday, or will, and why",
      [](CLI::App& command, ExplainOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--year", options.year,
                           "The year of the birthday; this one if left out");
      },
      Explain);
  CLI::App& policy = *family.add_subcommand("policy", "What is given, and when: show, set");
  policy.require_subcommand(1);
  AddCommand(policy, context, "show", "Show the policy in force", ShowPolicy);
  AddCommand<PolicyOptions>(policy, context, "set",
                            "Change what is named, from now on; the rest stays", DeclarePolicy,
                            SetPolicy);
}

}  // namespace gratis::cli
