#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/mutation.h"
#include "common/pg/tx.h"
#include "services/thanks/purchase.h"

// What follows from a purchase, in the transaction of the purchase: thank-yous, gifts, requests.
namespace gratis::thanks {

enum class Occasion { kPurchase, kDelivery, kReturn };

// What happened.
struct Occurrence {
  Occasion occasion = Occasion::kPurchase;
  const Purchase& purchase;  // with its lines, store, channel, staff, position, what came back
  // For kPurchase: the member before it; the purchase's position is `buyer.kept + 1`, and new if it
  // is above `buyer.highest_position`. The gap is purchase.purchased_at - buyer.last_at.
  Buyer buyer;
  absl::Time at;         // when it happened: bought, delivered or returned
  bool claimed = false;  // kPurchase: somebody claimed what was bought without a card
};

// What one trigger made of it, for the answer: whoever stands at the till sees it at once.
struct Followed {
  std::string trigger;       // its code
  std::string outcome;       // "given", "due", "withheld", …: one word
  std::string sentence;      // why, for people
  std::string receipt_line;  // to be printed; empty for none
  int64_t points = 0;
  VoucherId voucher = {};
  absl::Time due_at = absl::InfinitePast();  // when it will act, if later
};

// What is loaded and decided in one run of a set that is of one partition. Decide is called for
// each item of the set that gets that far, in order; the items that succeed are then written.
// Everything decided for an item that fails afterwards is not written.
class AftermathRun {
 public:
  virtual ~AftermathRun() = default;

  // Pure but for `books`, where it posts facts of its own (with a transaction of their own: the
  // purchase's is what a return takes back). It may fail with Books::Lacking(). `envelope` is that
  // of the mutation; when it only validates, nothing is to be kept. What the till should print or
  // show is added to `triggered`.
  virtual absl::Status Decide(ledger::Books& books, const ledger::Envelope& envelope,
                              const Occurrence& occurrence, std::vector<Followed>& followed) = 0;

  // Writes what was decided for these purchases, set-based: tx.Send.
  virtual absl::Status Write(pg::Tx& tx, absl::Span<const PurchaseId> decided) = 0;
};

// Made once; thread-safe.
class Aftermath {
 public:
  virtual ~Aftermath() = default;

  // What the set may need: called under the partition's lock, with all of the set's members (nil
  // ones and repeated ones among them). `tx.Ask` first, so that all travels in few round trips.
  virtual absl::StatusOr<std::unique_ptr<AftermathRun>> Load(pg::Tx& tx,
                                                             const ledger::Program& program,
                                                             int32_t partition,
                                                             absl::Span<const MemberId> members,
                                                             absl::Time now) = 0;
};

}  // namespace gratis::thanks
