#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gratis::pg {

class Conn;
class Tx;
struct TxOptions;

struct PoolOptions {
  std::string conninfo;          // a libpq connection string or URI
  std::string role;              // taken on by every connection; empty: the login user itself
  std::string application_name;  // as seen in pg_stat_activity
  int size = 8;                  // connections at most; none is opened before it is needed
  absl::Duration connect_timeout = absl::Seconds(5);
  // How long the server lets a statement run, wait for a lock, and a transaction stand idle: this
  // fences off a process that was stopped in the middle. Zero: forever.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(5);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(10);
};

// At most `size` connections, lent to one transaction at a time by RunTx. A connection that broke
// is replaced when next needed; while PostgreSQL cannot be reached, callers learn so at once.
// Thread-safe. Must outlive the transactions that run over it.
class Pool {
 public:
  explicit Pool(PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  struct Use {
    int in_use = 0;
    int idle = 0;
    int waiting = 0;
    int size = 0;
  };
  Use use() const;

 private:
  friend absl::Status RunTx(Pool& pool, const TxOptions& options,
                            absl::FunctionRef<absl::Status(Tx&)> body);
  struct Return {
    Pool* pool;
    void operator()(Conn* conn) const;
  };
  using Lease = std::unique_ptr<Conn, Return>;
  using Ticks = std::chrono::steady_clock;  // which nobody sets

  // Errors: POOL_EXHAUSTED (none became free in time), DATABASE_UNAVAILABLE, DEADLINE_EXCEEDED (it
  // had passed before).
  absl::StatusOr<Lease> Acquire(absl::Time deadline);
  absl::Status WaitForSlot(std::unique_lock<std::mutex>& lock, absl::Time deadline);
  std::unique_ptr<Conn> TakeIdle();
  absl::StatusOr<std::unique_ptr<Conn>> Connect(absl::Time deadline);
  void GiveBack(std::unique_ptr<Conn> conn);

  const PoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable slot_free_;
  std::vector<std::unique_ptr<Conn>> idle_;  // the last used is at the end and goes out first
  int in_use_ = 0;
  int waiting_ = 0;
  Ticks::time_point down_until_;  // until then nobody tries to connect again
  absl::Status down_;
};

}  // namespace gratis::pg
