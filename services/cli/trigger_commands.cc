#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "gratis/thanks/v1/triggers.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/gift_words.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"
#include "services/cli/trigger_file.h"

namespace gratis::cli {
namespace trigger_commands {
namespace {

namespace v1 = thanks::v1;

struct ShowOptions {
  std::string code;
  int version = 0;
};

struct SetOptions {
  std::string file;
  bool dry_run = false;
};

struct SwitchOptions {
  std::string code;
  bool dry_run = false;
};

struct TryOptions {
  std::string code;
  std::string file;
  std::string order;
  std::string from, until;
};

struct LimitOptions {
  int most = 0;
  int within_days = 0;
  bool dry_run = false;
};

struct ResultOptions {
  MemberName member;
  PageOptions pages;
};

std::string GiftOf(const v1::Trigger& trigger) {
  if (trigger.points() > 0) return Counted(trigger.points(), "point", "points");
  if (!trigger.has_voucher()) return "";
  const v1::TriggerVoucher& voucher = trigger.voucher();
  std::string text;
  switch (voucher.worth_case()) {
    case v1::TriggerVoucher::kFixed:
      text = FormatMoney(voucher.fixed());
      break;
    case v1::TriggerVoucher::kBasisPoints:
      text = PercentOff(voucher.basis_points());
      break;
    default:
      text = voucher.item();
  }
  if (voucher.valid_days() > 0) absl::StrAppend(&text, ", ", voucher.valid_days(), " days");
  if (voucher.evergreen()) absl::StrAppend(&text, ", one at a time");
  return text;
}

// Which purchases it is for: "stores zurich, bern; skus CAKE-1".
std::string AudienceOf(const v1::TriggerAudience& audience) {
  std::vector<std::string> parts;
  const auto list = [&](std::string_view name, const auto& codes) {
    if (codes.empty()) return;
    parts.push_back(absl::StrCat(base::Abs(name), " ", absl::StrJoin(codes, ", ")));
  };
  list("stores", audience.stores());
  list("channels", audience.channels());
  list("skus", audience.skus());
  list("categories", audience.categories());
  list("tiers", audience.tiers());
  if (audience.lacking()) parts.emplace_back("where something could not be had");
  return absl::StrJoin(parts, "; ");
}

std::string Describe(const v1::Trigger& trigger) {
  Card card;
  card.Line("trigger", trigger.code())
      .Line("version", absl::StrCat(trigger.version()))
      .Line("acts", trigger.enabled() ? "yes" : "no, it is off")
      .Line("when", EnumWords(trigger, "event"))
      .Line("for", AudienceOf(trigger.audience()))
      .Line("after", Counted(trigger.delay_minutes(), "minute", "minutes"))
      .Line("not after", Counted(trigger.max_age_days(), "day", "days"))
      .Line("from", trigger.sender().name())
      .Line("template", trigger.template_());
  if (!trigger.template_().empty()) card.Line("purpose", EnumWords(trigger, "purpose"));
  if (trigger.by_profile()) card.Line("picks", "by profile: by what people bought and did");
  return card.Line("gives", GiftOf(trigger))
      .Line("task", trigger.task())
      .Line("receipt", trigger.receipt_line())
      .Line("budget", trigger.budget_id())
      .ToString();
}

absl::Status List(Context& context, const PageOptions& pages) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListTriggersResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, pages, v1::ListTriggersRequest(), all,
                            [](auto& answer) { return answer.mutable_triggers(); }));
  Table table({{"TRIGGER"},
               {"VERSION", Table::Align::kRight},
               {"ACTS"},
               {"WHEN"},
               {"TEMPLATE"},
               {"GIVES"}});
  for (const v1::Trigger& one : all.triggers()) {
    table.Add({one.code(), absl::StrCat(one.version()), one.enabled() ? "yes" : "no",
               EnumWords(one, "event"), one.template_(), GiftOf(one)});
  }
  context.Show(all, table.empty() ? "no triggers yet\n"
                                  : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::StatusOr<v1::Trigger> Find(Context& context, Engine& engine, const std::string& code,
                                 int version) {
  v1::GetTriggerRequest request;
  request.set_code(code);
  request.set_version(version);
  v1::GetTriggerResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.trigger();
}

absl::Status ShowOne(Context& context, const ShowOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const v1::Trigger trigger,
                   Find(context, *engine, options.code, options.version));
  context.Show(trigger, Describe(trigger));
  return absl::OkStatus();
}

absl::Status Send(Context& context, Engine& engine, v1::Trigger trigger, bool dry_run) {
  v1::SetTriggerRequest request;
  request.set_request_id(context.RequestId());
  *request.mutable_trigger() = std::move(trigger);
  request.set_validate_only(dry_run);
  v1::SetTriggerResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  context.Show(answer.trigger(), Describe(answer.trigger()));
  if (answer.trigger().enabled()) WarnOfMissing(context, engine, answer.trigger());
  return absl::OkStatus();
}

absl::Status Set(Context& context, const SetOptions& options) {
  v1::Trigger trigger;
  RETURN_IF_ERROR(ReadTrigger(options.file, trigger));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  return Send(context, *engine, std::move(trigger), options.dry_run);
}

absl::Status Switch(Context& context, const SwitchOptions& options, bool on) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(v1::Trigger trigger, Find(context, *engine, options.code, 0));
  trigger.set_enabled(on);
  return Send(context, *engine, std::move(trigger), options.dry_run);
}

