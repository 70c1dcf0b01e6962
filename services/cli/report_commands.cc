#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/reports.pb.h"
#include "gratis/ledger/v1/statements.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace report_commands {
namespace {

namespace v1 = ledger::v1;

struct LiabilityOptions {
  std::string as_of;
  bool recorded = false;
};

struct MovementsOptions {
  std::string from;
  std::string through;
};

struct CloseOptions {
  std::string through;
  bool dry_run = false;
};

struct RateOptions {
  std::string unit;
  int64_t minor_units = 0;
  int64_t per_points = 1;
  std::string from;
  bool dry_run = false;
};

struct ExplainOptions {
  std::string transaction;
  int depth = 1;
};

// A day given with `option`. Errors: INVALID_DATE (usage).
absl::StatusOr<type::v1::CivilDay> DayOf(const std::string& text, std::string_view option) {
  const absl::StatusOr<absl::CivilDay> day = base::ParseDay(text);
  if (!day.ok()) return AsUsage(day.status(), option);
  return ToProto(*day);
}

std::string WorthOf(const auto& line) { return line.has_worth() ? FormatMoney(line.worth()) : ""; }

absl::Status Liability(Context& context, const LiabilityOptions& options) {
  v1::GetLiabilityRequest request;
  if (!options.as_of.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_as_of_day(), DayOf(options.as_of, "--as-of"));
    request.set_basis(options.recorded ? v1::BASIS_RECORDED : v1::BASIS_EFFECTIVE);
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetLiabilityResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table({{"UNIT"},
               {"ORIGIN"},
               {"AGE"},
               {"POINTS", Table::Align::kRight},
               {"OWED", Table::Align::kRight},
               {"WORTH", Table::Align::kRight}});
  for (const v1::LiabilityLine& line : answer.lines()) {
    table.Add({line.unit(), EnumWords(line, "origin"), EnumWords(line, "age"),
               Grouped(line.points()), Grouped(line.debt_points()), WorthOf(line)});
  }
  for (const v1::LiabilityTotal& total : answer.totals()) {
    table.Add({total.unit(), "total", "", Grouped(total.points()), Grouped(total.debt_points()),
               WorthOf(total)});
  }
  context.Show(answer, absl::StrCat(table.ToString(), answer.closed() ? "as closed\n" : ""));
  return absl::OkStatus();
}

absl::Status Movements(Context& context, const MovementsOptions& options) {
  v1::GetMovementsRequest request;
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_from(), DayOf(options.from, "--from"));
  }
  ASSIGN_OR_RETURN(*request.mutable_through(), DayOf(options.through, "--through"));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetMovementsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  std::string text;
  for (const v1::UnitMovements& unit : answer.units()) {
    Card card;
    card.Line("unit", unit.unit()).Line("opening", Grouped(unit.opening_points()));
    const std::pair<const char*, int64_t> moved[] = {
        {"issued", unit.issued_points()},
        {"earns reversed", unit.earn_reversed_points()},
        {"redeemed", unit.redeemed_points()},
        {"spends reversed", unit.spend_reversed_points()},
        {"expired", unit.expired_points()},
        {"transferred", unit.transferred_points()},
        {"adjusted", unit.adjusted_points()},
        {"voided", unit.voided_points()},
        {"unexplained", unit.unexplained_points()}};
    for (const auto& [name, points] : moved) {
      if (points != 0) card.Line(name, Grouped(points));
    }
    absl::StrAppend(&text, card.Line("closing", Grouped(unit.closing_points())).ToString(), "\n");
  }
  context.Show(answer, absl::StrCat(text, answer.closed() ? "as closed\n" : ""));
  return absl::OkStatus();
}

absl::Status Close(Context& context, const CloseOptions& options) {
  v1::ClosePeriodRequest request;
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(*request.mutable_through(), DayOf(options.through, "--through"));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ClosePeriodResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const v1::Period& period = answer.period();
  context.Show(answer, Card()
                           .Line("period", absl::StrCat(period.number()))
                           .Line("begins", FormatTime(period.begin()))
                           .Line("ends", FormatTime(period.end()))
                           .Line(options.dry_run ? "would be closed" : "closed",
                                 FormatTime(period.closed_at()))
                           .ToString());
  return absl::OkStatus();
}

absl::Status Periods(Context& context, const PageOptions& page) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListPeriodsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, page, v1::ListPeriodsRequest(), all,
                [](v1::ListPeriodsResponse& answer) { return answer.mutable_periods(); }));
  Table table({{"PERIOD", Table::Align::kRight}, {"BEGINS"}, {"ENDS"}, {"CLOSED"}, {"BY"}});
  for (const v1::Period& period : all.periods()) {
    table.Add({absl::StrCat(period.number()), FormatTime(period.begin()), FormatTime(period.end()),
               FormatTime(period.closed_at()), period.closed_by()});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

std::vector<std::string> RateCells(const v1::Rate& rate) {
  return {rate.unit(), absl::StrCat(rate.version()), FormatMoney(rate.worth()),
          Grouped(rate.per_points()), FormatTime(rate.effective_from())};
}

const std::vector<Table::Column>& RateColumns() {
  static const auto& columns = *new std::vector<Table::Column>{{"UNIT"},
                                                               {"VERSION", Table::Align::kRight},
                                                               {"WORTH", Table::Align::kRight},
                                                               {"PER POINTS", Table::Align::kRight},
                                                               {"FROM"}};
  return columns;
}

absl::Status SetRate(Context& context, const RateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SetRateRequest request;
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  request.set_unit(options.unit);
  request.set_minor_units(options.minor_units);
  request.set_per_points(options.per_points);
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_effective_from(),
                     TimeOf(context, options.from, "--from", DayAs::kBeginning));
  }
  v1::SetRateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table(RateColumns());
  table.Add(RateCells(answer.rate()));
  context.Show(answer, table.ToString());
  return absl::OkStatus();
}

