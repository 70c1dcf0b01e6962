#include <algorithm>
#include <fstream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/cards.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace card_commands {
namespace {

namespace v1 = members::v1;

constexpr int kMostAtOnce = 1000;  // of one call
constexpr char kDryRun[] = "Say what would be done, and do nothing";

struct GenerateOptions {
  int count = 1;
  std::string batch;
  int prefix = 0;
  std::string out;
};

// A card as people name it: crd_…, or its number.
struct CardName {
  std::string card;
  std::string issuer;
};

struct LinkOptions {
  MemberName member;
  CardName card;
  bool dry_run = false;
};

struct LostOptions {
  CardName card;
  bool dry_run = false;
};

struct ReplaceOptions {
  CardName old_card;
  std::string new_card;
  std::string new_issuer;
  bool dry_run = false;
};

struct ListOptions {
  MemberName member;
  std::string batch;
  PageOptions page;
};

template <class Request>
void SetWhich(const CardName& name, Request& request) {
  if (name.card.starts_with("crd_")) {
    request.set_card_id(name.card);
    return;
  }
  request.mutable_card()->set_number(name.card);
  request.mutable_card()->set_issuer(name.issuer);
}

void DeclareIssuer(CLI::App& command, std::string& issuer) {
  command.add_option("--issuer", issuer, "Who issued it, if not this engine: oldclub");
}

absl::StatusOr<v1::ListCardsResponse> CardsOf(Context& context, Engine& engine,
                                              const v1::ListCardsRequest& request,
                                              const PageOptions& page) {
  v1::ListCardsResponse all;
  RETURN_IF_ERROR(ReadPages(context, engine, page, request, all,
                            [](v1::ListCardsResponse& answer) { return answer.mutable_cards(); }));
  return all;
}

std::string TableOf(const v1::ListCardsResponse& all) {
  Table table({{"CARD"}, {"NUMBER"}, {"ISSUER"}, {"STATE"}, {"MEMBER"}, {"BATCH"}, {"CHANGED"}});
  for (const v1::Card& card : all.cards()) {
    table.Add({card.card_id(), card.number(), card.issuer(), EnumWords(card, "state"),
               card.member_id(), card.batch(), FormatTime(card.changed_at())});
  }
  return table.ToString();
}

// The numbers for who prints them: one a line, below a title.
absl::Status WriteNumbers(const std::string& path, const v1::ListCardsResponse& all) {
  std::ofstream file(path);
  file << "number\n";
  for (const v1::Card& card : all.cards()) {
    if (card.state() == v1::CARD_STATE_ISSUED) file << card.number() << "\n";
  }
  file.close();
  if (file) return absl::OkStatus();
  return UsageError("--out", absl::StrCat(path, " cannot be written"));
}

void DeclareGenerate(CLI::App& command, GenerateOptions& options) {
  command.add_option("BATCH", options.batch, "What they are known by: 2027-box-7")->required();
  command.add_option("--count", options.count, "How many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--prefix", options.prefix, "What their numbers begin with; 20 if left out")
      ->check(CLI::Range(20, 29));
  command.add_option("--out", options.out, "A file for their numbers, one a line, to be printed");
}

absl::Status Generate(Context& context, const GenerateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  const std::string request_id = context.RequestId();
  // As many calls as it takes: each with an id made of the one, so that a second run finds them
  // done.
  for (int done = 0; done < options.count; done += kMostAtOnce) {
    v1::IssueCardsRequest request;
    request.set_request_id(absl::StrCat(request_id, done == 0 ? "" : absl::StrCat("-", done)));
    request.set_count(std::min(kMostAtOnce, options.count - done));
    request.set_batch(options.batch);
    request.set_prefix(options.prefix);
    v1::IssueCardsResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, request, answer));
  }
  v1::ListCardsRequest of_batch;
  of_batch.set_batch(options.batch);
  ASSIGN_OR_RETURN(const v1::ListCardsResponse all,
                   CardsOf(context, *engine, of_batch, {.limit = 1'000'000, .page_token = ""}));
  if (!options.out.empty()) RETURN_IF_ERROR(WriteNumbers(options.out, all));
  context.Show(all, options.out.empty() ? TableOf(all)
                                        : absl::StrCat(Counted(options.count, "card", "cards"),
                                                       " made; the numbers "
                                                       "of batch ",
                                                       options.batch, " are in ", options.out));
  return absl::OkStatus();
}

