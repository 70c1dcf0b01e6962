#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/privacy.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace erase_command {
namespace {

namespace v1 = members::v1;

struct EraseOptions {
  MemberName member;
  bool yes = false;
  bool dry_run = false;
};

absl::StatusOr<v1::EraseMemberResponse> Erase(Context& context, Engine& engine,
                                              const std::string& member_id, bool validate_only) {
  v1::EraseMemberRequest request;
  request.set_request_id(context.RequestId());
  request.set_member_id(member_id);
  request.set_validate_only(validate_only);
  v1::EraseMemberResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer;
}

std::string LossText(const v1::EraseMemberResponse& answer) {
  std::string text;
  for (const auto& lost : answer.forfeited()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", Grouped(lost.points()), " ", lost.unit());
  }
  if (answer.forfeited_vouchers() > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    Counted(answer.forfeited_vouchers(), "voucher", "vouchers"));
  }
  return text.empty() ? "nothing" : text;
}

std::string CertificateText(const v1::ErasureCertificate& certificate) {
  return Card()
      .Line("erased", certificate.member_id())
      .Line("at", FormatTime(certificate.erased_at()))
      .Line("identifiers given up", absl::StrCat(certificate.released_identifiers()))
      .Line("posting", certificate.transaction_id())
      .Line("old copies", absl::StrCat("readable while version ", certificate.master_key_version(),
                                       " of the master key exists, or one before it"))
      .ToString();
}

// Whether the person at the terminal wants it.
absl::Status Confirm(const std::string& member_id, const v1::EraseMemberResponse& preview) {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
    return UsageError("--yes", "say --yes to erase somebody where nobody can be asked");
  }
  std::fprintf(stderr, "Erase %s for ever? They lose %s. This cannot be undone. Type yes: ",
               member_id.c_str(), LossText(preview).c_str());
  char word[8] = {};
  if (std::fgets(word, sizeof word, stdin) != nullptr && std::string(word) == "yes\n") {
    return absl::OkStatus();
  }
  return UsageError("MEMBER", "nobody was erased");
}

absl::Status EraseMember(Context& context, const EraseOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const std::string member_id, ResolveMember(context, *engine, options.member));
  if (options.dry_run || !options.yes) {
    ASSIGN_OR_RETURN(const v1::EraseMemberResponse preview,
                     Erase(context, *engine, member_id, /*validate_only=*/true));
    if (options.dry_run) {
      context.Show(preview,
                   absl::StrCat(member_id, " would be erased, and lose ", LossText(preview), "\n"));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(Confirm(member_id, preview));
  }
  ASSIGN_OR_RETURN(const v1::EraseMemberResponse answer,
                   Erase(context, *engine, member_id, /*validate_only=*/false));
  context.Show(answer, absl::StrCat(CertificateText(answer.certificate()), "\nThey lost ",
                                    LossText(answer), ".\n"));
  return absl::OkStatus();
}

absl::Status ShowErasure(Context& context, const MemberName& name) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetErasureRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, name));
  v1::GetErasureResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  std::string text = CertificateText(answer.certificate());
  if (answer.has_master_key_retired_at()) {
    absl::StrAppend(&text, "\nNothing needs these versions since ",
                    FormatTime(answer.master_key_retired_at()), ": destroy them, if they exist.\n");
  }
  context.Show(answer, text);
  return absl::OkStatus();
}

}  // namespace
}  // namespace erase_command

void AddEraseCommands(CLI::App& family, Context& context) {
  using namespace erase_command;
  AddCommand<EraseOptions>(
      family, context, "erase", "Forget a person for ever",
      [](CLI::App& command, EraseOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_flag("--yes", options.yes, "Do not ask");
        command.add_flag("--dry-run", options.dry_run, "Say what would be lost, and do nothing");
      },
      EraseMember);
  AddCommand<MemberName>(
      family, context, "erasure", "The certificate of an erasure, by the member's id",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); },
      ShowErasure);
}

}  // namespace gratis::cli
