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

// A member as stored: sealed, except for when they came.
struct MemberRow {
  MemberId id;
  absl::Time enrolled_at;
  std::optional<std::string> birthday_key;  // 16 bytes of a keyed hash of "MM-DD"
  vault::SealedKey data_key;
  std::string sealed_profile;
};

// The queries of this service, one method each. Lives inside one transaction.
class MemberStore {
 public:
  explicit MemberStore(pg::Tx& tx) : tx_(tx) {}

  // Queued; its error surfaces with the transaction's next answer.
  void Insert(int32_t partition, absl::Span<const MemberRow* const> members);

  absl::StatusOr<std::optional<MemberRow>> Find(int32_t partition, const MemberId& member);

  // At most `limit` members after `after` whose birthday has one of `birthday_keys`, by id.
  absl::StatusOr<std::vector<MemberRow>> ListBirthdays(int32_t partition,
                                                       absl::Span<const std::string> birthday_keys,
                                                       const MemberId& after, int32_t limit);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
