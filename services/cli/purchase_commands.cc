#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/money.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/member_name.h"
#include "services/cli/order_words.h"
#include "services/cli/program_lookup.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace purchase_commands {
namespace {

namespace v1 = thanks::v1;

struct QuoteOptions {
  MemberName member;
  std::string total;
  std::string currency;
  std::string at;
  BasketOptions basket;
};

struct ReturnOptions {
  std::string order;
  std::string return_id;
  std::vector<std::string> lines;
  std::string amount;
  bool everything = false;
  std::string at;
  bool dry_run = false;
};

struct OrderOptions {
  std::string order;
  std::string at;
};

struct ClaimOptions {
  std::string code;
  MemberName member;
  bool dry_run = false;
};

constexpr char kOrder[] = "The order, as in webshop:A-17 or pos#store/till/2026-11-28/17";

// Fills when something happened from --at, unless that is empty.
template <class Message>
absl::Status SetMoment(Context& context, const std::string& text, Message& message,
                       google::protobuf::Timestamp* (Message::*field)()) {
  if (text.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> at,
                   TimeUnlessNow(context, text, "--at", DayAs::kNoon));
  if (at) *(message.*field)() = *at;
  return absl::OkStatus();
}

absl::StatusOr<std::string> CurrencyOf(Context& context, RemoteEngine& engine,
                                       const std::string& said) {
  if (!said.empty()) return said;
  ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, engine));
  return program.currency_code();
}

void DeclareQuote(CLI::App& command, QuoteOptions& options) {
  DeclareMember(command, options.member, "--member");
  command.add_option("--total", options.total, "What it costs; left out, the sum of the lines");
  command.add_option("--currency", options.currency, "ISO 4217; the program's if left out");
  command.add_option("--at", options.at, absl::StrCat("When: ", kTimeWords, "; now if left out"));
  DeclareBasket(command, options.basket);
}

absl::Status Quote(Context& context, const QuoteOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::QuoteRequest request;
  v1::RecordPurchaseRequest& purchase = *request.mutable_purchase();
  ASSIGN_OR_RETURN(const std::string currency, CurrencyOf(context, *engine, options.currency));
  const absl::StatusOr<base::Money> total =
      base::ParseMoney(options.total.empty() ? "0" : options.total, currency);
  if (!total.ok()) return AsUsage(total.status(), "--total");
  *purchase.mutable_total() = ToProto(*total);
  RETURN_IF_ERROR(SetBasket(options.basket, purchase));
  RETURN_IF_ERROR(
      SetMoment(context, options.at, purchase, &v1::RecordPurchaseRequest::mutable_purchased_at));
  if (!options.member.empty()) {
    ASSIGN_OR_RETURN(*purchase.mutable_member_id(),
                     ResolveMember(context, *engine, options.member));
  }
  v1::QuoteResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  std::vector<const v1::LineTrace*> lines;
  std::vector<const v1::PurchaseLine*> told;
  for (const v1::LineTrace& line : answer.lines()) lines.push_back(&line);
  for (const v1::PurchaseLine& line : purchase.lines()) told.push_back(&line);
  Card card;
  card.Line("would earn", Counted(answer.points(), "point", "points"))
      .Line("of", FormatMoney(answer.total()))
      .Line("policy", absl::StrCat(answer.policy_version()))
      .Line("because", answer.note());
  if (answer.position() > 0) card.Line("purchase number", Grouped(answer.position()));
  card.Line("at most waits until", FormatTime(answer.points_available_at()));
  card.Line("tier", answer.tier());
  AddCaps(answer.caps(), card);
  context.Show(answer, absl::StrCat(card.ToString(), "\n", LinesTable(lines, told, currency)));
  return absl::OkStatus();
}

void DeclareReturn(CLI::App& command, ReturnOptions& options) {
  command.add_option("ORDER", options.order, kOrder)->required();
  command.add_option("--id", options.return_id, "What the shop calls this return")->required();
  auto* lines = command.add_option("--line", options.lines,
                                   "What of which line: 2 of line 1, or 5.00 of its price");
  lines->type_name("1x2 or 1=5.00");
  auto* amount =
      command.add_option("--amount", options.amount, "An amount of no line in particular");
  auto* all = command.add_flag("--all", options.everything, "All that is left");
  lines->excludes(amount)->excludes(all);
  amount->excludes(all);
  command.add_option("--at", options.at, absl::StrCat("When: ", kTimeWords, "; now if left out"));
  command.add_flag("--dry-run", options.dry_run,
                   "Say to the point what it would do, and do nothing");
}

absl::Status AddReturnedLine(const std::string& text, std::string_view currency,
                             v1::RecordReturnRequest& request) {
  v1::ReturnedLine& line = *request.add_lines();
  const bool by_amount = text.find('=') != std::string::npos;
  const std::vector<std::string> parts = absl::StrSplit(text, by_amount ? '=' : 'x');
  int32_t number = 0;
  int64_t quantity = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &number) ||
      (!by_amount && !absl::SimpleAtoi(parts[1], &quantity))) {
    return UsageError("--line", absl::StrCat("write it as 1x2 or 1=5.00, not ", text));
  }
  line.set_line(number);
  line.set_quantity(quantity);
  if (!by_amount) return absl::OkStatus();
  const absl::StatusOr<base::Money> money = base::ParseMoney(parts[1], currency);
  if (!money.ok()) return AsUsage(money.status(), "--line");
  line.set_amount_minor(money->minor_units);
  return absl::OkStatus();
}

