#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "gratis/messages/v1/webhooks.pb.h"
#include "services/cli/command.h"
#include "services/cli/entry_kinds.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace webhook_commands {
namespace {

namespace v1 = messages::v1;

constexpr char kSubscription[] = "whk_…, as gratis webhooks list shows it";

struct SettingsOptions {
  std::string url;
  std::string label;
  std::vector<std::string> kinds;
  int32_t max_in_flight = 0;
  bool ordered = false;
  bool dry_run = false;
};

struct CreateOptions {
  SettingsOptions settings;
  std::string from;
};

struct SetOptions {
  std::string id;
  SettingsOptions settings;
};

struct IdOptions {
  std::string id;
};

struct RotateOptions {
  std::string id;
  int32_t overlap_hours = 24;
};

struct ReplayOptions {
  std::string id;
  std::string from;
};

// "start", or places in the journal as "12:345,13:77". Errors: usage.
absl::StatusOr<ledger::v1::Cursor> CursorOf(const std::string& text) {
  ledger::v1::Cursor cursor;
  if (text == "start") return cursor;
  for (const std::string& place : std::vector<std::string>(absl::StrSplit(text, ','))) {
    const std::vector<std::string> parts = absl::StrSplit(place, ':');
    int32_t partition = 0;
    int64_t sequence = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &partition) ||
        !absl::SimpleAtoi(parts[1], &sequence)) {
      return UsageError("--from", absl::StrCat("\"", text,
                                               "\" is not start, nor a place in the journal such "
                                               "as 12:345,13:77"));
    }
    ledger::v1::Position& position = *cursor.add_positions();
    position.set_partition(partition);
    position.set_sequence(sequence);
  }
  return cursor;
}

std::string Describe(const ledger::v1::Cursor& cursor) {
  return absl::StrJoin(cursor.positions(), ",",
                       [](std::string* out, const ledger::v1::Position& position) {
                         absl::StrAppend(out, position.partition(), ":", position.sequence());
                       });
}

std::string KindWords(const v1::Subscription& subscription) {
  if (subscription.kinds().empty()) return "all";
  std::vector<std::string> words;
  for (const int kind : subscription.kinds()) {
    words.push_back(WordOf(static_cast<ledger::v1::EntryKind>(kind)));
  }
  return absl::StrJoin(words, ", ");
}

std::string StandingWord(const v1::Subscription& subscription) {
  if (subscription.paused()) return "paused";
  return subscription.circuit() == v1::CIRCUIT_STATE_OPEN ? "failing" : "running";
}

Card CardOf(const v1::Subscription& subscription) {
  Card card;
  card.Line("subscription", subscription.subscription_id())
      .Line("url", subscription.url())
      .Line("label", subscription.label())
      .Line("kinds", KindWords(subscription))
      .Line("order", subscription.ordered() ? "by member" : "any")
      .Line("at a time", absl::StrCat("at most ", subscription.max_in_flight()))
      .Line("state", StandingWord(subscription))
      .Line("tried again", FormatTime(subscription.circuit_open_until()))
      .Line("secret", absl::StrCat("generation ", subscription.generation()))
      .Line("secret before signs until", FormatTime(subscription.previous_until()))
      .Line("made", FormatTime(subscription.created_at()));
  if (!subscription.has_cursor()) return card;
  return card.Line("taken until", Describe(subscription.cursor()))
      .Line("waiting", Grouped(subscription.waiting_deliveries()))
      .Line("given up", Grouped(subscription.dead_deliveries()));
}

std::string TextWithSecret(const v1::Subscription& subscription, const std::string& secret) {
  std::string text = CardOf(subscription).ToString();
  if (secret.empty()) return text;
  return absl::StrCat(text, "\n", secret,
                      "\n\nGive it to the receiver, whose library of Standard Webhooks takes it as "
                      "it is. It is not shown again.\n");
}

void DeclareSettings(CLI::App& command, SettingsOptions& options) {
  command.add_option("URL", options.url, "Where to: https://…")->required();
  command.add_option("--label", options.label, "What for");
  command.add_option("--kind", options.kinds,
                     "Only entries of this kind: purchase, birthday-gift, …; else all");
  command.add_flag("--ordered", options.ordered,
                   "What is about one member comes in the order of the journal");
  command.add_option("--max-in-flight", options.max_in_flight,
                     "Deliveries at a time; 32 if left out");
  command.add_flag("--dry-run", options.dry_run, "Only say what would happen");
}

absl::Status FillSettings(const SettingsOptions& options, v1::SubscriptionSettings& settings) {
  settings.set_url(options.url);
  settings.set_label(options.label);
  settings.set_ordered(options.ordered);
  settings.set_max_in_flight(options.max_in_flight);
  return AddKinds(options.kinds, settings);
}

void DeclareId(CLI::App& command, std::string& id) {
  command.add_option("SUBSCRIPTION", id, kSubscription)->required();
}

void DeclareCreate(CLI::App& command, CreateOptions& options) {
  DeclareSettings(command, options.settings);
  command.add_option("--from", options.from,
                     "Where in the journal to begin: start, or 12:345,13:77; else now");
}

