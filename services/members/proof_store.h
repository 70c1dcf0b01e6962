#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"
#include "services/members/proof_policy.h"

namespace gratis::members {

// A one-time code that was tried, whether or not the try was right.
struct TriedCode {
  std::string hash;
  int16_t tries_left = 0;             // after it
  std::optional<absl::Time> used_at;  // by the key that tried
};

// The queries about proofs, one method each. Lives inside one transaction.
class ProofStore {
 public:
  explicit ProofStore(pg::Tx& tx) : tx_(tx) {}

  // The policy in force; version 0 if none was set.
  absl::StatusOr<ProofPolicy> ReadPolicy(int32_t program);
  // The same in two steps, to travel with whatever else is asked.
  pg::Tx::Asked AskPolicy(int32_t program);
  absl::StatusOr<ProofPolicy> TakePolicy(pg::Tx::Asked asked);
  // Queued; its error surfaces with the transaction's next answer.
  void InsertPolicy(int32_t program, const ProofPolicy& policy, absl::Time set_at);

  // Puts a code in the place of the member's earlier one. False if they had as many as an hour
  // allows.
  absl::StatusOr<bool> WriteCode(int32_t partition, const MemberId& member, std::string_view hash,
                                 absl::Time now);
  // Takes one try off the member's code; nothing if there is none that `actor` may try.
  absl::StatusOr<std::optional<TriedCode>> TryCode(int32_t partition, const MemberId& member,
                                                   std::string_view actor, absl::Time now);
  // Queued, as InsertPolicy.
  void MarkCodeUsed(int32_t partition, const MemberId& member, std::string_view actor,
                    absl::Time now);

  // Whether the token is, from now on, that use's: nobody's before, or its own already.
  absl::StatusOr<bool> UseQrToken(int32_t partition, std::string_view token, std::string_view use,
                                  absl::Time expires_at);

  // Forgets what is over by `now` in a program's partitions. Queued, as InsertPolicy.
  void ForgetOver(int32_t first_partition, int32_t last_partition, absl::Time now);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
