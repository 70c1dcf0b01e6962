#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/order_words.h"
#include "services/cli/program_lookup.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace orders_commands {
namespace {

struct RecordOptions {
  std::string order;
  MemberName member;
  std::string total;
  std::string currency;
  int items = 0;
  std::string purchased_at;
  std::string organization;
  std::string same_as;
  BasketOptions basket;
  bool dry_run = false;
};

struct OrderOptions {
  std::string order;
};

void DeclareOrder(CLI::App& command, std::string& order) {
  command
      .add_option("ORDER", order, "The order, as in webshop:A-17 or pos#store/till/2026-11-28/17")
      ->required();
}

void DeclareRecord(CLI::App& command, RecordOptions& options) {
  DeclareOrder(command, options.order);
  DeclareMember(command, options.member, "--member");
  command.add_option("--total", options.total,
                     "What was paid for goods and services: 59.90; not needed with --line");
  command.add_option("--currency", options.currency, "ISO 4217; the program's if left out");
  command.add_option("--items", options.items, "How many items");
  command.add_option("--at", options.purchased_at,
                     absl::StrCat("When: ", kTimeWords, "; now if left out"));
  command.add_option("--organization", options.organization,
                     "The organization that they buy for: mem_…");
  command.add_option("--same-as", options.same_as, "The order's other name, of click-and-collect");
  DeclareBasket(command, options.basket);
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

std::string Thanked(const thanks::v1::ThankYou& thank_you) {
  if (thank_you.outcome() != thanks::v1::THANK_YOU_OUTCOME_GIVEN) {
    return absl::StrCat("withheld: ", EnumWords(thank_you, "why"));
  }
  std::string text = "given";
  if (!thank_you.sender().empty()) absl::StrAppend(&text, " by ", thank_you.sender());
  if (thank_you.bonus_points() > 0) {
    absl::StrAppend(&text, ", with ", Counted(thank_you.bonus_points(), "point", "points"));
  }
  return text;
}

absl::Status Record(Context& context, const RecordOptions& options) {
  thanks::v1::RecordPurchaseRequest request;
  RETURN_IF_ERROR(ParseOrder("ORDER", options.order, *request.mutable_order()));
  if (!options.purchased_at.empty()) {
    ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> at,
                     TimeUnlessNow(context, options.purchased_at, "--at", DayAs::kNoon));
    if (at) *request.mutable_purchased_at() = *at;
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  std::string currency = options.currency;
  if (currency.empty()) {
    ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, *engine));
    currency = program.currency_code();
  }
  if (options.total.empty() && options.basket.lines.empty()) {
    return UsageError("--total", "say what was paid, or what was bought with --line");
  }
  absl::StatusOr<base::Money> total =
      base::ParseMoney(options.total.empty() ? "0" : options.total, currency);
  if (!total.ok()) return AsUsage(total.status(), "--total");
  *request.mutable_total() = ToProto(*total);
  RETURN_IF_ERROR(SetBasket(options.basket, request));
  if (!options.same_as.empty()) {
    RETURN_IF_ERROR(ParseOrder("--same-as", options.same_as, *request.mutable_same_as()));
  }
  // Whoever has no card gets a receipt with a code.
  if (!options.member.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  }
  request.set_item_count(options.items);
  request.set_organization_id(options.organization);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  thanks::v1::RecordPurchaseResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("purchase", answer.purchase_id()).Line("points", Grouped(answer.points()));
  if (!options.organization.empty()) {
    card.Line("for the organization", Grouped(answer.organization_points()));
  }
  if (answer.has_available_points()) card.Line("available", Grouped(answer.available_points()));
  card.Line("receipt code", answer.receipt_code());
  if (answer.same_as_recorded()) card.Line("same as", "what was recorded before");
  if (answer.returned_points() > 0)
    card.Line("gone for returns", Grouped(answer.returned_points()));
  if (answer.pending_points() > 0) {
    card.Line("wait", absl::StrCat(Grouped(answer.pending_points()), ", at most until ",
                                   FormatTime(answer.points_available_at())));
  }
  if (answer.has_thank_you()) card.Line("thank-you", Thanked(answer.thank_you()));
  AddCaps(answer.caps(), card);
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

// Its lines, unless only a total was told.
std::string LinesOf(const thanks::v1::Purchase& purchase) {
  std::vector<const thanks::v1::LineTrace*> traces;
  std::vector<const thanks::v1::PurchaseLine*> told;
  for (const thanks::v1::RecordedLine& line : purchase.lines()) {
    if (!line.has_line()) continue;
    traces.push_back(&line.trace());
    told.push_back(&line.line());
  }
  return LinesTable(traces, told, purchase.total().currency_code());
}

// How many, by what was told of them or else by the lines; nothing if neither says.
std::string ItemsOf(const thanks::v1::Purchase& purchase) {
  int64_t items = purchase.item_count();
  if (items == 0) {
    for (const thanks::v1::RecordedLine& line : purchase.lines()) items += line.line().quantity();
  }
  return items == 0 ? "" : Grouped(items);
}

absl::Status ShowOne(Context& context, const OrderOptions& options) {
  thanks::v1::GetPurchaseRequest request;
  RETURN_IF_ERROR(ParseOrder("ORDER", options.order, *request.mutable_order()));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  thanks::v1::GetPurchaseResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const thanks::v1::Purchase& purchase = answer.purchase();
  const thanks::v1::EarningTrace& earning = purchase.earning();
  std::string how = absl::StrCat(FormatMoney(earning.base()), " at ", earning.points_per_unit(),
                                 " a unit, rounded ", EnumWords(earning, "rounding"), ", policy ",
                                 earning.policy_version());
  if (!earning.note().empty()) absl::StrAppend(&how, ": ", earning.note());
  Card card;
  card.Line("purchase", purchase.purchase_id())
      .Line("order", OrderText(purchase.order()))
      .Line("member", purchase.member_id())
      .Line("total", FormatMoney(purchase.total()))
      .Line("items", ItemsOf(purchase))
      .Line("bought", FormatTime(purchase.purchased_at()))
      .Line("recorded", FormatTime(purchase.recorded_at()))
      .Line("points", Grouped(earning.points()))
      .Line("because", how)
      .Line("tier", earning.tier());
  AddCaps(earning.caps(), card);
  card.Line("returned",
            purchase.returned().minor_units() == 0 ? "" : FormatMoney(purchase.returned()))
      .Line("delivered", FormatTime(purchase.delivered_at()))
      .Line("to be spent from", FormatTime(purchase.points_available_at()))
      .Line("thank-you", Thanked(purchase.thank_you()))
      .Line("transaction", purchase.transaction_id());
  const std::string lines = LinesOf(purchase);
  context.Show(purchase, absl::StrCat(card.ToString(), lines.empty() ? "" : "\n", lines));
  return absl::OkStatus();
}

absl::Status Explain(Context& context, const OrderOptions& options) {
  thanks::v1::ExplainThanksRequest request;
  RETURN_IF_ERROR(ParseOrder("ORDER", options.order, *request.mutable_order()));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  thanks::v1::ExplainThanksResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("thank-you", Thanked(answer.thank_you()))
      .Line("because", answer.sentence())
      .Line("policy", absl::StrCat(answer.policy_version()))
      .Line("purchase", answer.purchase_id())
      .Line("at the till", answer.cashier_line());
  for (const thanks::v1::TriggerResult& one : answer.triggers()) {
    // Most sentences begin with the outcome.
    const std::string outcome = EnumWords(one, "outcome");
    card.Line(one.trigger(), absl::StartsWithIgnoreCase(one.sentence(), outcome)
                                 ? one.sentence()
                                 : absl::StrCat(outcome, ": ", one.sentence()));
    for (const messages::v1::Message& message : one.messages()) {
      card.Line("", MessageText(message));
    }
  }
  if (!answer.messages_error().empty()) {
    card.Line("messages", absl::StrCat("cannot be asked just now: ", answer.messages_error()));
  }
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace orders_commands

void AddOrdersCommands(CLI::App& app, Context& context) {
  using namespace orders_commands;
  CLI::App& family = *app.add_subcommand("orders", "Orders: record, show, explain, import a file");
  family.require_subcommand(1);
  AddCommand<RecordOptions>(family, context, "record",
                            "Record a purchase, its points and its thank-you", DeclareRecord,
                            Record);
  AddCommand<OrderOptions>(
      family, context, "show", "Show a purchase and how it earned",
      [](CLI::App& command, OrderOptions& options) { DeclareOrder(command, options.order); },
      ShowOne);
  AddCommand<OrderOptions>(
      family, context, "explain", "What became of each thank-you for a purchase, and why",
      [](CLI::App& command, OrderOptions& options) { DeclareOrder(command, options.order); },
      Explain);
  AddImportCommand(family, context);
}

}  // namespace gratis::cli