template <class Request>
absl::Status FillWhich(const TryOptions& options, Request& request) {
  if (options.code.empty() == options.file.empty()) {
    return UsageError("TRIGGER", "name a trigger, or give --file");
  }
  if (!options.code.empty()) request.set_code(options.code);
  if (!options.file.empty()) {
    RETURN_IF_ERROR(ReadTrigger(options.file, *request.mutable_trigger()));
  }
  return absl::OkStatus();
}

absl::Status Preview(Context& context, const TryOptions& options) {
  v1::PreviewTriggerRequest request;
  RETURN_IF_ERROR(FillWhich(options, request));
  ASSIGN_OR_RETURN(const auto order, SplitSourceAndId("--order", options.order));
  request.mutable_order()->set_source(order.first);
  request.mutable_order()->set_order_id(order.second);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::PreviewTriggerResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("outcome", EnumWords(answer.result(), "outcome"))
                           .Line("because", answer.result().sentence())
                           .Line("gives", answer.gift())
                           .Line("from", answer.sender().name())
                           .Line("message", answer.figures())
                           .Line("receipt", answer.receipt_line())
                           .ToString());
  return absl::OkStatus();
}

absl::Status Backtest(Context& context, const TryOptions& options) {
  v1::BacktestTriggerRequest request;
  RETURN_IF_ERROR(FillWhich(options, request));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_from(),
                   TimeOf(context, options.from, "--from", DayAs::kBeginning));
  ASSIGN_OR_RETURN(*request.mutable_until(),
                   TimeOf(context, options.until, "--until", DayAs::kEnd));
  v1::BacktestTriggerResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("purchases", Grouped(answer.purchases()))
      .Line("would act", Counted(answer.given(), "time", "times"))
      .Line("for", Counted(answer.members(), "member", "members"))
      .Line("points", Grouped(answer.points()))
      .Line("vouchers", Grouped(answer.vouchers()));
  if (answer.has_worth()) card.Line("worth", FormatMoney(answer.worth()));
  for (const v1::BacktestTriggerResponse::Count& count : answer.not_given()) {
    card.Line(absl::StrCat("not: ", EnumWords(count, "why")), Grouped(count.purchases()));
  }
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

std::string Describe(const v1::TriggerLimits& limits) {
  return Card()
      .Line("at most", limits.most() == 0
                           ? "as many as there are"
                           : absl::StrCat(limits.most(), " within ",
                                          Counted(limits.within_days(), "day", "days")))
      .Line("version", absl::StrCat(limits.version()))
      .ToString();
}

absl::Status ShowLimits(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetTriggerLimitsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, v1::GetTriggerLimitsRequest(), answer));
  context.Show(answer.limits(), Describe(answer.limits()));
  return absl::OkStatus();
}

absl::Status SetLimits(Context& context, const LimitOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SetTriggerLimitsRequest request;
  request.set_request_id(context.RequestId());
  request.mutable_limits()->set_most(options.most);
  request.mutable_limits()->set_within_days(options.within_days);
  request.set_validate_only(options.dry_run);
  v1::SetTriggerLimitsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.limits(), Describe(answer.limits()));
  return absl::OkStatus();
}

