#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

namespace v1 = ledger::v1;

constexpr char kHouse[] = "house";

// What was found in the books of a program, or of the house.
struct Books {
  std::string program;
  int64_t entries = 0;
  int64_t wallets = 0;
  int64_t damages = 0;
  int64_t total_points = 0;
  std::vector<v1::VerifyPartitionResponse> partitions;

  bool sound() const { return damages == 0 && total_points == 0; }
};

struct Found {
  std::vector<Books> books;  // the house's first, if they were looked at
  bool house = false;

  Books Sum() const {
    Books sum;
    for (const Books& one : books) {
      sum.entries += one.entries;
      sum.wallets += one.wallets;
      sum.damages += one.damages;
      // One that is off does not make up for another.
      if (sum.total_points == 0) sum.total_points = one.total_points;
    }
    return sum;
  }
  int64_t partitions() const {
    int64_t count = 0;
    for (const Books& one : books) count += static_cast<int64_t>(one.partitions.size());
    return count;
  }
};

// The programs whose books the key may see; an empty code stands for its own.
absl::StatusOr<std::vector<std::string>> ProgramsToVerify(Context& context, RemoteEngine& engine) {
  if (!context.options.program.empty()) return std::vector{context.options.program};
  v1::ListProgramsResponse all;
  const absl::Status status =
      ReadPages(context, engine, {.limit = std::numeric_limits<int64_t>::max(), .page_token = ""},
                v1::ListProgramsRequest(), all,
                [](v1::ListProgramsResponse& answer) { return answer.mutable_programs(); });
  // A key that may not list programs is bound to one.
  if (ReasonOf(status) == Reason::kRoleNotAllowed) return std::vector{std::string()};
  RETURN_IF_ERROR(status);
  std::vector<std::string> codes;
  for (const v1::Program& program : all.programs()) codes.push_back(program.code());
  // Where there is none yet, only the house has books.
  if (codes.empty()) codes.emplace_back(kHouse);
  return codes;
}

Books& BooksOf(const std::string& program, Found& found) {
  const auto known = std::find_if(found.books.begin(), found.books.end(),
                                  [&](const Books& one) { return one.program == program; });
  if (known != found.books.end()) return *known;
  found.books.emplace_back();
  found.books.back().program = program;
  return found.books.back();
}

// Has all partitions of the program that the engine is set to verified; and the house's, if that
// was not done yet.
absl::Status VerifyProgram(Context& context, RemoteEngine& engine, Found& found) {
  v1::GetTrialBalanceResponse trial;
  RETURN_IF_ERROR(context.Call(engine, v1::GetTrialBalanceRequest(), trial));
  Progress progress(absl::StrCat("Verifying ", engine.program()), "entries", Progress::Shown());
  v1::VerifyLedgerRequest request;
  request.set_without_house(found.house);
  std::vector<v1::VerifyPartitionResponse> parts;
  v1::VerifyLedgerResponse message;
  RETURN_IF_ERROR(engine.Stream(request, message, [&] {
    if (message.has_verified()) parts.push_back(message.verified());
    found.house = found.house || message.house();
    progress.Update(message.partitions_done(), message.partitions(), message.entries());
    return absl::OkStatus();
  }));
  // The house's partition is the first of all.
  std::sort(parts.begin(), parts.end(),
            [](const auto& a, const auto& b) { return a.partition() < b.partition(); });
  for (const v1::VerifyPartitionResponse& part : parts) {
    Books& books = BooksOf(part.program(), found);
    books.entries += part.entries();
    books.wallets += part.wallets();
    books.damages += part.damages_size();
    books.partitions.push_back(part);
  }
  // Its own partitions are the last.
  if (!found.books.empty()) found.books.back().total_points = trial.total_points();
  return absl::OkStatus();
}

std::string Json(const Found& found) {
  const Books sum = found.Sum();
  JsonWriter json;
  json.BeginObject()
      .Field("sound", sum.sound())
      .Field("house", found.house)
      .Field("entries", sum.entries)
      .Field("wallets", sum.wallets)
      .Field("damages", sum.damages)
      .Field("total_points", sum.total_points)
      .Key("programs")
      .BeginArray();
  for (const Books& books : found.books) {
    json.BeginObject()
        .Field("program", books.program)
        .Field("sound", books.sound())
        .Field("entries", books.entries)
        .Field("wallets", books.wallets)
        .Field("damages", books.damages)
        .Field("total_points", books.total_points)
        .Key("partitions")
        .BeginArray();
    for (const auto& part : books.partitions) json.Message(part);
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return json.text();
}

std::string DamageTable(const Found& found) {
  Table damages({{"PROGRAM"},
                 {"PARTITION", Table::Align::kRight},
                 {"SEQUENCE", Table::Align::kRight},
                 {"CHECK"},
                 {"DAMAGE"}});
  for (const Books& books : found.books) {
    for (const auto& part : books.partitions) {
      for (const v1::Damage& damage : part.damages()) {
        damages.Add({books.program, absl::StrCat(part.partition()),
                     damage.has_sequence() ? absl::StrCat(damage.sequence()) : "", damage.check(),
                     damage.description()});
      }
    }
  }
  return damages.empty() ? "" : damages.ToString() + "\n";
}

std::string Text(const Found& found) {
  Table table({{"PROGRAM"},
               {"PARTITIONS", Table::Align::kRight},
               {"ENTRIES", Table::Align::kRight},
               {"WALLETS", Table::Align::kRight},
               {"BOOKS"}});
  for (const Books& books : found.books) {
    table.Add({books.program, Grouped(static_cast<int64_t>(books.partitions.size())),
               Grouped(books.entries), Grouped(books.wallets),
               books.damages > 0         ? Counted(books.damages, "damage", "damages")
               : books.total_points != 0 ? "do not balance"
                                         : "sound"});
  }
  const Books sum = found.Sum();
  std::string text = absl::StrCat(
      DamageTable(found), table.ToString(), "\n",
      sum.sound() ? "The books are sound: " : "The books are damaged; looked at ",
      Counted(sum.entries, "entry", "entries"), " and ", Counted(sum.wallets, "wallet", "wallets"),
      " in ", Counted(found.partitions(), "partition", "partitions"), ".\n");
  if (!found.house) {
    absl::StrAppend(
        &text,
        "Not looked at: the house's books, with the table of programs, and what belongs "
        "to no program. That takes a key for all programs, of the role admin or "
        "auditor.\n");
  }
  return text;
}

absl::Status Verify(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ASSIGN_OR_RETURN(const std::vector<std::string> programs, ProgramsToVerify(context, *engine));
  Found found;
  for (const std::string& program : programs) {
    engine->set_program(program);
    RETURN_IF_ERROR(VerifyProgram(context, *engine, found));
  }
  context.Show(Json(found), Text(found));
  const Books sum = found.Sum();
  if (sum.sound()) return absl::OkStatus();
  return Error(
      Reason::kBooksDamaged,
      sum.damages > 0
          ? absl::StrCat("the books are damaged in ", Counted(sum.damages, "place", "places"))
          : absl::StrCat("debits and credits differ by ", Grouped(sum.total_points)));
}

}  // namespace

void AddVerifyCommand(CLI::App& ledger, Context& context) {
  AddCommand(
      ledger, context, "verify",
      "Recompute the books from their journal: of --program, else of all programs that the key "
      "may see, and of the house; exit code 4 on any damage",
      Verify);
}

}  // namespace gratis::cli
