#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/budgets.pb.h"
#include "gratis/thanks/v1/surprises.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/gift_words.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace surprise_commands {
namespace {

namespace v1 = thanks::v1;

struct DrawOptions {
  std::string code;
  std::string seed;
  std::string budget;
  int winners = 1;
  int64_t points = 0;
  std::string item;
  int member_days = 0;
  int bought_within_days = 0;
  int rest_days = 0;
  std::string message_template;
  std::string sender_code, sender_name;
  bool dry_run = false;
};

struct OneOptions {
  std::string code;
};

struct EntrantOptions {
  std::string code;
  bool winners = false;
  PageOptions pages;
};

std::string GiftOf(const v1::SurpriseGift& gift) {
  if (gift.points() > 0) return Counted(gift.points(), "point", "points");
  const v1::TriggerVoucher& voucher = gift.voucher();
  if (voucher.has_fixed()) return FormatMoney(voucher.fixed());
  if (voucher.basis_points() > 0) {
    return PercentOff(voucher.basis_points());
  }
  return voucher.item();
}

std::string Describe(const v1::Surprise& surprise) {
  return Card()
      .Line("surprise", surprise.code())
      .Line("seed", surprise.seed())
      .Line("drawn", FormatTime(surprise.drawn_at()))
      .Line("took part", Grouped(surprise.entrants()))
      .Line("digest", surprise.entrants_digest())
      .Line("won", Grouped(surprise.won()))
      .Line("have it", Grouped(surprise.given()))
      .Line("will not", Grouped(surprise.withheld()))
      .Line("gift", GiftOf(surprise.gift()))
      .Line("budget", surprise.budget_id())
      .ToString();
}

// The budget's id, which may be named by its code.
absl::StatusOr<std::string> BudgetOf(Context& context, Engine& engine, const std::string& name) {
  if (name.rfind("bgt_", 0) == 0) return name;
  ledger::v1::GetBudgetRequest request;
  request.set_code(name);
  ledger::v1::GetBudgetResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.budget().budget_id();
}

absl::Status Draw(Context& context, const DrawOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::DrawSurpriseRequest request;
  request.set_request_id(context.RequestId());
  request.set_code(options.code);
  request.set_seed(options.seed);
  ASSIGN_OR_RETURN(*request.mutable_budget_id(), BudgetOf(context, *engine, options.budget));
  request.set_winners(options.winners);
  request.mutable_audience()->set_member_days(options.member_days);
  request.mutable_audience()->set_bought_within_days(options.bought_within_days);
  request.mutable_audience()->set_rest_days(options.rest_days);
  v1::SurpriseGift& gift = *request.mutable_gift();
  gift.set_points(options.points);
  if (!options.item.empty()) gift.mutable_voucher()->set_item(options.item);
  gift.set_template_(options.message_template);
  gift.mutable_sender()->set_code(options.sender_code);
  gift.mutable_sender()->set_name(options.sender_name);
  request.set_validate_only(options.dry_run);
  v1::DrawSurpriseResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.surprise(), Describe(answer.surprise()));
  return absl::OkStatus();
}

absl::StatusOr<v1::Surprise> Find(Context& context, Engine& engine, const std::string& code) {
  v1::GetSurpriseRequest request;
  request.set_code(code);
  v1::GetSurpriseResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.surprise();
}