absl::Status Create(Context& context, const CreateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::CreateSubscriptionRequest request;
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.settings.dry_run);
  RETURN_IF_ERROR(FillSettings(options.settings, *request.mutable_settings()));
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_from(), CursorOf(options.from));
  }
  v1::CreateSubscriptionResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, TextWithSecret(answer.subscription(), answer.secret()));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListSubscriptionsResponse all;
  RETURN_IF_ERROR(ReadPages(
      context, *engine, options, v1::ListSubscriptionsRequest(), all,
      [](v1::ListSubscriptionsResponse& answer) { return answer.mutable_subscriptions(); }));
  Table table({{"SUBSCRIPTION"},
               {"URL"},
               {"KINDS"},
               {"STATE"},
               {"WAITING", Table::Align::kRight},
               {"GIVEN UP", Table::Align::kRight},
               {"LABEL"}});
  for (const v1::Subscription& subscription : all.subscriptions()) {
    table.Add({subscription.subscription_id(), subscription.url(), KindWords(subscription),
               StandingWord(subscription), Grouped(subscription.waiting_deliveries()),
               Grouped(subscription.dead_deliveries()), subscription.label()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

// A call that takes nothing but a subscription, and answers with how it is.
template <class Request, class Response>
absl::Status CallFor(Context& context, Request request, const std::string& id) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  request.set_subscription_id(id);
  Response answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.subscription(), CardOf(answer.subscription()).ToString());
  return absl::OkStatus();
}

template <class Request>
Request WithId(const Context& context) {
  Request request;
  request.set_request_id(context.RequestId());
  return request;
}

absl::Status Show(Context& context, const IdOptions& options) {
  return CallFor<v1::GetSubscriptionRequest, v1::GetSubscriptionResponse>(
      context, v1::GetSubscriptionRequest(), options.id);
}

absl::Status Pause(Context& context, const IdOptions& options) {
  return CallFor<v1::PauseSubscriptionRequest, v1::PauseSubscriptionResponse>(
      context, WithId<v1::PauseSubscriptionRequest>(context), options.id);
}

absl::Status Resume(Context& context, const IdOptions& options) {
  return CallFor<v1::ResumeSubscriptionRequest, v1::ResumeSubscriptionResponse>(
      context, WithId<v1::ResumeSubscriptionRequest>(context), options.id);
}

absl::Status Set(Context& context, const SetOptions& options) {
  auto request = WithId<v1::SetSubscriptionRequest>(context);
  request.set_validate_only(options.settings.dry_run);
  RETURN_IF_ERROR(FillSettings(options.settings, *request.mutable_settings()));
  return CallFor<v1::SetSubscriptionRequest, v1::SetSubscriptionResponse>(
      context, std::move(request), options.id);
}

absl::Status Rotate(Context& context, const RotateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  auto request = WithId<v1::RotateSecretRequest>(context);
  request.set_subscription_id(options.id);
  request.set_overlap_seconds(options.overlap_hours * 3600);
  v1::RotateSecretResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, TextWithSecret(answer.subscription(), answer.secret()));
  return absl::OkStatus();
}

absl::Status Test(Context& context, const IdOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  auto request = WithId<v1::SendTestEventRequest>(context);
  request.set_subscription_id(options.id);
  v1::SendTestEventResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, absl::StrCat("In line. What became of it: gratis deliveries show ",
                                    answer.delivery_id(), "\n"));
  return absl::OkStatus();
}

absl::Status ReplayFrom(Context& context, const ReplayOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  auto request = WithId<v1::ReplaySubscriptionRequest>(context);
  request.set_subscription_id(options.id);
  ASSIGN_OR_RETURN(*request.mutable_cursor(), CursorOf(options.from));
  v1::ReplaySubscriptionResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, absl::StrCat(Counted(answer.entries(), "entry", "entries"),
                                    " of the journal are looked at again.\n"));
  return absl::OkStatus();
}

absl::Status Delete(Context& context, const IdOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  auto request = WithId<v1::DeleteSubscriptionRequest>(context);
  request.set_subscription_id(options.id);
  v1::DeleteSubscriptionResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, "Deleted.\n");
  return absl::OkStatus();
}

void DeclareOne(CLI::App& command, IdOptions& options) { DeclareId(command, options.id); }

void DeclareSet(CLI::App& command, SetOptions& options) {
  DeclareId(command, options.id);
  DeclareSettings(command, options.settings);
}

void DeclareRotate(CLI::App& command, RotateOptions& options) {
  DeclareId(command, options.id);
  command
      .add_option("--overlap-hours", options.overlap_hours, "How long the secret before signs, too")
      ->check(CLI::Range(0, 720))
      ->capture_default_str();
}

void DeclareReplay(CLI::App& command, ReplayOptions& options) {
  DeclareId(command, options.id);
  command
      .add_option("--from", options.from,
                  "Behind which place of the journal to go on: start, or 12:345,13:77")
      ->required();
}

}  // namespace
}  // namespace webhook_commands

void AddWebhookCommands(CLI::App& app, Context& context) {
  using namespace webhook_commands;
  CLI::App& family = *app.add_subcommand("webhooks", "Who is told what the journal says");
  family.require_subcommand(1);
  AddCommand<CreateOptions>(family, context, "create", "Subscribe a URL", DeclareCreate, Create);
  AddCommand<PageOptions>(family, context, "list", "All subscriptions", DeclarePages, List);
  AddCommand<IdOptions>(family, context, "show", "One subscription, and how it does", DeclareOne,
                        Show);
  AddCommand<SetOptions>(family, context, "set", "Change where and what is sent", DeclareSet, Set);
  AddCommand<IdOptions>(family, context, "pause", "Send nothing for a while", DeclareOne, Pause);
  AddCommand<IdOptions>(family, context, "resume", "Go on where it was paused", DeclareOne, Resume);
  AddCommand<RotateOptions>(family, context, "rotate", "Give it a new secret", DeclareRotate,
                            Rotate);
  AddCommand<IdOptions>(family, context, "test", "Send an event that tries it out", DeclareOne,
                        Test);
  AddCommand<ReplayOptions>(family, context, "replay", "Send again from a place in the journal",
                            DeclareReplay, ReplayFrom);
  AddCommand<IdOptions>(family, context, "delete", "End it", DeclareOne, Delete);
}

}  // namespace gratis::cli
