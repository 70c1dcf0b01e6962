#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/members/card_rules.h"

namespace gratis::pg {
class Tx;
}

namespace gratis::members {

// The queries about cards, one method each. Lives inside one transaction.
class CardStore {
 public:
  explicit CardStore(pg::Tx& tx) : tx_(tx) {}

  // Queued; their errors surface with the transaction's next answer.
  void Insert(int32_t partition, absl::Span<const CardRow> cards);
  void Update(int32_t partition, absl::Span<const CardRow> cards);

  // Those of `ids` that exist, in no particular order.
  absl::StatusOr<std::vector<CardRow>> Read(int32_t partition, absl::Span<const CardId> ids);

  // At most `limit` cards after `after`, by id.
  absl::StatusOr<std::vector<CardRow>> ListOfMember(int32_t partition, const MemberId& member,
                                                    const CardId& after, int32_t limit);
  absl::StatusOr<std::vector<CardRow>> ListOfBatch(int32_t partition, std::string_view batch,
                                                   const CardId& after, int32_t limit);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
