#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/thanks/v1/wishes.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace wish_commands {
namespace {

namespace v1 = thanks::v1;

struct WishOptions {
  MemberName member;
  std::string sku;
  std::string store;
  bool noticed = false;
};

struct ListOptions {
  MemberName member;
  bool waiting = false;
  PageOptions pages;
};

struct RestockOptions {
  std::string sku;
  std::string store;
  std::string item;
  std::string since;
  bool dry_run = false;
};

std::string Describe(const v1::Wish& wish) {
  return Card()
      .Line("member", wish.member_id())
      .Line("wishes for", wish.sku())
      .Line("in", wish.store().empty() ? "any store" : wish.store())
      .Line("which was", EnumWords(wish, "origin"))
      .Line("since", FormatTime(wish.noted_at()))
      .Line("state", EnumWords(wish, "state"))
      .Line("waits until", FormatTime(wish.waits_until()))
      .Line("purchase", wish.purchase_id())
      .ToString();
}

absl::Status Note(Context& context, const WishOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::NoteWishRequest request;
  request.set_request_id(context.RequestId());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_sku(options.sku);
  request.set_store(options.store);
  request.set_origin(options.noticed ? v1::WISH_ORIGIN_NOTICED : v1::WISH_ORIGIN_ASKED);
  v1::NoteWishResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.wish(), Describe(answer.wish()));
  return absl::OkStatus();
}

absl::Status Withdraw(Context& context, const WishOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::WithdrawWishRequest request;
  request.set_request_id(context.RequestId());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_sku(options.sku);
  request.set_store(options.store);
  v1::WithdrawWishResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card().Line("waited", answer.waited() ? "yes" : "no").ToString());
  return absl::OkStatus();
}

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListWishesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_waiting_only(options.waiting);
  v1::ListWishesResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.pages, request, all,
                            [](auto& answer) { return answer.mutable_wishes(); }));
  Table table({{"SKU"}, {"STORE"}, {"STATE"}, {"SINCE"}, {"ORIGIN"}});
  for (const v1::Wish& one : all.wishes()) {
    table.Add({one.sku(), one.store(), EnumWords(one, "state"), FormatTime(one.noted_at()),
               EnumWords(one, "origin")});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

absl::Status Restocked(Context& context, const RestockOptions& options) {
  v1::RecordRestockRequest request;
  request.set_request_id(context.RequestId());
  request.set_sku(options.sku);
  request.set_store(options.store);
  request.set_item(options.item);
  if (!options.since.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_restocked_at(),
                     TimeOf(context, options.since, "--since", DayAs::kBeginning));
  }
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::RecordRestockResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               Card().Line("waiting", Counted(answer.waiting(), "member", "members")).ToString());
  return absl::OkStatus();
}

void DeclareWish(CLI::App& command, WishOptions& options) {
  DeclareMember(command, options.member, "MEMBER");
  command.add_option("--sku", options.sku, "What for")->required();
  command.add_option("--store", options.store, "Where it is to be back; anywhere if left out");
}

}  // namespace
}  // namespace wish_commands

void AddWishCommands(CLI::App& app, Context& context) {
  using namespace wish_commands;
  CLI::App& family =
      *app.add_subcommand("wishes", "What members could not get, and that it is back");
  family.require_subcommand(1);
  AddCommand<WishOptions>(
      family, context, "note", "Tell a member once, when something is back",
      [](CLI::App& command, WishOptions& options) {
        DeclareWish(command, options);
        command.add_flag("--noticed", options.noticed,
                         "They did not ask for it: told only if they agreed to marketing");
      },
      Note);
  AddCommand<WishOptions>(family, context, "withdraw", "They need not be told any more",
                          DeclareWish, Withdraw);
  AddCommand<ListOptions>(
      family, context, "list", "List a member's wishes, and what became of them",
      [](CLI::App& command, ListOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_flag("--waiting", options.waiting, "Only those that wait");
        DeclarePages(command, options.pages);
      },
      List);
  AddCommand<RestockOptions>(
      family, context, "restocked", "Say that something is back: whoever waits for it is told",
      [](CLI::App& command, RestockOptions& options) {
        command.add_option("SKU", options.sku, "What is back")->required();
        command.add_option("--store", options.store, "In which store");
        command.add_option("--item", options.item, "What people call it");
        command.add_option("--since", options.since,
                           absl::StrCat("Since when: ", kTimeWords, "; now if left out"));
        command.add_flag("--dry-run", options.dry_run, "Count who waits, and tell nobody");
      },
      Restocked);
}

}  // namespace gratis::cli