absl::Status ShowOne(Context& context, const OneOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const v1::Surprise surprise, Find(context, *engine, options.code));
  context.Show(surprise, Describe(surprise));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& pages) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListSurprisesResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, pages, v1::ListSurprisesRequest(), all,
                            [](auto& answer) { return answer.mutable_surprises(); }));
  Table table({{"SURPRISE"},
               {"DRAWN"},
               {"TOOK PART", Table::Align::kRight},
               {"WON", Table::Align::kRight},
               {"HAVE IT", Table::Align::kRight},
               {"GIFT"}});
  for (const v1::Surprise& one : all.surprises()) {
    table.Add({one.code(), FormatTime(one.drawn_at()), Grouped(one.entrants()), Grouped(one.won()),
               Grouped(one.given()), GiftOf(one.gift())});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Entrants(Context& context, const EntrantOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListSurpriseEntrantsRequest request;
  request.set_code(options.code);
  request.set_winners_only(options.winners);
  v1::ListSurpriseEntrantsResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.pages, request, all,
                            [](auto& answer) { return answer.mutable_entrants(); }));
  Table table({{"MEMBER"}, {"OUTCOME"}, {"TRANSACTION"}});
  for (const v1::SurpriseEntrant& one : all.entrants()) {
    const bool won = one.outcome() != v1::ENTRANT_OUTCOME_UNSPECIFIED;
    table.Add({one.member_id(), won ? EnumWords(one, "outcome") : "", one.transaction_id()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

// The draw done again, from nothing but its seed and those who took part.
struct Audit {
  std::string digest;
  std::set<std::string> drawn;  // who wins
  std::set<std::string> said;   // who the engine says won
};

Audit DrawAgain(const v1::Surprise& surprise, const v1::ListSurpriseEntrantsResponse& all) {
  Audit audit;
  std::vector<std::string> ids;
  std::vector<std::pair<base::Digest, std::string>> tickets;
  for (const v1::SurpriseEntrant& one : all.entrants()) {
    ids.push_back(one.member_id());
    tickets.emplace_back(base::HmacSha256(surprise.seed(), one.member_id()), one.member_id());
    if (one.outcome() != v1::ENTRANT_OUTCOME_UNSPECIFIED) audit.said.insert(one.member_id());
  }
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : ids) absl::StrAppend(&text, id, "\n");
  audit.digest = base::Hex(base::AsBytes(base::Sha256(text)));
  std::sort(tickets.begin(), tickets.end());
  for (const auto& [ticket, id] : tickets) {
    if (std::ssize(audit.drawn) == surprise.winners()) break;
    audit.drawn.insert(id);
  }
  return audit;
}

absl::Status AuditOne(Context& context, const OneOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const v1::Surprise surprise, Find(context, *engine, options.code));
  v1::ListSurpriseEntrantsRequest request;
  request.set_code(options.code);
  v1::ListSurpriseEntrantsResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, PageOptions{.limit = surprise.entrants() + 1},
                            request, all, [](auto& answer) { return answer.mutable_entrants(); }));
  const Audit audit = DrawAgain(surprise, all);
  if (all.entrants_size() != surprise.entrants() || audit.digest != surprise.entrants_digest()) {
    return Error(Reason::kBooksDamaged, "those who are listed are not those who took part");
  }
  if (audit.drawn != audit.said) {
    return Error(Reason::kBooksDamaged, "others won than the seed draws");
  }
  JsonWriter json;
  json.BeginObject()
      .Field("surprise", surprise.code())
      .Field("seed", surprise.seed())
      .Field("entrants", surprise.entrants())
      .Field("entrants_digest", audit.digest)
      .Field("won", static_cast<int64_t>(audit.drawn.size()))
      .Field("holds", true)
      .EndObject();
  context.Show(json.text(),
               absl::StrCat("The draw holds: of ", Grouped(surprise.entrants()),
                            " who took part, the seed \"", surprise.seed(), "\" draws just the ",
                            Grouped(std::ssize(audit.drawn)), " who won.\n"));
  return absl::OkStatus();
}

void DeclareDraw(CLI::App& command, DrawOptions& options) {
  command.add_option("CODE", options.code, "The draw's, new: a-z, 0-9, - and _")->required();
  command
      .add_option("--seed", options.seed, "What is drawn with; public, and best not foreseeable")
      ->required();
  command.add_option("--budget", options.budget, "What pays: its code, or bgt_…")->required();
  command.add_option("--winners", options.winners, "How many win")->capture_default_str();
  command.add_option("--points", options.points, "Points for each winner");
  command.add_option("--item", options.item, "A thing for each, in your own codes");
  command.add_option("--member-days", options.member_days, "Members for so many days at least");
  command.add_option("--bought-within-days", options.bought_within_days,
                     "Who bought something within so many days; no purchase is needed if left out");
  command.add_option("--rest-days", options.rest_days,
                     "Who won within so many days takes no part; 365 if left out");
  command.add_option("--template", options.message_template, "The template of the message");
  command.add_option("--sender-code", options.sender_code, "Who gives it, as messages know them");
  command.add_option("--sender-name", options.sender_name, "And as people do");
  command.add_flag("--dry-run", options.dry_run, "Say how many would take part, and do nothing");
}

void DeclareOne(CLI::App& command, OneOptions& options) {
  command.add_option("CODE", options.code, "The draw's")->required();
}

}  // namespace
}  // namespace surprise_commands

void AddSurpriseCommands(CLI::App& app, Context& context) {
  using namespace surprise_commands;
  CLI::App& family = *app.add_subcommand(
      "surprises", "Surprise gifts: draw, look at a draw, do it again to see that it was fair");
  family.require_subcommand(1);
  AddCommand<DrawOptions>(family, context, "draw", "Draw winners and give them their gifts",
                          DeclareDraw, Draw);
  AddCommand<OneOptions>(family, context, "show", "Show a draw", DeclareOne, ShowOne);
  AddCommand<PageOptions>(family, context, "list", "List draws, newest first", DeclarePages, List);
  AddCommand<EntrantOptions>(
      family, context, "entrants", "List who took part, and who won",
      [](CLI::App& command, EntrantOptions& options) {
        command.add_option("CODE", options.code, "The draw's")->required();
        command.add_flag("--winners", options.winners, "Only those who won");
        DeclarePages(command, options.pages);
      },
      Entrants);
  AddCommand<OneOptions>(family, context, "audit",
                         "Draw again from the seed and those who took part, and compare",
                         DeclareOne, AuditOne);
}

}  // namespace gratis::cli
