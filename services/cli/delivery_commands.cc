#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/deliveries.pb.h"
#include "services/cli/command.h"
#include "services/cli/entry_kinds.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace delivery_commands {
namespace {

namespace v1 = messages::v1;

struct ListOptions {
  std::string whose;
  std::string state;
  PageOptions page;
};

struct OneOptions {
  std::string id;
};

constexpr std::pair<const char*, v1::DeliveryState> kStates[] = {
    {"waiting", v1::DELIVERY_STATE_WAITING},
    {"sending", v1::DELIVERY_STATE_SENDING},
    {"delivered", v1::DELIVERY_STATE_DELIVERED},
    {"dead", v1::DELIVERY_STATE_DEAD},
};

std::vector<std::string> StateNames() {
  std::vector<std::string> names;
  for (const auto& [name, state] : kStates) names.emplace_back(name);
  return names;
}

std::string About(const v1::Delivery& delivery) {
  if (delivery.channel() != v1::CHANNEL_WEBHOOK) return delivery.message_id();
  if (delivery.event_kind() == ledger::v1::ENTRY_KIND_UNSPECIFIED) return "test";
  return absl::StrCat(WordOf(delivery.event_kind()), " ", delivery.event_id());
}

std::string Describe(const v1::GetDeliveryResponse& answer) {
  const v1::Delivery& delivery = answer.delivery();
  std::string text = Card()
                         .Line("delivery", delivery.delivery_id())
                         .Line("channel", EnumWords(delivery, "channel"))
                         .Line("about", About(delivery))
                         .Line("member", delivery.member_id())
                         .Line("subscription", delivery.subscription_id())
                         .Line("state", EnumWords(delivery, "state"))
                         .Line("reason", delivery.reason())
                         .Line("in doubt", delivery.in_doubt() ? "it may have arrived twice" : "")
                         .Line("in line since", FormatTime(delivery.created_at()))
                         .Line("tried next", FormatTime(delivery.next_attempt_at()))
                         .Line("given up after", FormatTime(delivery.give_up_at()))
                         .Line("attempts", Grouped(delivery.attempts()))
                         .ToString();
  if (answer.attempts().empty()) return text;
  Table table({{"ATTEMPT", Table::Align::kRight},
               {"ENDED"},
               {"OUTCOME"},
               {"REASON"},
               {"CODE", Table::Align::kRight},
               {"MS", Table::Align::kRight},
               {"ANSWER"}});
  for (const v1::Attempt& attempt : answer.attempts()) {
    table.Add({Grouped(attempt.number()), FormatTime(attempt.ended_at()),
               EnumWords(attempt, "outcome"), attempt.reason(),
               attempt.answer_code() == 0 ? "" : absl::StrCat(attempt.answer_code()),
               Grouped(attempt.elapsed_ms()), attempt.answer()});
  }
  return absl::StrCat(text, "\n", table.ToString());
}

void DeclareList(CLI::App& command, ListOptions& options) {
  command.add_option("WHOSE", options.whose, "A subscription (whk_…) or a member (mem_…)")
      ->required();
  command.add_option("--state", options.state, "Only those: waiting, sending, delivered or dead")
      ->check(CLI::IsMember(StateNames()))
      ->type_name("");
  DeclarePages(command, options.page);
}

absl::Status List(Context& context, const ListOptions& options) {
  v1::ListDeliveriesRequest request;
  if (options.whose.rfind("mem_", 0) == 0) {
    request.set_member_id(options.whose);
  } else {
    request.set_subscription_id(options.whose);
  }
  for (const auto& [name, state] : kStates) {
    if (options.state == name) request.set_state(state);
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListDeliveriesResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, std::move(request), all,
                [](v1::ListDeliveriesResponse& answer) { return answer.mutable_deliveries(); }));
  Table table({{"DELIVERY"},
               {"IN LINE SINCE"},
               {"CHANNEL"},
               {"ABOUT"},
               {"STATE"},
               {"ATTEMPTS", Table::Align::kRight},
               {"REASON"}});
  for (const v1::Delivery& delivery : all.deliveries()) {
    table.Add({delivery.delivery_id(), FormatTime(delivery.created_at()),
               EnumWords(delivery, "channel"), About(delivery), EnumWords(delivery, "state"),
               Grouped(delivery.attempts()), delivery.reason()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

void DeclareOne(CLI::App& command, OneOptions& options) {
  command.add_option("DELIVERY", options.id, "dlv_…, as gratis deliveries list shows it")
      ->required();
}

absl::Status Show(Context& context, const OneOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetDeliveryRequest request;
  request.set_delivery_id(options.id);
  v1::GetDeliveryResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer));
  return absl::OkStatus();
}

void DeclareReplay(CLI::App& command, OneOptions& options) {
  command
      .add_option("WHICH", options.id,
                  "A delivery (dlv_…), or a subscription (whk_…) for all that it has given up")
      ->required();
}

absl::Status ReplayDead(Context& context, RemoteEngine& engine, const std::string& subscription) {
  v1::ReplayDeadDeliveriesRequest request;
  request.set_request_id(context.RequestId());
  request.set_subscription_id(subscription);
  v1::ReplayDeadDeliveriesResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  context.Show(answer, absl::StrCat(Counted(answer.deliveries(), "delivery", "deliveries"),
                                    " in line again.\n"));
  return absl::OkStatus();
}

absl::Status Replay(Context& context, const OneOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  if (options.id.rfind("whk_", 0) == 0) return ReplayDead(context, *engine, options.id);
  v1::ReplayDeliveryRequest request;
  request.set_request_id(context.RequestId());
  request.set_delivery_id(options.id);
  v1::ReplayDeliveryResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, "In line again.\n");
  return absl::OkStatus();
}

}  // namespace
}  // namespace delivery_commands

void AddDeliveryCommands(CLI::App& app, Context& context) {
  using namespace delivery_commands;
  CLI::App& family = *app.add_subcommand("deliveries", "What goes out, attempt by attempt");
  family.require_subcommand(1);
  AddCommand<ListOptions>(family, context, "list", "Those of a subscription or to a member",
                          DeclareList, List);
  AddCommand<OneOptions>(family, context, "show", "One, with its attempts", DeclareOne, Show);
  AddCommand<OneOptions>(family, context, "replay", "Send again what was given up", DeclareReplay,
                         Replay);
}

}  // namespace gratis::cli
