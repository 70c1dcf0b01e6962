#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/gift_words.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace birthdays_commands {
namespace {

struct RunOptions {
  std::string through;
  bool dry_run = false;
};

struct ExplainOptions {
  MemberName member;
  int year = 0;
};

struct GiftsOptions {
  MemberName member;
  PageOptions page;
};

struct ChooseOptions {
  MemberName member;
  std::string option;
  int year = 0;
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
  context.Show(
      answer,
      Card()
          .Line(options.dry_run ? "would be given" : "given",
                Counted(answer.given(), "gift", "gifts"))
          .Line("points", Grouped(answer.points()))
          .Line("vouchers",
                answer.vouchers().minor_units() == 0 ? "" : FormatMoney(answer.vouchers()))
          .Line("items", answer.items() == 0 ? "" : Grouped(answer.items()))
          .Line("choices", answer.choices() == 0 ? "" : Grouped(answer.choices()))
          .Line("given by default", answer.defaults() == 0 ? "" : Grouped(answer.defaults()))
          .Line("given before", Grouped(answer.already_given()))
          .Line("withheld", Grouped(answer.withheld()))
          .Line("birthdays", absl::StrCat(FormatDay(answer.from()), " to ", FormatDay(answer.to())))
          .ToString());
  return absl::OkStatus();
}

absl::StatusOr<int> YearOfProgram(Context& context, Engine& engine) {
  ledger::v1::GetClockResponse answer;
  RETURN_IF_ERROR(context.Call(engine, ledger::v1::GetClockRequest(), answer));
  return static_cast<int>(absl::ToCivilYear(FromProto(answer.now()), absl::UTCTimeZone()).year());
}

// What became of a gift, besides what it was.
template <class Given>
std::string Since(const Given& gift) {
  if (gift.has_chosen()) {
    return absl::StrCat("chosen ", gift.chosen().option(),
                        gift.chosen().by_default() ? " by default" : "", " ",
                        FormatTime(gift.chosen().chosen_at()));
  }
  return gift.has_choose_by() ? absl::StrCat("open until ", FormatTime(gift.choose_by())) : "";
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
                           .Line("what", answer.has_gift() ? GiftText(answer.gift()) : "")
                           .Line("choice", Since(answer))
                           .Line("voucher", answer.voucher_id())
                           .Line("transaction", answer.transaction_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status Gifts(Context& context, const GiftsOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  birthdays::v1::ListGiftsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  birthdays::v1::ListGiftsResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.page, request, all,
                            [](auto& page) { return page.mutable_gifts(); }));
  Table table({{"YEAR"}, {"GIFT"}, {"GIVEN"}, {"VOUCHER"}, {"CHOICE"}});
  for (const birthdays::v1::GivenGift& gift : all.gifts()) {
    table.Add({absl::StrCat(gift.year()), GiftText(gift.gift()), FormatTime(gift.given_at()),
               gift.has_chosen() ? gift.chosen().voucher_id() : gift.voucher_id(), Since(gift)});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Choose(Context& context, const ChooseOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  birthdays::v1::ChooseGiftRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_option(options.option);
  request.set_year(options.year);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  birthdays::v1::ChooseGiftResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               Card()
                   .Line(options.dry_run ? "would be chosen" : "chosen",
                         absl::StrCat(answer.option().code(), ": ", GiftText(answer.option())))
                   .Line("for the birthday of", absl::StrCat(answer.year()))
                   .Line("voucher", answer.voucher_id())
                   .Line("transaction", answer.transaction_id())
                   .ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace birthdays_commands

void AddBirthdaysCommands(CLI::App& app, Context& context) {
  using namespace birthdays_commands;
  CLI::App& family =
      *app.add_subcommand("birthdays", "Birthday gifts: run, explain, choose, calendar, policy");
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
  AddCommand<GiftsOptions>(
      family, context, "gifts", "All gifts that a member was given, and what became of choices",
      [](CLI::App& command, GiftsOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.page);
      },
      Gifts);
  AddCommand<ChooseOptions>(
      family, context, "choose", "Pick one of several for a member, as they wish",
      [](CLI::App& command, ChooseOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--option", options.option, "The option's code")->required();
        command.add_option("--year", options.year,
                           "The year of the birthday; the earliest that is open if left out");
        command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
      },
      Choose);
  AddBirthdayCalendarCommands(family, context);
  AddBirthdayPolicyCommands(family, context);
}

}  // namespace gratis::cli
