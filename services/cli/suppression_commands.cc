#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/suppressions.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace suppression_commands {
namespace {

namespace v1 = messages::v1;

struct AddOptions {
  std::string address;
  bool marketing_only = false;
};

struct AddressOptions {
  std::string address;
};

std::string Describe(const v1::Suppression& suppression) {
  return Card()
      .Line("suppression", suppression.suppression_id())
      .Line("not sent", EnumWords(suppression, "scope"))
      .Line("cause", EnumWords(suppression, "cause"))
      .Line("since", FormatTime(suppression.set_at()))
      .Line("set by", suppression.set_by())
      .ToString();
}

void DeclareAddress(CLI::App& command, std::string& address) {
  command.add_option("ADDRESS", address, "An e-mail address")->required();
}

void DeclareAdd(CLI::App& command, AddOptions& options) {
  DeclareAddress(command, options.address);
  command.add_flag("--marketing", options.marketing_only, "Only what is marketing; else anything");
}

absl::Status Add(Context& context, const AddOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SuppressAddressRequest request;
  request.set_request_id(context.RequestId());
  request.set_address(options.address);
  request.set_scope(options.marketing_only ? v1::SUPPRESSION_SCOPE_MARKETING
                                           : v1::SUPPRESSION_SCOPE_ALL);
  v1::SuppressAddressResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.suppression(), Describe(answer.suppression()));
  return absl::OkStatus();
}

void DeclareOne(CLI::App& command, AddressOptions& options) {
  DeclareAddress(command, options.address);
}

absl::Status Remove(Context& context, const AddressOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::UnsuppressAddressRequest request;
  request.set_request_id(context.RequestId());
  request.set_address(options.address);
  v1::UnsuppressAddressResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, "The address is written to again.\n");
  return absl::OkStatus();
}

absl::Status Show(Context& context, const AddressOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetSuppressionRequest request;
  request.set_address(options.address);
  v1::GetSuppressionResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.suppression(), Describe(answer.suppression()));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListSuppressionsResponse all;
  RETURN_IF_ERROR(ReadPages(
      context, *engine, options, v1::ListSuppressionsRequest(), all,
      [](v1::ListSuppressionsResponse& answer) { return answer.mutable_suppressions(); }));
  Table table({{"SUPPRESSION"}, {"NOT SENT"}, {"CAUSE"}, {"SINCE"}, {"SET BY"}});
  for (const v1::Suppression& suppression : all.suppressions()) {
    table.Add({suppression.suppression_id(), EnumWords(suppression, "scope"),
               EnumWords(suppression, "cause"), FormatTime(suppression.set_at()),
               suppression.set_by()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

}  // namespace
}  // namespace suppression_commands

void AddSuppressionCommands(CLI::App& app, Context& context) {
  using namespace suppression_commands;
  CLI::App& family = *app.add_subcommand("suppressions", "Addresses that are written to no more");
  family.require_subcommand(1);
  AddCommand<AddOptions>(family, context, "add", "Put an address on the list", DeclareAdd, Add);
  AddCommand<AddressOptions>(family, context, "remove", "Take an address off the list", DeclareOne,
                             Remove);
  AddCommand<AddressOptions>(family, context, "show", "Whether an address is on the list",
                             DeclareOne, Show);
  AddCommand<PageOptions>(family, context, "list", "The list", DeclarePages, List);
}

}  // namespace gratis::cli
