#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "services/cli/bounded_queue.h"
#include "services/cli/order_batches.h"
#include "services/cli/rejects.h"

namespace gratis::cli {

struct ImportLimits {
  size_t batch = 500;  // purchases in one call; 1 to 1,000
  size_t lanes = 4;    // calls under way at once
};

// Puts a stream of orders into the books: one thread enrolls, and each of several lanes records
// purchases, so that the engine always has several batches to work on. A member's orders all take
// the same lane, one batch after the other, and so are recorded in the order they were added.
// Holds a bounded number of orders. Add and Finish are for one thread; the rest is thread-safe.
class OrderImport {
 public:
  OrderImport(Engine& engine, OrderOrigin origin, ImportLimits limits, RejectsFile& rejects);
  ~OrderImport();
  OrderImport(const OrderImport&) = delete;
  OrderImport& operator=(const OrderImport&) = delete;

  // Hands over an order; waits while enough are under way. False once something ended the import.
  bool Add(Order order);

  // Waits until every order added is in the books or among the rejects; more may be added then.
  // Errors: what ended the import. Whatever was not recorded by then will be by the next one.
  absl::Status Finish();

  PurchaseSums sums() const;
  int64_t members() const;

 private:
  using Chunk = std::vector<Order>;
  using Lane = BoundedQueue<std::vector<PlacedOrder>>;

  void HandOver();
  void EnrollChunks();
  void RecordLane(Lane& lane);
  void Refuse(const std::vector<RefusedOrder>& refused);
  // Counts orders that are in the books or refused; ends the import with an error.
  void Settle(size_t orders, const absl::Status& status);

  Engine& engine_;
  const OrderOrigin origin_;
  const ImportLimits limits_;
  RejectsFile& rejects_;

  Chunk chunk_;  // being filled by Add
  BoundedQueue<Chunk> chunks_;
  std::vector<std::unique_ptr<Lane>> lanes_;

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  int64_t under_way_ = 0;
  absl::Status failure_;
  PurchaseSums sums_;
  int64_t members_ = 0;

  std::vector<std::thread> threads_;
};

// Which of `lanes` a member's orders take. Members of one partition of the ledger share a lane, as
// far as the numbers allow, so that batches do not wait for each other's partitions.
size_t LaneOf(const MemberId& member, size_t lanes);

}  // namespace gratis::cli
