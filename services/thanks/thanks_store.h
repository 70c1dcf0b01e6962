#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/purchase.h"
#include "services/thanks/return_rules.h"

// Purchases, what became of them, and who buys, as they are kept: one function per query. What
// belongs to members leads with the partition.
namespace gratis::thanks {

// All purchases of one partition's set at once.
void InsertPurchases(pg::Tx& tx, int32_t partition, absl::Span<const Purchase* const> purchases);

// A purchase with its returns, in their order, and what they add up to.
struct StoredPurchase {
  Purchase purchase;
  std::vector<Return> returns;
};

absl::StatusOr<std::optional<Purchase>> ReadPurchase(pg::Tx& tx, int32_t partition,
                                                     const PurchaseId& id);

// Those of these that are there, by id.
absl::StatusOr<std::vector<Purchase>> ReadPurchases(pg::Tx& tx, int32_t partition,
                                                    const std::vector<PurchaseId>& ids);

// At most `limit` purchases of a member after `after` (nil: from the first), by id.
absl::StatusOr<std::vector<Purchase>> ListPurchases(pg::Tx& tx, int32_t partition,
                                                    const MemberId& member, const PurchaseId& after,
                                                    int32_t limit);

// Those of these that are there. Asked first and taken later, so that it travels with whatever else
// is asked.
struct AskedPurchases {
  pg::Tx::Asked purchases, returns;
};
AskedPurchases AskPurchases(pg::Tx& tx, int32_t partition, const std::vector<PurchaseId>& ids);
absl::StatusOr<std::map<PurchaseId, StoredPurchase>> TakePurchases(pg::Tx& tx,
                                                                   const AskedPurchases& asked);

// What nobody has claimed yet; or what a name leads on to.
struct Unclaimed {
  std::optional<StoredPurchase> purchase;  // none: a return waits for it
  MemberId moved_to;                       // nil: nobody
  PurchaseId became;
};
struct AskedUnclaimed {
  pg::Tx::Asked unclaimed, returns;
};
// `lock`: until the end of the transaction, and then read what whoever had it before made of it.
AskedUnclaimed AskUnclaimed(pg::Tx& tx, int32_t partition, const std::vector<PurchaseId>& ids,
                            bool lock = false);
absl::StatusOr<std::map<PurchaseId, Unclaimed>> TakeUnclaimed(pg::Tx& tx,
                                                              const AskedUnclaimed& asked);
void InsertUnclaimed(pg::Tx& tx, int32_t partition, absl::Span<const Purchase* const> purchases);

struct Move {
  int32_t partition = 0;  // where the name leads
  PurchaseId purchase;
  MemberId member;
  PurchaseId became;
};
void InsertMoves(pg::Tx& tx, absl::Span<const Move> moves);

struct NumberedReturn {
  PurchaseId purchase;
  int32_t number = 0;  // of the purchase's returns, from 1
  Return came;
};
void InsertReturns(pg::Tx& tx, int32_t partition, absl::Span<const NumberedReturn> returns);

struct Delivery {
  PurchaseId purchase;
  absl::Time delivered_at;
  absl::Time recorded_at;
};
void InsertDeliveries(pg::Tx& tx, int32_t partition, absl::Span<const Delivery> deliveries);

pg::Tx::Asked AskBuyers(pg::Tx& tx, int32_t partition, const std::vector<MemberId>& members);
absl::StatusOr<std::map<MemberId, Buyer>> TakeBuyers(pg::Tx& tx, pg::Tx::Asked asked);
void WriteBuyers(pg::Tx& tx, int32_t partition, const std::map<MemberId, Buyer>& buyers);

// What waits for a purchase, by the name of its order: a return, or that it was delivered.
struct Parked {
  int32_t partition = 0;  // where the name leads, and to what
  PurchaseId purchase;
  int32_t number = 0;                                // of those that wait for it, from 1
  Return came;                                       // that came back; or …
  absl::Time delivered_at = absl::InfiniteFuture();  // … when it was delivered

  bool is_delivery() const { return delivered_at != absl::InfiniteFuture(); }
};
// Locks what is there; whoever has waited reads what it was changed to.
pg::Tx::Asked AskParked(pg::Tx& tx, const ledger::Program& program,
                        const std::vector<std::string>& names);
absl::StatusOr<std::map<std::string, std::vector<Parked>>> TakeParked(
    pg::Tx& tx, pg::Tx::Asked locked, const ledger::Program& program,
    const std::vector<std::string>& names);
void InsertParked(pg::Tx& tx, const ledger::Program& program,
                  absl::Span<const std::pair<std::string, Parked>> parked);
void DeleteParked(pg::Tx& tx, const ledger::Program& program,
                  const std::vector<std::string>& names);

}  // namespace gratis::thanks