absl::Status Link(Context& context, const LinkOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::LinkCardRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.mutable_card()->set_number(options.card.card);
  request.mutable_card()->set_issuer(options.card.issuer);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::LinkCardResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, options.dry_run ? "nothing stands in the way" : answer.card_id());
  return absl::OkStatus();
}

absl::Status Lost(Context& context, const LostOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ReportCardLostRequest request;
  SetWhich(options.card, request);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::ReportCardLostResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, cli::Card()
                           .Line(options.dry_run ? "would be lost" : "lost", answer.card_id())
                           .Line("member", answer.member_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status Replace(Context& context, const ReplaceOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ReplaceCardRequest request;
  SetWhich(options.old_card, request);
  request.mutable_new_card()->set_number(options.new_card);
  request.mutable_new_card()->set_issuer(options.new_issuer);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::ReplaceCardResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               cli::Card()
                   .Line(options.dry_run ? "would be replaced" : "replaced", answer.card_id())
                   .Line("by", answer.new_card_id())
                   .Line("member", answer.member_id())
                   .ToString());
  return absl::OkStatus();
}

absl::Status List(Context& context, const ListOptions& options) {
  if (options.member.empty() == options.batch.empty()) {
    return AsUsage(
        FieldError(Reason::kFieldMissing, "MEMBER", "say whose cards, or which --batch"));
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListCardsRequest request;
  if (options.batch.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  } else {
    request.set_batch(options.batch);
  }
  ASSIGN_OR_RETURN(const v1::ListCardsResponse all,
                   CardsOf(context, *engine, request, options.page));
  context.Show(all, TableOf(all));
  return absl::OkStatus();
}

void DeclareLink(CLI::App& command, LinkOptions& options) {
  DeclareMember(command, options.member, "MEMBER");
  command.add_option("--number", options.card.card, "The card's number, as printed")->required();
  DeclareIssuer(command, options.card.issuer);
  command.add_flag("--dry-run", options.dry_run, kDryRun);
}

void DeclareReplace(CLI::App& command, ReplaceOptions& options) {
  command.add_option("OLD", options.old_card.card, "The old card: crd_… or its number")->required();
  command.add_option("NEW", options.new_card, "The new card's number")->required();
  DeclareIssuer(command, options.old_card.issuer);
  command.add_option("--new-issuer", options.new_issuer, "Who issued the new one, if others");
  command.add_flag("--dry-run", options.dry_run, kDryRun);
}

}  // namespace
}  // namespace card_commands

void AddCardCommands(CLI::App& app, Context& context) {
  using namespace card_commands;
  CLI::App& family = *app.add_subcommand("card", "Cards: generate, link, lost, replace, list");
  family.require_subcommand(1);
  AddCommand<GenerateOptions>(family, context, "generate",
                              "Make cards that belong to nobody yet, to be printed",
                              DeclareGenerate, Generate);
  AddCommand<LinkOptions>(family, context, "link", "Give a card to a member", DeclareLink, Link);
  AddCommand<LostOptions>(
      family, context, "lost", "From now on a card leads to nobody",
      [](CLI::App& command, LostOptions& options) {
        command.add_option("CARD", options.card.card, "crd_… or its number")->required();
        DeclareIssuer(command, options.card.issuer);
        command.add_flag("--dry-run", options.dry_run, kDryRun);
      },
      Lost);
  AddCommand<ReplaceOptions>(family, context, "replace",
                             "Give a member another card in the place of one", DeclareReplace,
                             Replace);
  AddCommand<ListOptions>(
      family, context, "list", "A member's cards, or a batch's",
      [](CLI::App& command, ListOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--batch", options.batch, "Those of this batch");
        DeclarePages(command, options.page);
      },
      List);
}

}  // namespace gratis::cli
