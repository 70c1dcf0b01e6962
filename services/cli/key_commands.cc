#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "services/cli/command.h"
#include "services/cli/json.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace key_commands {
namespace {

struct LimitOptions {
  int32_t calls_per_second = 0;
  int32_t burst_calls = 0;
};

struct CreateOptions {
  std::string role;
  std::string label;
  std::string store;
  LimitOptions limit;
};

struct SetOptions {
  std::string key_id;
  std::string label;
  CLI::Option* label_option = nullptr;  // whether one was given, be it empty
  std::optional<int32_t> calls_per_second;
  std::optional<int32_t> burst_calls;
};

struct RotateOptions {
  std::string key_id;
  int32_t overlap_hours = 24;
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

std::string Describe(const ledger::v1::RateLimit& limit) {
  if (limit.calls_per_second() == 0) return "";
  return absl::StrCat(Grouped(limit.calls_per_second()), " calls a second, ",
                      Grouped(limit.burst_calls()), " in a row");
}

// Known to the hour, which may have begun before the key was made.
std::string LastUsed(const ledger::v1::Key& key) {
  const bool first_hour =
      key.has_last_used_at() && FromProto(key.last_used_at()) < FromProto(key.created_at());
  return first_hour ? "in its first hour" : FormatHour(key.last_used_at());
}

std::string Describe(const ledger::v1::Key& key) {
  return Card()
      .Line("key", key.key_id())
      .Line("role", EnumWords(key, "role"))
      .Line("program", key.program().empty() ? "all" : key.program())
      .Line("store", key.store())
      .Line("label", key.label())
      .Line("limit", Describe(key.rate_limit()))
      .Line("made", FormatTime(key.created_at()))
      .Line("rotated", FormatTime(key.rotated_at()))
      .Line("secret before works until", FormatTime(key.previous_until()))
      .Line("last used", LastUsed(key))
      .Line("revoked", FormatTime(key.revoked_at()))
      .ToString();
}

std::string TextWithSecret(const ledger::v1::Key& key, const std::string& secret) {
  return absl::StrCat(
      Describe(key), "\n", secret,
      "\n\nSend it as metadata authorization: Bearer …, and keep it safe: it is not "
      "shown again.\n");
}

void DeclareKey(CLI::App& command, std::string& key_id) {
  command.add_option("KEY", key_id, "key_…, as gratis key list shows it")->required();
}

template <class LimitedOptions>
void DeclareLimit(CLI::App& command, LimitedOptions& options) {
  command.add_option("--rate", options.calls_per_second,
                     "Calls a second that it may make in each process; 0: as many as it likes");
  command.add_option("--burst", options.burst_calls,
                     "Calls in a row that it may make after a pause; else two seconds' worth");
}

// Without a rate there is no limit to send, but a burst without one is for the engine to refuse.
void SetLimit(const LimitOptions& options, ledger::v1::RateLimit* limit) {
  limit->set_calls_per_second(options.calls_per_second);
  limit->set_burst_calls(options.burst_calls);
}

void DeclareCreate(CLI::App& command, CreateOptions& options) {
  command
      .add_option("ROLE", options.role,
                  "admin, backend, pos, marketing, support, finance, auditor or import")
      ->required()
      ->check(CLI::IsMember(RoleNames()))
      ->type_name("");
  command.add_option("--label", options.label, "Who or what will use it");
  command.add_option("--store", options.store,
                     "Bind it to a store: it deals with orders of this source only");
  DeclareLimit(command, options.limit);
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
  request.set_store(options.store);
  SetLimit(options.limit, request.mutable_rate_limit());
  ledger::v1::CreateKeyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, TextWithSecret(answer.key(), answer.secret()));
  return absl::OkStatus();
}

absl::Status List(Context& context, const PageOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ledger::v1::ListKeysResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options, ledger::v1::ListKeysRequest(), all,
                [](ledger::v1::ListKeysResponse& answer) { return answer.mutable_keys(); }));
  Table table(
      {{"KEY"}, {"ROLE"}, {"PROGRAM"}, {"STORE"}, {"LABEL"}, {"MADE"}, {"LAST USED"}, {"REVOKED"}});
  for (const ledger::v1::Key& key : all.keys()) {
    table.Add({key.key_id(), EnumWords(key, "role"), key.program().empty() ? "all" : key.program(),
               key.store(), key.label(), FormatTime(key.created_at()), LastUsed(key),
               FormatTime(key.revoked_at())});
  }
  context.Show(all, table.ToString());
  return absl::OkStatus();
}

