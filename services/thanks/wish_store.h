#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/wish_rules.h"

// The tables of wishes and restocks, one function per query. What is written is queued.
namespace gratis::thanks {

// New ones, and what became of those that are there; each key once.
void WriteWishes(pg::Tx& tx, int32_t partition, absl::Span<const Wish> wishes);
// What lacked in purchases, as Noted has it; each key once.
void NoticeWishes(pg::Tx& tx, int32_t partition, absl::Span<const Wish> wishes);
// Those of these that are there; each key once.
absl::StatusOr<std::vector<Wish>> FindWishes(pg::Tx& tx, int32_t partition,
                                             const std::vector<WishKey>& keys);
// For how many SKUs and stores each of these, who has any, wished after `since`, whatever became of
// it.
absl::StatusOr<std::map<MemberId, int64_t>> CountWishes(pg::Tx& tx, int32_t partition,
                                                        const std::vector<MemberId>& members,
                                                        absl::Time since);
// At most `limit` of a member's behind `after`, by SKU and store. `waiting_only`: those that wait
// at `now`.
struct WishPage {
  WishKey after;
  bool waiting_only = false;
  absl::Time now;
  int32_t limit = 0;
};
absl::StatusOr<std::vector<Wish>> ListWishes(pg::Tx& tx, int32_t partition, const WishPage& page);

// At most `limit` members behind `after` with a wish that a restock meets, by id.
absl::StatusOr<std::vector<MemberId>> FindWishers(pg::Tx& tx, int32_t partition,
                                                  const Restock& restock, const MemberId& after,
                                                  int32_t limit);
// How many members of all partitions there are with one.
absl::StatusOr<int64_t> CountWishers(pg::Tx& tx, const ledger::Program& program,
                                     const Restock& restock);
// Which of these those who wished for them bought since, in any store.
absl::StatusOr<std::set<WishKey>> FindBoughtSince(pg::Tx& tx, int32_t partition,
                                                  const std::vector<Wish>& wishes);

void InsertRestock(pg::Tx& tx, const ledger::Program& program, const Restock& restock);
// At most `limit` behind `after` that not everybody was told of, oldest first.
absl::StatusOr<std::vector<Restock>> FindOpenRestocks(pg::Tx& tx, const ledger::Program& program,
                                                      const Uuid& after, int32_t limit);
// Everybody was told of it.
void EndRestock(pg::Tx& tx, const ledger::Program& program, const Uuid& restock, absl::Time now);

}  // namespace gratis::thanks