absl::Status Rates(Context& context, const PageOptions& page) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListRatesResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, page, v1::ListRatesRequest(), all,
                            [](v1::ListRatesResponse& answer) { return answer.mutable_rates(); }));
  Table table(RateColumns());
  for (const v1::Rate& rate : all.rates()) table.Add(RateCells(rate));
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

// Which rules a purchase's entry says had a part in how many of its points; a line each.
std::string RulesOf(const v1::Entry& entry) {
  using nlohmann::ordered_json;
  const auto detail = ordered_json::parse(entry.detail(), nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object() || !detail.contains("rules") || !detail["rules"].is_object()) return "";
  std::string text;
  for (const auto& [rule, points] : detail["rules"].items()) {
    if (!points.is_number_integer()) continue;
    absl::StrAppend(&text, "    rule ", rule, " had a part in ",
                    Counted(points.get<int64_t>(), "point", "points"), "\n");
  }
  return text;
}

absl::Status Explain(Context& context, const ExplainOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ExplainTransactionRequest request;
  request.set_transaction_id(options.transaction);
  request.set_depth(options.depth);
  v1::ExplainTransactionResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  std::string text;
  for (const v1::ExplainedTransaction& explained : answer.transactions()) {
    absl::StrAppend(&text, explained.transaction_id(), "  (", EnumWords(explained, "link"), ")\n");
    for (const v1::ExplainedEntry& shown : explained.entries()) {
      const v1::Entry& entry = shown.entry();
      absl::StrAppend(&text, "  ", FormatTime(entry.effective_at()), "  ", EnumWords(entry, "kind"),
                      " ", Grouped(entry.points()), " ", entry.unit(), "  by ", entry.actor(),
                      entry.source().empty() ? "" : "  for ", entry.source(), "\n");
      for (const v1::LotPart& part : shown.parts()) {
        absl::StrAppend(&text, "    ", Grouped(part.points()), " of ", part.from_transaction_id());
        if (part.to_transaction_id() != part.from_transaction_id()) {
          absl::StrAppend(&text, " to ", part.to_transaction_id());
        }
        absl::StrAppend(&text, "\n");
      }
      if (shown.undone_points() != 0) {
        absl::StrAppend(&text, "    ", Grouped(shown.undone_points()), " undone since\n");
      }
      absl::StrAppend(&text, RulesOf(entry));
      if (!entry.detail().empty()) absl::StrAppend(&text, "    ", entry.detail(), "\n");
    }
    if (!explained.led_by().empty()) {
      absl::StrAppend(&text, "  led by    ", absl::StrJoin(explained.led_by(), ", "), "\n");
    }
    if (!explained.followed_by().empty()) {
      absl::StrAppend(&text, "  followed by ", absl::StrJoin(explained.followed_by(), ", "), "\n");
    }
  }
  if (answer.more()) absl::StrAppend(&text, "… more: --depth ", options.depth + 1, "\n");
  context.Show(answer, text);
  return absl::OkStatus();
}

}  // namespace
}  // namespace report_commands

void AddReportCommands(CLI::App& ledger, Context& context) {
  using namespace report_commands;
  AddCommand<LiabilityOptions>(
      ledger, context, "liability", "What is outstanding, by unit, origin and age, and its worth",
      [](CLI::App& command, LiabilityOptions& options) {
        CLI::Option* as_of =
            command.add_option("--as-of", options.as_of, "At the end of that day, YYYY-MM-DD");
        command
            .add_flag("--recorded", options.recorded,
                      "With --as-of: the book as it stood, not what is known by now")
            ->needs(as_of);
      },
      Liability);
  AddCommand<MovementsOptions>(
      ledger, context, "movements", "What moved it between two days, opening to closing",
      [](CLI::App& command, MovementsOptions& options) {
        command.add_option("--from", options.from, "The first day; from the beginning if left out");
        command.add_option("--through", options.through, "The last day")->required();
      },
      Movements);
  AddCommand<CloseOptions>(
      ledger, context, "close", "Close everything up to the end of a day",
      [](CLI::App& command, CloseOptions& options) {
        command.add_option("--through", options.through, "The last day, YYYY-MM-DD")->required();
        command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
      },
      Close);
  AddCommand<PageOptions>(ledger, context, "periods", "The closed periods, the latest first",
                          DeclarePages, Periods);
  AddCommand<RateOptions>(
      ledger, context, "rate", "Say what points are worth, from now or a time on",
      [](CLI::App& command, RateOptions& options) {
        command.add_option("MINOR-UNITS", options.minor_units, "So much money")->required();
        command.add_option("--per", options.per_points, "for so many points")
            ->capture_default_str();
        command.add_option("--unit", options.unit, "The unit's code; points if left out");
        command.add_option("--from", options.from,
                           absl::StrCat("From then on: ", kTimeWords, "; now if left out"));
        command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
      },
      SetRate);
  AddCommand<PageOptions>(ledger, context, "rates", "All rates ever set", DeclarePages, Rates);
  AddCommand<ExplainOptions>(
      ledger, context, "explain", "What a posting did, what led to it and what followed from it",
      [](CLI::App& command, ExplainOptions& options) {
        command.add_option("TXN", options.transaction, "The posting: txn_…")->required();
        command.add_option("--depth", options.depth, "Steps either way")
            ->check(CLI::Range(1, 8))
            ->capture_default_str();
      },
      Explain);
}

}  // namespace gratis::cli
