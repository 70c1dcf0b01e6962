#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/budgets.pb.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "gratis/ledger/v1/vouchers.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/posting.h"
#include "services/cli/program_lookup.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace voucher_commands {
namespace {

using ledger::v1::Voucher;

struct IssueOptions {
  MemberName member;
  std::string fixed;
  int basis_points = 0;
  std::string item;
  std::string origin;
  bool one_live = false;
  std::string expires_at;
  std::string budget;
  PostOptions post;
};

struct VoucherOptions {
  std::string voucher;
};

struct UseOptions {
  PostOptions post;
  std::string voucher;
  std::string amount;
  std::string order_id;
  int life_seconds = 900;  // of a hold
};

struct VoidOptions {
  PostOptions post;
  std::string voucher;
};

struct ListOptions {
  MemberName member;
  PageOptions page;
};

// A voucher is named by its id or by its code.
template <class Request>
void SetWhich(const std::string& voucher, Request& request) {
  if (voucher.rfind("vch_", 0) == 0) {
    request.set_voucher_id(voucher);
  } else {
    request.set_code(voucher);
  }
}

// "12.5 %": hundredths of a percent as people write them.
std::string Percentage(int32_t basis_points) {
  const int32_t rest = basis_points % 100;
  std::string text = absl::StrCat(basis_points / 100);
  if (rest != 0) absl::StrAppend(&text, ".", rest / 10);
  if (rest % 10 != 0) absl::StrAppend(&text, rest % 10);
  return text + " %";
}

std::string Worth(const Voucher& voucher) {
  switch (voucher.worth_case()) {
    case Voucher::kFixed:
      return FormatMoney(voucher.fixed());
    case Voucher::kBasisPoints:
      return Percentage(voucher.basis_points());
    case Voucher::kItem:
      return voucher.item();
    case Voucher::WORTH_NOT_SET:
      return "";
  }
  return "";
}

Card Describe(const Voucher& voucher) {
  Card card;
  card.Line("voucher", voucher.voucher_id())
      .Line("code", voucher.code())
      .Line("worth", Worth(voucher))
      .Line("left", voucher.has_remaining() ? FormatMoney(voucher.remaining()) : "")
      .Line("state", EnumWords(voucher, "state"))
      .Line("member", voucher.member_id())
      .Line("origin", voucher.origin())
      .Line("issued", FormatTime(voucher.issued_at()))
      .Line("ends", voucher.has_expires_at() ? FormatTime(voucher.expires_at()) : "never");
  return card;
}

// An amount in the program's currency.
absl::StatusOr<type::v1::Money> AmountIn(Context& context, RemoteEngine& engine,
                                         std::string_view option, const std::string& text) {
  ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, engine));
  const absl::StatusOr<base::Money> money = base::ParseMoney(text, program.currency_code());
  if (!money.ok()) return AsUsage(money.status(), option);
  return ToProto(*money);
}

absl::StatusOr<std::string> BudgetIdOf(Context& context, Engine& engine,
                                       const std::string& budget) {
  if (budget.empty() || budget.rfind("bgt_", 0) == 0) return budget;
  ledger::v1::GetBudgetRequest request;
  request.set_code(budget);
  ledger::v1::GetBudgetResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.budget().budget_id();
}

void DeclareIssue(CLI::App& command, IssueOptions& options) {
  DeclareMember(command, options.member, "MEMBER");
  auto* worth = command.add_option_group("worth", "What it is worth");
  worth->add_option("--fixed", options.fixed, "Money, in the program's currency: 10.00");
  worth
      ->add_option("--basis-points", options.basis_points,
                   "A percentage off one purchase, in hundredths of a percent: 1 to 10,000")
      ->check(CLI::Range(1, 10'000));
  worth->add_option("--item", options.item, "One thing, in the shop's codes");
  worth->require_option(1);
  command.add_option("--origin", options.origin, "What gives it, such as birthday");
  command.add_flag("--one-live", options.one_live, "Not while another of this origin lives");
  command.add_option(
      "--expires", options.expires_at,
      absl::StrCat("When it ends, after the whole of a day: ", kTimeWords, "; never if left out"));
  command.add_option("--budget", options.budget, "What pays for it: bgt_… or a budget's code");
  DeclarePost(command, options.post);
}

absl::Status Issue(Context& context, const IssueOptions& options) {
  ledger::v1::IssueVoucherRequest request;
  RETURN_IF_ERROR(Fill(context, options.post, request));
  if (!options.expires_at.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_expires_at(),
                     TimeOf(context, options.expires_at, "--expires", DayAs::kEnd));
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  if (!options.fixed.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_fixed(),
                     AmountIn(context, *engine, "--fixed", options.fixed));
  } else if (options.basis_points != 0) {
    request.set_basis_points(options.basis_points);
  } else {
    request.set_item(options.item);
  }
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  ASSIGN_OR_RETURN(*request.mutable_budget_id(), BudgetIdOf(context, *engine, options.budget));
  request.set_origin(options.origin);
  request.set_one_live(options.one_live);
  ledger::v1::IssueVoucherResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               Describe(answer.voucher()).Line("transaction", answer.transaction_id()).ToString());
  return absl::OkStatus();
}

void DeclareVoucher(CLI::App& command, std::string& voucher) {
  command.add_option("VOUCHER", voucher, "vch_…, or its code")->required();
}

absl::Status ShowVoucher(Context& context, const VoucherOptions& options) {
  ledger::v1::GetVoucherRequest request;
  SetWhich(options.voucher, request);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::GetVoucherResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.voucher(), Describe(answer.voucher()).ToString());
  return absl::OkStatus();
}

std::string Redeemable(const ledger::v1::ValidateVoucherResponse& answer) {
  if (answer.live()) return "yes";
  if (answer.refusal().empty()) return "no";
  return absl::StrCat("no, the member's state is ", answer.member_state());
}

