#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

struct CreateOptions {
  std::string role;
  std::string label;
};

struct RevokeOptions {
  std::string key_id;
};

constexpr std::pair<std::string_view, type::v1::Role> kRoles[] = {
    {"admin", type::v1::ROLE_ADMIN},     {"backend", type::v1::ROLE_BACKEND},
    {"pos", type::v1::ROLE_POS},         {"marketing", type::v1::ROLE_MARKETING},
    {"support", type::v1::ROLE_SUPPORT}, {"finance", type::v1::ROLE_FINANCE},
    {"auditor", type::v1::ROLE_AUDITOR}, {"import", type::v1::ROLE_IMPORT},
};

std::vector<std::string> RoleNames() {
  std::vector<std::string> names;
  for (const auto& [name, role] : kRoles) names.emplace_back(name);
  return names;
}

type::v1::Role RoleNamed(std::string_view name) {
  for (const auto& [known, role] : kRoles) {
    if (known == name) return role;
  }
  return type::v1::ROLE_UNSPECIFIED;
}

std::string Describe(const ledger::v1::Key& key) {
  return Card()
      .Line("key", key.key_id())
      .Line("role", EnumWords(key, "role"))
      .Line("program", key.program().empty() ? "all" : key.program())
      .Line("label", key.label())
      .Line("made", FormatTime(key.created_at()))
      .Line("revoked", FormatTime(key.revoked_at()))
      .ToString();
}

void DeclareCreate(CLI::App& command, CreateOptions& options) {
  command
      .add_option("ROLE", options.role,
                  "admin, backend, pos, marketing, support, finance, auditor or import")
      ->required()
      ->check(CLI::IsMember(RoleNames()))
      ->type_name("");
  command.add_option("--label", options.label, "Who or what will use it");
}

absl::Status Create(Context& context, const CreateOptions& options) {
  const type::v1::Role role = RoleNamed(options.role);
  const bool may_be_unbound = role == type::v1::ROLE_ADMIN || role == type::v1::ROLE_AUDITOR;
  ledger::v1::CreateKeyRequest request;
  RemoteEngine* engine = nullptr;
  if (may_be_unbound && context.options.program.empty()) {
    ASSIGN_OR_RETURN(engine, context.House());
  } else {
    ASSIGN_OR_RETURN(engine, context.Program());
    request.set_program(engine->program());
  }
  request.set_request_id(context.RequestId());
  request.set_role(role);
  request.set_label(options.label);
  ledger::v1::CreateKeyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, absl::StrCat(Describe(answer.key()), "\n", answer.secret(),
                                    "\n\nSend it as metadata authorization: Bearer …, and keep it "
                                    "safe: it is not shown again.\n"));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ledger::v1::ListKeysResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options, ledger::v1::ListKeysRequest(), all,
                [](ledger::v1::ListKeysResponse& answer) { return answer.mutable_keys(); }));
  Table table({{"KEY"}, {"ROLE"}, {"PROGRAM"}, {"LABEL"}, {"MADE"}, {"REVOKED"}});
  for (const ledger::v1::Key& key : all.keys()) {
    table.Add({key.key_id(), EnumWords(key, "role"), key.program().empty() ? "all" : key.program(),
               key.label(), FormatTime(key.created_at()), FormatTime(key.revoked_at())});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

absl::Status Revoke(Context& context, const RevokeOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ledger::v1::RevokeKeyRequest request;
  request.set_request_id(context.RequestId());
  request.set_key_id(options.key_id);
  ledger::v1::RevokeKeyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.key(), Describe(answer.key()));
  return absl::OkStatus();
}

}  // namespace

void AddKeyCommands(CLI::App& app, Context& context) {
  CLI::App& family = *app.add_subcommand("key", "API keys: create, list, revoke");
  family.require_subcommand(1);
  AddCommand<CreateOptions>(
      family, context, "create",
      "Make a key for the program in use; one for admin or auditor without --program is for all",
      DeclareCreate, Create);
  AddCommand<PageOptions>(family, context, "list", "List all keys, newest first", DeclarePages,
                          List);
  AddCommand<RevokeOptions>(
      family, context, "revoke", "End a key",
      [](CLI::App& command, RevokeOptions& options) {
        command.add_option("KEY", options.key_id, "key_…, as gratis key list shows it")->required();
      },
      Revoke);
}

}  // namespace gratis::cli
