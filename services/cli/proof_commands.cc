#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/proofs.pb.h"
#include "gratis/members/v1/tokens.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace proof_commands {
namespace {

namespace v1 = members::v1;

struct IdentifyOptions {
  MemberName member;
  std::string card;
  std::string issuer;
  std::string qr_token;
  std::string till_transaction;
  std::string receipt;
};

struct TokenOptions {
  MemberName member;
  int life_seconds = 0;
};

struct VerifyOptions {
  MemberName member;
  std::string code;
};

struct PolicyOptions {
  int64_t weak_limit_points = -1;
  bool dry_run = false;
};

absl::Status ShowIdentified(Context& context, const v1::IdentifyMemberResponse& answer) {
  Card card;
  card.Line("member", answer.member_id()).Line("name", answer.greeting_name());
  if (!answer.proof().empty()) {
    card.Line("proof", answer.proof())
        .Line("strength", EnumWords(answer, "proof_strength"))
        .Line("until", FormatTime(answer.proof_expires_at()));
  }
  context.Show(answer, card.ToString());
  return absl::OkStatus();
}

// The service that knows receipts knows them alone.
absl::Status IdentifyByReceipt(Context& context, const IdentifyOptions& options) {
  if (!options.member.empty() || !options.card.empty() || !options.qr_token.empty()) {
    return UsageError("--receipt", "a receipt is looked up by itself");
  }
  thanks::v1::IdentifyByReceiptRequest request;
  request.set_receipt_code(options.receipt);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  thanks::v1::IdentifyByReceiptResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  return ShowIdentified(context, answer.member());
}

absl::Status Identify(Context& context, const IdentifyOptions& options) {
  if (!options.receipt.empty()) return IdentifyByReceipt(context, options);
  ASSIGN_OR_RETURN(v1::IdentifyMemberRequest request, ToIdentifyRequest(options.member));
  if (!options.card.empty()) {
    request.mutable_card()->set_number(options.card);
    request.mutable_card()->set_issuer(options.issuer);
  }
  request.set_qr_token(options.qr_token);
  request.set_till_transaction(options.till_transaction);
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::IdentifyMemberResponse answer;
  RETURN_IF_ERROR(IfNobody(context.Call(*engine, request, answer)));
  return ShowIdentified(context, answer);
}

absl::Status IssueQrToken(Context& context, const TokenOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::IssueQrTokenRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_life_seconds(options.life_seconds);
  v1::IssueQrTokenResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("QR token", answer.qr_token())
                           .Line("until", FormatTime(answer.expires_at()))
                           .ToString());
  return absl::OkStatus();
}

absl::Status IssueToken(Context& context, const TokenOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::IssueMemberTokenRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_life_seconds(options.life_seconds);
  v1::IssueMemberTokenResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("token", answer.token())
                           .Line("until", FormatTime(answer.expires_at()))
                           .ToString());
  return absl::OkStatus();
}

absl::Status IssueCode(Context& context, const MemberName& member) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::IssueOneTimeCodeRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, member));
  v1::IssueOneTimeCodeResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(
      answer,
      Card().Line("code", answer.code()).Line("until", FormatTime(answer.expires_at())).ToString());
  return absl::OkStatus();
}

absl::Status Verify(Context& context, const VerifyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::VerifyOneTimeCodeRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  request.set_code(options.code);
  v1::VerifyOneTimeCodeResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card()
                           .Line("proof", answer.proof())
                           .Line("until", FormatTime(answer.proof_expires_at()))
                           .ToString());
  return absl::OkStatus();
}

// Shows the policy, or sets it.
absl::Status Policy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ProofPolicy policy;
  if (options.weak_limit_points < 0) {
    v1::GetProofPolicyResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, v1::GetProofPolicyRequest(), answer));
    policy = answer.policy();
  } else {
    v1::SetProofPolicyRequest request;
    request.mutable_policy()->set_weak_limit_points(options.weak_limit_points);
    request.set_request_id(context.RequestId());
    request.set_validate_only(options.dry_run);
    v1::SetProofPolicyResponse answer;
    RETURN_IF_ERROR(context.Call(*engine, request, answer));
    policy = answer.policy();
  }
  context.Show(policy, Card()
                           .Line("a weak proof is good for",
                                 Counted(policy.weak_limit_points(), "point", "points"))
                           .Line("version", absl::StrCat(policy.version()))
                           .ToString());
  return absl::OkStatus();
}

void DeclareIdentify(CLI::App& command, IdentifyOptions& options) {
  DeclareMember(command, options.member, "WHO");
  command.add_option("--card", options.card, "Their card's number, as printed");
  command.add_option("--issuer", options.issuer, "Who issued the card, if not this engine");
  command.add_option("--qr", options.qr_token, "What their app shows, as the scanner read it");
  command.add_option("--till-transaction", options.till_transaction,
                     "With --qr: what it was shown for; the same again is a retry");
  command.add_option("--receipt", options.receipt,
                     "The code on a receipt whose purchase they claimed");
}

}  // namespace
}  // namespace proof_commands

void AddProofCommands(CLI::App& member, Context& context) {
  using namespace proof_commands;
  AddCommand<IdentifyOptions>(member, context, "identify",
                              "Find a member as a till does; with a till's key, get a proof of it",
                              DeclareIdentify, Identify);
  AddCommand<TokenOptions>(
      member, context, "qr-token", "A token for a member's app to show as a QR code",
      [](CLI::App& command, TokenOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--life", options.life_seconds, "Seconds it lives; 45 if left out")
            ->check(CLI::Range(30, 60));
      },
      IssueQrToken);
  AddCommand<TokenOptions>(
      member, context, "token",
      "With a back end's key: a token for a member's page or app, to call with for that member",
      [](CLI::App& command, TokenOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--life", options.life_seconds, "Seconds it lives; 900 if left out")
            ->check(CLI::Range(1, 3600));
      },
      IssueToken);
  AddCommand<MemberName>(
      member, context, "one-time-code", "A code to send to a member, who reads it out at a till",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "MEMBER"); },
      IssueCode);
  AddCommand<VerifyOptions>(
      member, context, "verify-code", "Trade the code that a member reads out for a strong proof",
      [](CLI::App& command, VerifyOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--code", options.code, "Six digits")->required();
      },
      Verify);
  AddCommand<PolicyOptions>(
      member, context, "proof-policy", "What a till may do on a weak proof; with an option, set it",
      [](CLI::App& command, PolicyOptions& options) {
        command
            .add_option("--weak-limit", options.weak_limit_points,
                        "Points that a weak proof is good for, at once; 0 for none")
            ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}));
        command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
      },
      Policy);
}

}  // namespace gratis::cli
