#include "services/members/proving.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/one_time_code.h"
#include "services/members/proof_store.h"

namespace gratis::members {
namespace {

constexpr size_t kUseBytes = 16;

// What a token is used up for.
std::string UseOf(std::string_view actor, std::string_view till_transaction) {
  const base::Digest digest =
      base::Sha256(absl::StrCat(actor.size(), ":", base::Abs(actor), base::Abs(till_transaction)));
  return std::string(base::AsBytes(digest).substr(0, kUseBytes));
}

absl::Status Wrong(int tries_left) {
  if (tries_left == 0) {
    return Error(Reason::kCodeExpired, "this code was tried too often; send the member another");
  }
  return Error(Reason::kCodeWrong, "this is not the member's code; read it again",
               {{"tries_left", absl::StrCat(tries_left)}});
}

}  // namespace

Issued Proving::IssueQrToken(const ledger::Program& program, const MemberId& member,
                             absl::Duration life, absl::Time now) const {
  const absl::Time expires_at = absl::FromUnixSeconds(absl::ToUnixSeconds(now + life));
  return {tokens_.Make({member, expires_at}, program.number), expires_at};
}

absl::StatusOr<QrToken> Proving::ReadQrToken(const ledger::Program& program, std::string_view text,
                                             absl::Time now) const {
  const std::optional<QrToken> token = tokens_.Open(text, program.number);
  if (token && token->expires_at > now) return *token;
  return FieldError(Reason::kQrTokenInvalid, "qr_token",
                    token ? "this QR code is over; have the app show a new one"
                          : "this is not a QR code of a member's app");
}

absl::Status Proving::UseQrToken(const ledger::Program& program, const QrToken& token,
                                 std::string_view text, std::string_view actor,
                                 std::string_view till_transaction, absl::Time deadline) const {
  const int32_t partition = ledger::PartitionOf(program, token.member);
  bool used = false;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(used,
                     ProofStore(tx).UseQrToken(partition, QrTokens::Fingerprint(text),
                                               UseOf(actor, till_transaction), token.expires_at));
    return absl::OkStatus();
  }));
  if (used) return absl::OkStatus();
  return FieldError(Reason::kQrTokenUsed, "qr_token",
                    "this QR code was used before; have the app show a new one");
}

absl::StatusOr<Issued> Proving::IssueCode(const ledger::Program& program, const MemberId& member,
                                          const Moment& moment) const {
  const std::string code = DrawCode();
  const std::string hash = CodeHash(code_key_, program.number, member, code);
  bool written = false;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = moment.deadline}, [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(written, ProofStore(tx).WriteCode(ledger::PartitionOf(program, member), member,
                                                       hash, moment.now));
    return absl::OkStatus();
  }));
  if (written) return Issued{code, moment.now + kCodeLife};
  return Error(Reason::kTooManyCodes,
               absl::StrCat("a member is given at most ", kCodesAnHour, " codes an hour"));
}

absl::StatusOr<absl::Time> Proving::VerifyCode(const ledger::Program& program,
                                               const MemberId& member, std::string_view code,
                                               std::string_view actor, const Moment& moment) const {
  RETURN_IF_ERROR(CheckCode(code));
  const int32_t partition = ledger::PartitionOf(program, member);
  const std::string hash = CodeHash(code_key_, program.number, member, code);
  std::optional<TriedCode> tried;
  bool right = false;
  // What is wrong costs a try, so this commits in any case.
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = moment.deadline}, [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(tried, ProofStore(tx).TryCode(partition, member, actor, moment.now));
    if (!tried) return ledger::RequireMember(tx, program, member);
    right = tried && base::ConstantTimeEqual(tried->hash, hash);
    if (right && !tried->used_at) {
      ProofStore(tx).MarkCodeUsed(partition, member, actor, moment.now);
      tried->used_at = moment.now;
    }
    return absl::OkStatus();
  }));
  if (right) return *tried->used_at;
  if (tried) return Wrong(tried->tries_left);
  return Error(Reason::kCodeExpired, "the member has no code that can be used; send them another");
}

absl::StatusOr<ProofPolicy> Proving::CurrentPolicy(const ledger::Program& program,
                                                   absl::Time deadline) const {
  ProofPolicy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(policy, ProofStore(tx).ReadPolicy(program.number));
    return absl::OkStatus();
  }));
  return policy;
}

absl::Status Proving::ForgetOver(const ledger::Program& program, const Moment& moment) const {
  return pg::RunTx(pool_, {.deadline = moment.deadline}, [&](pg::Tx& tx) {
    ProofStore(tx).ForgetOver(program.first_partition, program.last_partition(), moment.now);
    return absl::OkStatus();
  });
}

}  // namespace gratis::members
