#include "services/members/proof_store.h"

#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"
#include "services/members/one_time_code.h"

namespace gratis::members {
namespace {

constexpr absl::Duration kHour = absl::Hours(1);

}  // namespace

absl::StatusOr<ProofPolicy> ProofStore::ReadPolicy(int32_t program) {
  return TakePolicy(AskPolicy(program));
}

pg::Tx::Asked ProofStore::AskPolicy(int32_t program) {
  return tx_.Ask(sql::kReadProofPolicy, program);
}

absl::StatusOr<ProofPolicy> ProofStore::TakePolicy(pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked));
  if (rows.empty()) return ProofPolicy{};
  return ProofPolicy{.version = rows[0].Get<int32_t>(0),
                     .weak_limit_points = rows[0].Get<int64_t>(1)};
}

void ProofStore::InsertPolicy(int32_t program, const ProofPolicy& policy, absl::Time set_at) {
  tx_.Send(sql::kInsertProofPolicy, program, policy.version, set_at, policy.weak_limit_points);
}

absl::StatusOr<bool> ProofStore::WriteCode(int32_t partition, const MemberId& member,
                                           std::string_view hash, absl::Time now) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kWriteOneTimeCode, partition, member, pg::BytesView{hash},
                           now + kCodeLife, static_cast<int16_t>(kCodeTries), now, now - kHour,
                           static_cast<int16_t>(kCodesAnHour)));
  return !rows.empty();
}

absl::StatusOr<std::optional<TriedCode>> ProofStore::TryCode(int32_t partition,
                                                             const MemberId& member,
                                                             std::string_view actor,
                                                             absl::Time now) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kTryOneTimeCode, partition, member, actor, now));
  if (rows.empty()) return std::nullopt;
  return TriedCode{.hash = rows[0].Get<pg::Bytes>(0).value,
                   .tries_left = rows[0].Get<int16_t>(1),
                   .used_at = rows[0].Get<std::optional<absl::Time>>(2)};
}

void ProofStore::MarkCodeUsed(int32_t partition, const MemberId& member, std::string_view actor,
                              absl::Time now) {
  tx_.Send(sql::kMarkOneTimeCodeUsed, partition, member, actor, now);
}

absl::StatusOr<bool> ProofStore::UseQrToken(int32_t partition, std::string_view token,
                                            std::string_view use, absl::Time expires_at) {
  tx_.Send(sql::kUseQrToken, partition, pg::BytesView{token}, pg::BytesView{use}, expires_at);
  // A statement of its own: it sees what another call put there while the first one waited for it.
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kReadQrTokenUse, partition, pg::BytesView{token}));
  return !rows.empty() && rows[0].Get<pg::BytesView>(0).value == use;
}

void ProofStore::ForgetOver(int32_t first_partition, int32_t last_partition, absl::Time now) {
  tx_.Send(sql::kForgetQrTokens, first_partition, last_partition, now);
  // Codes are counted for an hour.
  tx_.Send(sql::kForgetOneTimeCodes, first_partition, last_partition, now - kHour);
}

}  // namespace gratis::members
