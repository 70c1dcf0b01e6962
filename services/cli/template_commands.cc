#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/messages/v1/templates.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/json_file.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace template_commands {
namespace {

namespace v1 = messages::v1;

struct ShowOptions {
  std::string code;
  int version = 0;
};

struct SetOptions {
  std::string file;
  bool dry_run = false;
};

struct PreviewOptions {
  std::string code;
  std::string file;
  MemberName member;
  int variant = 0;
  std::string transaction;
  std::string figures;
};

absl::Status List(Context& context, const PageOptions& page) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListTemplatesResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, page, v1::ListTemplatesRequest(), all,
                            [](auto& answer) { return answer.mutable_templates(); }));
  Table table({{"template"}, {"version", Table::Align::kRight}, {"for"}, {"from"}, {"languages"}});
  for (const v1::Template& one : all.templates()) {
    std::vector<std::string> languages;
    for (const v1::Wording& wording : one.wordings()) languages.push_back(wording.language());
    table.Add({one.code(), absl::StrCat(one.version()), EnumWords(one, "purpose"), one.sender(),
               absl::StrJoin(languages, " ")});
  }
  context.Show(all, table.empty() ? "no templates yet"
                                  : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

std::string Describe(const v1::Template& one) {
  std::string text = Card()
                         .Line("template", one.code())
                         .Line("version", absl::StrCat(one.version()))
                         .Line("for", EnumWords(one, "purpose"))
                         .Line("from", one.sender())
                         .Line("else in", one.default_language())
                         .Line("set", FormatTime(one.set_at()))
                         .Line("by", one.set_by())
                         .ToString();
  for (const v1::Wording& wording : one.wordings()) {
    absl::StrAppend(&text, "\n",
                    Card()
                        .Line("language", wording.language())
                        .Line("subject", wording.subject())
                        .Line("task", wording.task())
                        .Line("html", wording.html().empty() ? "" : "yes")
                        .ToString());
    if (!wording.text().empty()) absl::StrAppend(&text, "\n", wording.text(), "\n");
  }
  return text;
}

absl::Status Show(Context& context, const ShowOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetTemplateRequest request;
  request.set_code(options.code);
  request.set_version(options.version);
  v1::GetTemplateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer.template_(), Describe(answer.template_()));
  return absl::OkStatus();
}

absl::Status Set(Context& context, const SetOptions& options) {
  v1::SetTemplateRequest request;
  RETURN_IF_ERROR(ReadJsonFile(options.file, "--file", "a template", *request.mutable_template_()));
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SetTemplateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line(options.dry_run ? "would be set" : "set", answer.code())
                           .Line("version", absl::StrCat(answer.version()))
                           .ToString());
  return absl::OkStatus();
}

// The figures in what `triggers preview --json` printed, or those alone.
absl::StatusOr<std::string> ReadFigures(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadWhole(path, "--figures"));
  const auto told = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto figures = told.find("figures");
  if (figures != told.end() && figures->is_string()) text = figures->get<std::string>();
  if (text.empty()) return UsageError("--figures", "there are none: the trigger would say nothing");
  return text;
}

absl::Status Preview(Context& context, const PreviewOptions& options) {
  v1::PreviewTemplateRequest request;
  if (options.file.empty()) {
    request.set_code(options.code);
  } else {
    RETURN_IF_ERROR(
        ReadJsonFile(options.file, "--file", "a template", *request.mutable_template_()));
  }
  if (!options.figures.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_figures(), ReadFigures(options.figures));
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_variant(options.variant);
  request.set_transaction_id(options.transaction);
  v1::PreviewTemplateResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  const v1::RenderedMessage& message = answer.message();
  std::string text =
      Card()
          .Line("from", absl::StrCat(message.from_name(), " <", message.from_address(), ">"))
          .Line("to", message.to())
          .Line("subject", message.subject())
          .Line("task", message.task())
          .Line("without", absl::StrJoin(answer.left_out(), ", "))
          .Line("consented", answer.consented() ? "yes" : "no: it would not be sent")
          .ToString();
  if (!message.text().empty()) absl::StrAppend(&text, "\n", message.text(), "\n");
  if (!message.html().empty()) absl::StrAppend(&text, "\n", message.html(), "\n");
  context.Show(answer, text);
  return absl::OkStatus();
}

}  // namespace
}  // namespace template_commands

void AddTemplateCommands(CLI::App& app, Context& context) {
  using namespace template_commands;
  CLI::App& family =
      *app.add_subcommand("templates", "What messages say: list, show, set, preview");
  family.require_subcommand(1);
  AddCommand<PageOptions>(family, context, "list", "All templates, in their newest versions",
                          DeclarePages, List);
  AddCommand<ShowOptions>(
      family, context, "show", "Show a template",
      [](CLI::App& command, ShowOptions& options) {
        command.add_option("CODE", options.code, "The template's code")->required();
        command.add_option("--version", options.version, "Which version; the newest if left out");
      },
      Show);
  AddCommand<SetOptions>(
      family, context, "set", "Make a new version of a template, from a file",
      [](CLI::App& command, SetOptions& options) {
        command
            .add_option("--file", options.file,
                        "JSON with the contract's names: code, purpose, sender, "
                        "default_language, wordings")
            ->required();
        command.add_flag("--dry-run", options.dry_run, "Check it, and set nothing");
      },
      Set);
  AddCommand<PreviewOptions>(
      family, context, "preview", "What a member would get; sends nothing",
      [](CLI::App& command, PreviewOptions& options) {
        CLI::Option* const code =
            command.add_option("--template", options.code, "A stored template's code");
        command.add_option("--file", options.file, "One that is not stored yet")->excludes(code);
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--variant", options.variant, "Which of the wordings, from 0");
        CLI::Option* const transaction =
            command.add_option("--transaction", options.transaction,
                               "What it would follow: txn_…, with its gift or voucher");
        command
            .add_option("--figures", options.figures,
                        "What a trigger would do: a file of what triggers preview --json prints, "
                        "or - for standard input")
            ->excludes(transaction);
      },
      Preview);
}

}  // namespace gratis::cli
