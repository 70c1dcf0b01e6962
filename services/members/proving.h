#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/vault/vault.h"
#include "services/members/cards.h"
#include "services/members/proof_policy.h"
#include "services/members/qr_token.h"

namespace gratis::members {

// How long a till may go on after it met a member: a sale with a queue behind it.
inline constexpr absl::Duration kProofLife = absl::Minutes(10);

// A secret for one member, and until when it is good.
struct Issued {
  std::string text;
  absl::Time expires_at;
};

// How members are proven to be there: the use cases. Thread-safe.
//
// A code that is issued or tried, and a token that is shown, change what is stored, but nothing of
// the books: they are neither journaled nor kept under a request id, and they are gone in minutes.
class Proving {
 public:
  // All arguments outlive this.
  Proving(const vault::Vault& vault, pg::Pool& pool)
      : tokens_(vault.Derive("qr-token")), code_key_(vault.Derive("one-time-code")), pool_(pool) {}

  // `life` is checked; the end is cut to whole seconds.
  Issued IssueQrToken(const ledger::Program& program, const MemberId& member, absl::Duration life,
                      absl::Time now) const;
  // Whose token it is. Errors: QR_TOKEN_INVALID.
  absl::StatusOr<QrToken> ReadQrToken(const ledger::Program& program, std::string_view text,
                                      absl::Time now) const;
  // Uses a token up for one till (`actor`) and one transaction of its own; to use it again for the
  // same is a retry. Errors: QR_TOKEN_USED.
  absl::Status UseQrToken(const ledger::Program& program, const QrToken& token,
                          std::string_view text, std::string_view actor,
                          std::string_view till_transaction, absl::Time deadline) const;

  // In the place of an earlier code. Errors: TOO_MANY_CODES.
  absl::StatusOr<Issued> IssueCode(const ledger::Program& program, const MemberId& member,
                                   const Moment& moment) const;
  // When the code was first given right, by this caller. Errors: FIELD_INVALID (code), CODE_WRONG
  // (metadata: tries_left), CODE_EXPIRED, MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<absl::Time> VerifyCode(const ledger::Program& program, const MemberId& member,
                                        std::string_view code, std::string_view actor,
                                        const Moment& moment) const;

  absl::StatusOr<ProofPolicy> CurrentPolicy(const ledger::Program& program,
                                            absl::Time deadline) const;

  // Forgets codes and tokens that are over.
  absl::Status ForgetOver(const ledger::Program& program, const Moment& moment) const;

 private:
  const QrTokens tokens_;
  const std::string code_key_;
  pg::Pool& pool_;
};

}  // namespace gratis::members