absl::Status Validate(Context& context, const VoucherOptions& options) {
  ledger::v1::ValidateVoucherRequest request;
  SetWhich(options.voucher, request);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ValidateVoucherResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer.voucher())
                           .Line("redeemable", Redeemable(answer))
                           .Line("as of", FormatTime(answer.read_at()))
                           .ToString());
  return absl::OkStatus();
}

void DeclareRedeem(CLI::App& command, UseOptions& options) {
  DeclareVoucher(command, options.voucher);
  command.add_option("--amount", options.amount,
                     "How much of a voucher of money; all that is left if left out");
  command.add_option("--order", options.order_id, "The order it is used for");
  DeclareTime(command, options.post);
}

void DeclareHold(CLI::App& command, UseOptions& options) {
  DeclareRedeem(command, options);
  command.add_option("--seconds", options.life_seconds, "How long at most")
      ->check(CLI::Range(1, 2'592'000))
      ->capture_default_str();
}

// Redeeming and holding are asked for in the same words.
template <class Request>
absl::Status FillUse(Context& context, RemoteEngine& engine, const UseOptions& options,
                     Request& request) {
  RETURN_IF_ERROR(FillTime(context, options.post, request));
  SetWhich(options.voucher, request);
  if (!options.amount.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_amount(),
                     AmountIn(context, engine, "--amount", options.amount));
  }
  request.set_order_id(options.order_id);
  return absl::OkStatus();
}

absl::Status Redeem(Context& context, const UseOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::RedeemVoucherRequest request;
  RETURN_IF_ERROR(FillUse(context, *engine, options, request));
  ledger::v1::RedeemVoucherResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               Describe(answer.voucher())
                   .Line(options.post.dry_run ? "would be redeemed" : "redeemed",
                         answer.has_redeemed() ? FormatMoney(answer.redeemed()) : "the whole")
                   .Line("transaction", answer.transaction_id())
                   .ToString());
  return absl::OkStatus();
}

absl::Status Hold(Context& context, const UseOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::HoldVoucherRequest request;
  RETURN_IF_ERROR(FillUse(context, *engine, options, request));
  request.set_life_seconds(options.life_seconds);
  ledger::v1::HoldVoucherResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer.voucher())
                           .Line(options.post.dry_run ? "would be held" : "held",
                                 answer.has_held() ? FormatMoney(answer.held()) : "the whole")
                           .Line("until", FormatTime(answer.hold_expires_at()))
                           .Line("hold", answer.hold_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status Void(Context& context, const VoidOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::VoidVoucherRequest request;
  RETURN_IF_ERROR(FillTime(context, options.post, request));
  SetWhich(options.voucher, request);
  request.set_reason(options.post.source);
  ledger::v1::VoidVoucherResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer.voucher())
                           .Line(options.post.dry_run ? "would be voided" : "voided",
                                 answer.has_voided() ? FormatMoney(answer.voided()) : "the whole")
                           .Line("transaction", answer.transaction_id())
                           .ToString());
  return absl::OkStatus();
}

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ledger::v1::ListVouchersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  ledger::v1::ListVouchersResponse all;
  RETURN_IF_ERROR(ReadPages(
      context, *engine, options.page, request, all,
      [](ledger::v1::ListVouchersResponse& answer) { return answer.mutable_vouchers(); }));
  Table table({{"VOUCHER"},
               {"CODE"},
               {"WORTH", Table::Align::kRight},
               {"LEFT", Table::Align::kRight},
               {"STATE"},
               {"ENDS"},
               {"ORIGIN"}});
  for (const Voucher& voucher : all.vouchers()) {
    table.Add({voucher.voucher_id(), voucher.code(), Worth(voucher),
               voucher.has_remaining() ? FormatMoney(voucher.remaining()) : "",
               EnumWords(voucher, "state"),
               voucher.has_expires_at() ? FormatTime(voucher.expires_at()) : "never",
               voucher.origin()});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

}  // namespace
}  // namespace voucher_commands

void AddVoucherCommands(CLI::App& app, Context& context) {
  using namespace voucher_commands;
  CLI::App& family =
      *app.add_subcommand("vouchers", "Vouchers: issue, show, validate, redeem, hold, void, list");
  family.require_subcommand(1);
  AddCommand<IssueOptions>(family, context, "issue",
                           "Give a member a voucher: money, a percentage or an item", DeclareIssue,
                           Issue);
  const auto declare_voucher = [](CLI::App& command, VoucherOptions& options) {
    DeclareVoucher(command, options.voucher);
  };
  AddCommand<VoucherOptions>(family, context, "show", "All there is to know about a voucher",
                             declare_voucher, ShowVoucher);
  AddCommand<VoucherOptions>(family, context, "validate",
                             "Whether a voucher can be redeemed, and what is left", declare_voucher,
                             Validate);
  AddCommand<UseOptions>(family, context, "redeem", "Use a voucher; one of money also in parts",
                         DeclareRedeem, Redeem);
  AddCommand<UseOptions>(family, context, "hold",
                         "Keep a voucher for an order that is not sure yet", DeclareHold, Hold);
  AddCommand<VoidOptions>(
      family, context, "void", "Make what is left of a voucher worthless",
      [](CLI::App& command, VoidOptions& options) {
        DeclareVoucher(command, options.voucher);
        command.add_option("--reason", options.post.source, "Why; no personal data")->required();
        DeclareTime(command, options.post);
      },
      Void);
  AddCommand<ListOptions>(
      family, context, "list", "A member's vouchers: those that live first, as they expire",
      [](CLI::App& command, ListOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        DeclarePages(command, options.page);
      },
      List);
}

}  // namespace gratis::cli
