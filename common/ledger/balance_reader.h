#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

struct BalanceReaderOptions {
  int threads = 2;           // each takes one connection
  int max_batch = 256;       // balances read by one statement
  int max_waiting = 20'000;  // beyond it, calls are refused at once
};

// A member's wallets as they stand at `now`, as ReadBalances says.
struct BalanceQuestion {
  Program program;
  MemberId member;
  absl::Time now;
  absl::Time deadline;  // real time
};

// Reads balances for many callers: those who wait are answered by one statement together, as
// postings are posted together. Thread-safe.
class BalanceReader {
 public:
  struct Balances {
    std::map<int16_t, Wallet> wallets;               // by unit
    std::shared_ptr<const std::vector<Unit>> units;  // of the program, as ReadUnits says
  };
  using Done = std::function<void(absl::StatusOr<Balances>)>;

  // `clock` is the real one.
  BalanceReader(BalanceReaderOptions options, pg::Pool& pool, const base::Clock& clock);
  // Answers what still waits, then ends.
  ~BalanceReader();
  BalanceReader(const BalanceReader&) = delete;
  BalanceReader& operator=(const BalanceReader&) = delete;

  // Tells `done`, on a thread of the reader's, which must not block; exactly once. Errors:
  // MEMBER_NOT_FOUND, OVERLOADED, DEADLINE_EXCEEDED, and those of the database.
  void Read(BalanceQuestion question, Done done);

 private:
  struct Waiting {
    BalanceQuestion question;
    Done done;
  };

  void Work();
  std::vector<Waiting> TakeBatch();
  void Answer(std::vector<Waiting> batch);

  const BalanceReaderOptions options_;
  pg::Pool& pool_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Waiting> waiting_;
  int idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gratis::ledger