absl::Status Results(Context& context, const ResultOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListTriggerResultsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  v1::ListTriggerResultsResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.pages, request, all,
                            [](auto& answer) { return answer.mutable_results(); }));
  Table table({{"TRIGGER"}, {"OUTCOME"}, {"DUE"}, {"BECAUSE"}});
  for (const v1::TriggerResult& one : all.results()) {
    table.Add({one.trigger(), EnumWords(one, "outcome"), FormatTime(one.due_at()), one.sentence()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

void DeclareDryRun(CLI::App& command, bool& dry_run) {
  command.add_flag("--dry-run", dry_run, "Say what would be done, and do nothing");
}

void DeclareTrigger(CLI::App& command, TryOptions& options) {
  command.add_option("TRIGGER", options.code, "Its code");
  command.add_option("--file", options.file, "One that is not set yet, as JSON");
}

void AddTrying(CLI::App& family, Context& context) {
  AddCommand<TryOptions>(
      family, context, "preview", "What a trigger would do for a purchase like one that is there",
      [](CLI::App& command, TryOptions& options) {
        DeclareTrigger(command, options);
        command.add_option("--order", options.order, "As in webshop:A-17")->required();
      },
      Preview);
  AddCommand<TryOptions>(
      family, context, "backtest", "What it would have done and cost for past purchases",
      [](CLI::App& command, TryOptions& options) {
        DeclareTrigger(command, options);
        command.add_option("--from", options.from, absl::StrCat("The first day: ", kTimeWords))
            ->required();
        command.add_option("--until", options.until, "The last day, at most 400 days later")
            ->required();
      },
      Backtest);
}

void AddLimits(CLI::App& family, Context& context) {
  CLI::App& limits = *family.add_subcommand("limits", "How much one member gets: show, set");
  limits.require_subcommand(1);
  AddCommand(limits, context, "show", "Show the limits in force", ShowLimits);
  AddCommand<LimitOptions>(
      limits, context, "set", "Set them, from now on",
      [](CLI::App& command, LimitOptions& options) {
        command.add_option("--most", options.most, "So many at most; 0: no limit")->required();
        command.add_option("--within-days", options.within_days, "Within so many days");
        DeclareDryRun(command, options.dry_run);
      },
      SetLimits);
}

}  // namespace
}  // namespace trigger_commands

void AddTriggerCommands(CLI::App& app, Context& context) {
  using namespace trigger_commands;
  CLI::App& family = *app.add_subcommand(
      "triggers", "When and how people are thanked: set, try out, limit, what became of them");
  family.require_subcommand(1);
  AddCommand<PageOptions>(family, context, "list", "List triggers, by code", DeclarePages, List);
  AddCommand<ShowOptions>(
      family, context, "show", "Show a trigger",
      [](CLI::App& command, ShowOptions& options) {
        command.add_option("TRIGGER", options.code, "Its code")->required();
        command.add_option("--version", options.version, "As it was then");
      },
      ShowOne);
  AddCommand<SetOptions>(
      family, context, "set", "Make a trigger, or a new version of one, from a file",
      [](CLI::App& command, SetOptions& options) {
        command.add_option("--file", options.file, "The trigger, as JSON")->required();
        DeclareDryRun(command, options.dry_run);
      },
      Set);
  const auto declare = [](CLI::App& command, SwitchOptions& options) {
    command.add_option("TRIGGER", options.code, "Its code")->required();
    DeclareDryRun(command, options.dry_run);
  };
  AddCommand<SwitchOptions>(
      family, context, "on", "Switch a trigger on", declare,
      [](Context& with, const SwitchOptions& options) { return Switch(with, options, true); });
  AddCommand<SwitchOptions>(
      family, context, "off", "Switch it off; what is due is called off", declare,
      [](Context& with, const SwitchOptions& options) { return Switch(with, options, false); });
  AddTrying(family, context);
  AddLimits(family, context);
  AddCommand<ResultOptions>(
      family, context, "results", "What triggers did for a member, or did not do, and why",
      [](CLI::App& command, ResultOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.pages);
      },
      Results);
}

}  // namespace gratis::cli
