#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/anchors.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace verify_command {
namespace {

namespace v1 = ledger::v1;

constexpr char kHouse[] = "house";
constexpr int32_t kHousePartition = 0;

struct VerifyOptions {
  std::string anchor;
  std::string write_anchor;
};

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
  std::vector<v1::Anchor> anchors;  // given; also those of what was not looked at
  std::vector<Books> books;         // the house's first, if they were looked at
  bool house = false;
  bool all_programs = false;  // that there are

  bool Has(int32_t partition) const {
    return std::any_of(books.begin(), books.end(), [partition](const Books& one) {
      return std::any_of(one.partitions.begin(), one.partitions.end(),
                         [partition](const auto& part) { return part.partition() == partition; });
    });
  }
  // The anchors of partitions that were not looked at.
  std::vector<v1::Anchor> LeftOut() const {
    std::vector<v1::Anchor> left_out;
    for (const v1::Anchor& anchor : anchors) {
      if (!Has(anchor.partition())) left_out.push_back(anchor);
    }
    return left_out;
  }
  // How many of them are of partitions that no program has any more.
  int64_t lost() const { return house && all_programs ? std::ssize(LeftOut()) : 0; }
  bool sound() const { return lost() == 0 && Sum().sound(); }
  // What to compare with later.
  std::vector<v1::Anchor> Heads() const {
    std::vector<v1::Anchor> heads;
    for (const Books& one : books) {
      for (const v1::VerifyPartitionResponse& part : one.partitions) {
        v1::Anchor& head = heads.emplace_back();
        head.set_partition(part.partition());
        head.set_sequence(part.last_sequence());
        head.set_chain_hash(part.chain_hash());
      }
    }
    return heads;
  }
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
  const auto& its = trial.partitions();
  for (const v1::Anchor& anchor : found.anchors) {
    const bool of_house = anchor.partition() == kHousePartition && !found.house;
    if (of_house || std::find(its.begin(), its.end(), anchor.partition()) != its.end()) {
      *request.add_anchors() = anchor;
    }
  }
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
  const int64_t left_out = std::ssize(found.LeftOut());
  json.BeginObject()
      .Field("sound", found.sound())
      .Field("house", found.house)
      .Field("anchors", std::ssize(found.anchors) - left_out)
      .Field("anchors_left_out", left_out)
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
      found.sound() ? "The books are sound: " : "The books are damaged; looked at ",
      Counted(sum.entries, "entry", "entries"), " and ", Counted(sum.wallets, "wallet", "wallets"),
      " in ", Counted(found.partitions(), "partition", "partitions"), ".\n");
  if (!found.anchors.empty()) {
    const int64_t left_out = std::ssize(found.LeftOut());
    absl::StrAppend(&text, "Compared with ",
                    Counted(std::ssize(found.anchors) - left_out, "anchor", "anchors"), ".\n");
    if (left_out > 0) {
      absl::StrAppend(&text, Counted(left_out, "anchor is", "anchors are"),
                      found.lost() > 0 ? " of partitions that are gone.\n"
                                       : " of partitions that were not looked at.\n");
    }
  }
  if (!found.house) {
    absl::StrAppend(
        &text,
        "Not looked at: the house's books, with the table of programs, and what belongs "
        "to no program. That takes a key for all programs, of the role admin or "
        "auditor.\n");
  }
  return text;
}

void Declare(CLI::App& command, VerifyOptions& options) {
  command.add_option("--anchor", options.anchor,
                     "A file of heads that were verified before: that nothing was cut off or "
                     "written anew up to there is checked, too");
  command.add_option("--write-anchor", options.write_anchor,
                     "Where to write the heads to if the books are sound, for --anchor; the file "
                     "is written anew");
  command.footer(
      "Keep anchors where nobody who can change the database can change them. One file may be\n"
      "given to both options; anchors of what was not looked at stay in it.");
}

absl::Status Verify(Context& context, const VerifyOptions& options) {
  Found found;
  if (!options.anchor.empty()) {
    ASSIGN_OR_RETURN(found.anchors, ReadAnchors(options.anchor));
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ASSIGN_OR_RETURN(const std::vector<std::string> programs, ProgramsToVerify(context, *engine));
  found.all_programs = context.options.program.empty() && !programs.front().empty();
  for (const std::string& program : programs) {
    engine->set_program(program);
    RETURN_IF_ERROR(VerifyProgram(context, *engine, found));
  }
  if (found.sound() && !options.write_anchor.empty()) {
    std::vector<v1::Anchor> heads = found.Heads();
    for (const v1::Anchor& other : found.LeftOut()) heads.push_back(other);
    RETURN_IF_ERROR(WriteAnchors(options.write_anchor, heads));
  }
  context.Show(Json(found), Text(found));
  if (found.sound()) return absl::OkStatus();
  const Books sum = found.Sum();
  return WithAdvice(
      Error(Reason::kBooksDamaged,
            sum.damages > 0
                ? absl::StrCat("the books are damaged in ", Counted(sum.damages, "place", "places"))
            : found.lost() > 0
                ? absl::StrCat("of ", Counted(found.lost(), "anchor", "anchors"),
                               " the partition is gone")
                : absl::StrCat("debits and credits differ by ", Grouped(sum.total_points))),
      "stop what writes, keep the database as it is, and compare it with a backup");
}

}  // namespace
}  // namespace verify_command

void AddVerifyCommand(CLI::App& ledger, Context& context) {
  using namespace verify_command;
  AddCommand<VerifyOptions>(
      ledger, context, "verify",
      "Recompute the books from their journal: of --program, else of all programs that the key "
      "may see, and of the house; exit code 4 on any damage",
      Declare, Verify);
}

}  // namespace gratis::cli
