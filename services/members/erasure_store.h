#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/vault/vault.h"

namespace gratis::pg {
class Tx;
}

namespace gratis::members {

// A member whose person was erased.
struct ErasedMember {
  MemberId member;
  absl::Time erased_at;
  // The newest version of the master key that anything of theirs may have been wrapped by: old
  // copies of the database can be read for them as long as it, or one before it, exists.
  int key_version = 0;
  TransactionId transaction;
  int names = 0;  // that were given up
};

// What a member's identifiers are read from before they go.
struct LockedMember {
  vault::SealedKey data_key;
  std::string sealed_profile;
};

// The queries of erasures. Lives inside one transaction.
class ErasureStore {
 public:
  explicit ErasureStore(pg::Tx& tx) : tx_(tx) {}

  // Locked until the transaction ends, so that nobody wraps the key again after its version was
  // read; nothing if there is no such row.
  absl::StatusOr<std::optional<LockedMember>> Lock(int32_t partition, const MemberId& member);

  // Queued: everything that is kept of these members beside their cards goes, and a note of each
  // comes.
  void Erase(int32_t program, int32_t partition, absl::Span<const ErasedMember* const> erased);
  // Queued, too. `partition`: the program's first.
  void DeleteCards(int32_t partition, absl::Span<const CardId> cards);

  absl::StatusOr<std::optional<ErasedMember>> Find(int32_t partition, const MemberId& member);

  // An erasure and its program's number.
  struct Noted {
    int32_t program = 0;
    MemberId member;
    absl::Time erased_at;
  };
  // At most `limit` of all erasures after `after` (nil: from the first), by member.
  absl::StatusOr<std::vector<Noted>> List(const MemberId& after, int32_t limit);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