std::string Describe(const v1::RecordReturnResponse& answer) {
  if (answer.parked()) {
    return Card().Line("return", "waits for its purchase").ToString();
  }
  Card card;
  card.Line("purchase", answer.purchase_id())
      .Line("returned", FormatMoney(answer.returned()))
      .Line("points taken", Grouped(answer.points_taken()));
  const auto figure = [&](std::string name, int64_t points) {
    if (points != 0) card.Line(std::move(name), Grouped(points));
  };
  figure("of them owed", answer.points_owed());
  figure("of them expired", answer.points_expired());
  figure("of them forgiven", answer.points_forgiven());
  figure("points back", answer.points_back());
  figure("vouchers back", answer.vouchers_back_size());
  figure("of the organization", answer.organization_points_taken());
  if (answer.has_available_points()) card.Line("available", Grouped(answer.available_points()));
  return card.Line("kept", answer.whole() ? "nothing" : "a part").ToString();
}

absl::Status Return(Context& context, const ReturnOptions& options) {
  v1::RecordReturnRequest request;
  RETURN_IF_ERROR(ParseOrder("ORDER", options.order, *request.mutable_order()));
  RETURN_IF_ERROR(
      SetMoment(context, options.at, request, &v1::RecordReturnRequest::mutable_returned_at));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const std::string currency, CurrencyOf(context, *engine, ""));
  request.set_return_id(options.return_id);
  for (const std::string& line : options.lines) {
    RETURN_IF_ERROR(AddReturnedLine(line, currency, request));
  }
  if (!options.amount.empty()) {
    const absl::StatusOr<base::Money> amount = base::ParseMoney(options.amount, currency);
    if (!amount.ok()) return AsUsage(amount.status(), "--amount");
    *request.mutable_amount() = ToProto(*amount);
  }
  request.set_everything(options.everything);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::RecordReturnResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer));
  return absl::OkStatus();
}

absl::Status ListReturns(Context& context, const OrderOptions& options) {
  v1::ListReturnsRequest request;
  RETURN_IF_ERROR(ParseOrder("ORDER", options.order, *request.mutable_order()));
  request.set_page_size(1'000);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListReturnsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Table table({{.title = "return"},
               {.title = "when"},
               {.title = "points", .align = Table::Align::kRight},
               {.title = "refused"}});
  for (const v1::PurchaseReturn& came : answer.returns()) {
    table.Add({came.return_id(), FormatTime(came.returned_at()), Grouped(came.points_taken()),
               came.refused()});
  }
  context.Show(answer, table.ToString());
  return absl::OkStatus();
}

absl::Status Deliver(Context& context, const OrderOptions& options) {
  v1::RecordDeliveryRequest request;
  RETURN_IF_ERROR(ParseOrder("ORDER", options.order, *request.mutable_order()));
  RETURN_IF_ERROR(
      SetMoment(context, options.at, request, &v1::RecordDeliveryRequest::mutable_delivered_at));
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  request.set_request_id(context.RequestId());
  v1::RecordDeliveryResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("purchase", answer.purchase_id())
                           .Line("delivered", FormatTime(answer.delivered_at()))
                           .Line("known", answer.known() ? "it was told before" : "")
                           .Line("waits", answer.parked() ? "for its purchase" : "")
                           .Line("to be spent from", FormatTime(answer.points_available_at()))
                           .ToString());
  return absl::OkStatus();
}

void DeclareClaim(CLI::App& command, ClaimOptions& options) {
  command.add_option("CODE", options.code, "The code on the receipt")->required();
  DeclareMember(command, options.member, "--member");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::Status Claim(Context& context, const ClaimOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ClaimPurchaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_receipt_code(options.code);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::ClaimPurchaseResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card;
  card.Line("purchase", answer.purchase_id())
      .Line("order", OrderText(answer.order()))
      .Line("points", Grouped(answer.points()));
  if (answer.returned_points() > 0)
    card.Line("gone for returns", Grouped(answer.returned_points()));
  if (answer.has_available_points()) card.Line("available", Grouped(answer.available_points()));
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace purchase_commands

void AddPurchaseCommands(CLI::App& thanks, Context& context) {
  using namespace purchase_commands;
  AddRulesCommands(thanks, context);
  AddCommand<QuoteOptions>(thanks, context, "quote", "What a purchase would earn, line by line",
                           DeclareQuote, Quote);
  AddCommand<ReturnOptions>(thanks, context, "return",
                            "All or part of a purchase came back: take and bring back",
                            DeclareReturn, Return);
  AddCommand<OrderOptions>(
      thanks, context, "returns", "List the returns of a purchase",
      [](CLI::App& command, OrderOptions& options) {
        command.add_option("ORDER", options.order, kOrder)->required();
      },
      ListReturns);
  AddCommand<OrderOptions>(
      thanks, context, "delivery", "A purchase reached who bought it",
      [](CLI::App& command, OrderOptions& options) {
        command.add_option("ORDER", options.order, kOrder)->required();
        command.add_option("--at", options.at,
                           absl::StrCat("When: ", kTimeWords, "; now if left out"));
      },
      Deliver);
  AddCommand<ClaimOptions>(thanks, context, "claim",
                           "Give a purchase made without a card to who has the receipt",
                           DeclareClaim, Claim);
  AddQueueCommand(thanks, context);
}

}  // namespace gratis::cli
