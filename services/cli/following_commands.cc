#include <cstdint>
#include <string>

#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/posting.h"
#include "services/cli/table.h"

// Postings that go on with what was made before and is known by its id.
namespace gratis::cli {
namespace following_commands {
namespace {

namespace v1 = ledger::v1;

// Something that was made before, by its id, and how much of it.
struct IdOptions {
  PostOptions post;
  std::string id;
  int64_t points = 0;
  std::string clawback;
};

void DeclareId(CLI::App& command, IdOptions& options, const std::string& name,
               const std::string& about) {
  command.add_option(name, options.id, about)->required();
  DeclarePost(command, options.post);
}

void DeclarePart(CLI::App& command, IdOptions& options, const std::string& about) {
  command.add_option("--points", options.points, about)->check(CLI::PositiveNumber);
}

absl::Status CaptureHold(Context& context, const IdOptions& options) {
  v1::CaptureHoldRequest request;
  RETURN_IF_ERROR(Fill(context, options.post, request));
  request.set_hold_id(options.id);
  request.set_points(options.points);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::CaptureHoldResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, CardOf(options.post, "spent", answer.captured_points(), answer)
                           .Line("released", Grouped(answer.released_points()))
                           .ToString());
  return absl::OkStatus();
}

absl::Status VoidHold(Context& context, const IdOptions& options) {
  v1::VoidHoldRequest request;
  RETURN_IF_ERROR(Fill(context, options.post, request));
  request.set_hold_id(options.id);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::VoidHoldResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               CardOf(options.post, "released", answer.released_points(), answer).ToString());
  return absl::OkStatus();
}

absl::Status Reverse(Context& context, const IdOptions& options) {
  v1::ReverseRequest request;
  RETURN_IF_ERROR(Fill(context, options.post, request));
  request.set_transaction_id(options.id);
  request.set_points(options.points);
  if (options.clawback == "debt") request.set_clawback(v1::CLAWBACK_DEBT);
  if (options.clawback == "clamp") request.set_clawback(v1::CLAWBACK_CLAMP);
  if (options.clawback == "refuse") request.set_clawback(v1::CLAWBACK_REFUSE);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ReverseResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const bool brought_back = answer.restored_points() != 0;
  Card card = CardOf(options.post, brought_back ? "brought back" : "taken back",
                     brought_back ? answer.restored_points() : answer.taken_points(), answer);
  if (answer.taken_as_debt_points() != 0) {
    card.Line("thereof owed", Grouped(answer.taken_as_debt_points()));
  }
  if (answer.forgiven_points() != 0) {
    card.Line("thereof forgiven", Grouped(answer.forgiven_points()));
  }
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

absl::Status Activate(Context& context, const IdOptions& options) {
  v1::ActivateRequest request;
  RETURN_IF_ERROR(Fill(context, options.post, request));
  request.set_transaction_id(options.id);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ActivateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               CardOf(options.post, "activated", answer.activated_points(), answer).ToString());
  return absl::OkStatus();
}

void DeclareReverse(CLI::App& command, IdOptions& options) {
  DeclareId(command, options, "TRANSACTION", "The posting to undo: txn_…");
  DeclarePart(command, options, "How much of it; all that is left if left out");
  command
      .add_option("--clawback", options.clawback,
                  "What about points that were spent; the unit's rule if left out")
      ->check(CLI::IsMember({"debt", "clamp", "refuse"}));
}

}  // namespace
}  // namespace following_commands

void AddFollowingCommands(CLI::App& points, Context& context) {
  using namespace following_commands;
  AddCommand<IdOptions>(
      points, context, "capture", "Spend what a hold pins, or a part of it",
      [](CLI::App& command, IdOptions& options) {
        DeclareId(command, options, "HOLD", "The hold: hld_…");
        DeclarePart(command, options, "How much of it; all if left out");
      },
      CaptureHold);
  AddCommand<IdOptions>(
      points, context, "void", "Release what a hold pins",
      [](CLI::App& command, IdOptions& options) {
        DeclareId(command, options, "HOLD", "The hold: hld_…");
      },
      VoidHold);
  AddCommand<IdOptions>(points, context, "reverse", "Undo a posting, or a part of it",
                        DeclareReverse, Reverse);
  AddCommand<IdOptions>(
      points, context, "activate", "Make pending points available",
      [](CLI::App& command, IdOptions& options) {
        DeclareId(command, options, "TRANSACTION", "The posting whose points wait: txn_…");
      },
      Activate);
}

}  // namespace gratis::cli