// The key as it is. Errors: KEY_NOT_FOUND.
absl::StatusOr<ledger::v1::Key> FindKey(Context& context, Engine& engine,
                                        const std::string& key_id) {
  constexpr int32_t kLargestPage = 1000;
  ledger::v1::ListKeysRequest request;
  request.set_page_size(kLargestPage);
  do {
    ledger::v1::ListKeysResponse page;
    RETURN_IF_ERROR(context.Call(engine, request, page));
    for (const ledger::v1::Key& key : page.keys()) {
      if (key.key_id() == key_id) return key;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return FieldError(Reason::kKeyNotFound, "key_id", "there is no API key with this id");
}

absl::Status Set(Context& context, const SetOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ASSIGN_OR_RETURN(const ledger::v1::Key key, FindKey(context, *engine, options.key_id));
  ledger::v1::SetKeyRequest request;
  request.set_request_id(context.RequestId());
  request.set_key_id(options.key_id);
  request.set_label(options.label_option->count() > 0 ? options.label : key.label());
  // Another rate has the burst that goes with it, unless one is named.
  const int32_t burst = options.calls_per_second ? 0 : key.rate_limit().burst_calls();
  const LimitOptions limit{
      .calls_per_second = options.calls_per_second.value_or(key.rate_limit().calls_per_second()),
      .burst_calls = options.burst_calls.value_or(burst)};
  SetLimit(limit, request.mutable_rate_limit());
  ledger::v1::SetKeyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.key(), Describe(answer.key()));
  return absl::OkStatus();
}

absl::Status Rotate(Context& context, const RotateOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ledger::v1::RotateKeyRequest request;
  request.set_request_id(context.RequestId());
  request.set_key_id(options.key_id);
  request.set_overlap_seconds(options.overlap_hours * 3600);
  ledger::v1::RotateKeyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, TextWithSecret(answer.key(), answer.secret()));
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
}  // namespace key_commands

void AddKeyCommands(CLI::App& app, Context& context) {
  using namespace key_commands;
  CLI::App& family = *app.add_subcommand("key", "API keys: create, list, set, rotate, revoke");
  family.require_subcommand(1);
  AddCommand<CreateOptions>(
      family, context, "create",
      "Make a key for the program in use; one for admin or auditor without --program is for all",
      DeclareCreate, Create);
  AddCommand<PageOptions>(family, context, "list", "List all keys, newest first", DeclarePages,
                          List);
  AddCommand<SetOptions>(
      family, context, "set", "Set a key's label or limit; what is not named stays",
      [](CLI::App& command, SetOptions& options) {
        DeclareKey(command, options.key_id);
        options.label_option = command.add_option("--label", options.label, "Who or what uses it");
        DeclareLimit(command, options);
      },
      Set);
  AddCommand<RotateOptions>(
      family, context, "rotate", "Give a key a new secret; the one before works on for a while",
      [](CLI::App& command, RotateOptions& options) {
        DeclareKey(command, options.key_id);
        command
            .add_option("--overlap-hours", options.overlap_hours,
                        "How long the secret before works on; 0: not at all")
            ->check(CLI::Range(0, 720))
            ->capture_default_str();
      },
      Rotate);
  AddCommand<RevokeOptions>(
      family, context, "revoke", "End a key",
      [](CLI::App& command, RevokeOptions& options) { DeclareKey(command, options.key_id); },
      Revoke);
}

}  // namespace gratis::cli
