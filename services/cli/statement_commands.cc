#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/statements.pb.h"
#include "services/cli/command.h"
#include "services/cli/entry_kinds.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace statement_commands {
namespace {

struct StatementOptions {
  MemberName member;
  std::string unit;
  std::vector<std::string> kinds;
  std::string from;
  std::string until;
  PageOptions page{.limit = 50, .page_token = ""};
};

struct UpcomingOptions {
  MemberName member;
  std::string until;
  PageOptions page{.limit = 50, .page_token = ""};
};

struct LotsOptions {
  MemberName member;
  PageOptions page{.limit = 50, .page_token = ""};
};

// What an entry did to what the member has to spend: "+120", "-50"; else how many points it moved.
std::string Change(const ledger::v1::Entry& entry) {
  if (entry.points() == 0) return "";
  const bool in = entry.credit() == ledger::v1::ACCOUNT_AVAILABLE;
  const bool out = entry.debit() == ledger::v1::ACCOUNT_AVAILABLE;
  return absl::StrCat(in == out ? "" : in ? "+" : "-", Grouped(entry.points()));
}

absl::Status Statement(Context& context, const StatementOptions& options) {
  ledger::v1::ListEntriesRequest request;
  RETURN_IF_ERROR(AddKinds(options.kinds, request));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_unit(options.unit);
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_recorded_from(),
                     TimeOf(context, options.from, "--from", DayAs::kBeginning));
  }
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_recorded_until(),
                     TimeOf(context, options.until, "--until", DayAs::kEnd));
  }
  ledger::v1::ListEntriesResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](ledger::v1::ListEntriesResponse& answer) { return answer.mutable_entries(); }));
  Table table({{"WHEN"},
               {"WHAT"},
               {"POINTS", Table::Align::kRight},
               {"AVAILABLE", Table::Align::kRight},
               {"SOURCE"}});
  for (const ledger::v1::Entry& entry : all.entries()) {
    table.Add({FormatTime(entry.effective_at()), EnumWords(entry, "kind"), Change(entry),
               entry.has_available_points() ? Grouped(entry.available_points()) : "",
               entry.source()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Upcoming(Context& context, const UpcomingOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ListUpcomingRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_until(),
                     TimeOf(context, options.until, "--until", DayAs::kEnd));
  }
  ledger::v1::ListUpcomingResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](ledger::v1::ListUpcomingResponse& answer) { return answer.mutable_events(); }));
  Table table({{"WHEN"}, {"WHAT"}, {"UNIT"}, {"POINTS", Table::Align::kRight}, {"HOLD"}});
  for (const ledger::v1::UpcomingEvent& event : all.events()) {
    table.Add({FormatTime(event.at()), EnumWords(event, "kind"), event.unit(),
               Grouped(event.points()), event.hold_id()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Lots(Context& context, const LotsOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ListLotsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  ledger::v1::ListLotsResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](ledger::v1::ListLotsResponse& answer) { return answer.mutable_lots(); }));
  Table table({{"EARNED"},
               {"UNIT"},
               {"ORIGIN"},
               {"AVAILABLE", Table::Align::kRight},
               {"PENDING", Table::Align::kRight},
               {"HELD", Table::Align::kRight},
               {"OWED", Table::Align::kRight},
               {"ENDS"},
               {"TRANSACTION"}});
  for (const ledger::v1::PointsLot& lot : all.lots()) {
    table.Add({FormatTime(lot.earned_at()), lot.unit(), EnumWords(lot, "origin"),
               Grouped(lot.available_points()), Grouped(lot.pending_points()),
               Grouped(lot.held_points()), Grouped(lot.debt_points()),
               lot.has_expires_at() ? FormatTime(lot.expires_at()) : "", lot.transaction_id()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

}  // namespace
}  // namespace statement_commands

void AddStatementCommands(CLI::App& points, Context& context) {
  using namespace statement_commands;
  AddCommand<StatementOptions>(
      points, context, "statement", "Everything that happened to a member, newest first",
      [](CLI::App& command, StatementOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--unit", options.unit, "Only of this unit, by its code");
        command.add_option("--kind", options.kinds, "Only of this kind: earn, birthday-gift, …");
        command.add_option("--from", options.from,
                           absl::StrCat("Only what was recorded from then on: ", kTimeWords));
        command.add_option(
            "--until", options.until,
            absl::StrCat("Only what was recorded before then, or on that day: ", kTimeWords));
        DeclarePages(command, options.page);
      },
      Statement);
  AddCommand<UpcomingOptions>(
      points, context, "upcoming", "What happens to a member's points by itself, and when",
      [](CLI::App& command, UpcomingOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--until", options.until,
                           absl::StrCat("Only what happens until then: ", kTimeWords));
        DeclarePages(command, options.page);
      },
      Upcoming);
  AddCommand<LotsOptions>(
      points, context, "lots", "A member's points as they were earned, and when they end",
      [](CLI::App& command, LotsOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.page);
      },
      Lots);
}

}  // namespace gratis::cli
