#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_points.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace posting_commands {
namespace {

namespace v1 = ledger::v1;

struct EarnOptions {
  MemberPoints of;
  bool milli = false;
  bool bought = false;
  bool on_activation = false;
  std::string available_at;
  std::string expires_at;
  std::string budget;
};

struct HoldOptions {
  MemberPoints of;
  int64_t life_seconds = 0;
};

struct TransferOptions {
  MemberPoints of;
  std::string to;
};

void DeclareMembers(CLI::App& command, MemberPoints& options) {
  DeclareMemberPoints(command, options);
  DeclarePost(command, options.post);
}

void DeclareEarn(CLI::App& command, EarnOptions& options) {
  DeclareMembers(command, options.of);
  command.add_flag("--milli", options.milli, "POINTS are thousandths, rounded by the unit's rule");
  command.add_flag("--bought", options.bought, "They come from buying; given if left out");
  CLI::Option* from = command.add_option("--available-at", options.available_at,
                                         absl::StrCat("May be spent from then on: ", kTimeWords));
  command.add_flag("--on-activation", options.on_activation, "May be spent when activated")
      ->excludes(from);
  command.add_option("--expires-at", options.expires_at,
                     absl::StrCat("End then, whatever the unit's rule says, after the whole of a "
                                  "day: ",
                                  kTimeWords));
  command.add_option("--budget", options.budget, "The budget that pays: bgt_…");
}

absl::Status Earn(Context& context, const EarnOptions& options) {
  v1::EarnRequest request;
  ASSIGN_OR_RETURN(const int64_t points, PointsOf(options.of));
  options.milli ? request.set_milli_points(points) : request.set_points(points);
  RETURN_IF_ERROR(Fill(context, options.of.post, request));
  if (!options.available_at.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_available_at(),
                     TimeOf(context, options.available_at, "--available-at", DayAs::kBeginning));
  }
  if (options.on_activation) request.set_on_activation(true);
  if (!options.expires_at.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_expires_at(),
                     TimeOf(context, options.expires_at, "--expires-at", DayAs::kEnd));
  }
  request.set_origin(options.bought ? v1::ORIGIN_PURCHASE : v1::ORIGIN_GIVEN);
  request.set_unit(options.of.unit);
  request.set_budget_id(options.budget);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), MemberOf(context, *engine, options.of));
  v1::EarnResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               CardOf(options.of.post, "earned", answer.earned_points(), answer).ToString());
  return absl::OkStatus();
}

absl::Status Spend(Context& context, const MemberPoints& options) {
  v1::SpendRequest request;
  ASSIGN_OR_RETURN(const int64_t points, PointsOf(options));
  RETURN_IF_ERROR(Fill(context, options.post, request));
  request.set_points(points);
  request.set_unit(options.unit);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), MemberOf(context, *engine, options));
  v1::SpendResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, CardOf(options.post, "spent", points, answer).ToString());
  return absl::OkStatus();
}

absl::Status PlaceHold(Context& context, const HoldOptions& options) {
  v1::PlaceHoldRequest request;
  ASSIGN_OR_RETURN(const int64_t points, PointsOf(options.of));
  RETURN_IF_ERROR(Fill(context, options.of.post, request));
  request.set_points(points);
  request.set_unit(options.of.unit);
  request.set_life_seconds(options.life_seconds);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), MemberOf(context, *engine, options.of));
  v1::PlaceHoldResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card = CardOf(options.of.post, "pinned", points, answer);
  if (!answer.hold_id().empty()) {
    card.Line("hold", answer.hold_id()).Line("until", FormatTime(answer.expires_at()));
  }
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

absl::Status Transfer(Context& context, const TransferOptions& options) {
  v1::TransferRequest request;
  ASSIGN_OR_RETURN(const int64_t points, PointsOf(options.of));
  RETURN_IF_ERROR(Fill(context, options.of.post, request));
  request.set_points(points);
  request.set_unit(options.of.unit);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), MemberOf(context, *engine, options.of));
  MemberName to;
  to.any = options.to;
  ASSIGN_OR_RETURN(*request.mutable_to_member_id(), ResolveMember(context, *engine, to));
  v1::TransferResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, CardOf(options.of.post, "transferred", points, answer).ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace posting_commands

void AddPostingCommands(CLI::App& points, Context& context) {
  using namespace posting_commands;
  AddCommand<EarnOptions>(points, context, "earn", "Give a member points", DeclareEarn, Earn);
  AddCommand<MemberPoints>(points, context, "spend", "Take points that a member spends",
                           DeclareMembers, Spend);
  AddCommand<HoldOptions>(
      points, context, "hold", "Pin points that a member is about to spend",
      [](CLI::App& command, HoldOptions& options) {
        DeclareMembers(command, options.of);
        command.add_option("--life", options.life_seconds, "Seconds it lives; 900 if left out")
            ->check(CLI::PositiveNumber);
      },
      PlaceHold);
  AddFollowingCommands(points, context);
  AddAdjustmentCommands(points, context);
  AddCommand<TransferOptions>(
      points, context, "transfer", "Move points from one member to another",
      [](CLI::App& command, TransferOptions& options) {
        DeclareMembers(command, options.of);
        command.add_option("--to", options.to, "Who receives, named as a member is")->required();
      },
      Transfer);
}

}  // namespace gratis::cli
