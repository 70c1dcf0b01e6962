#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "tests/bench/connection.h"
#include "tests/bench/latencies.h"

namespace gratis::bench {

// What a client that follows the journal saw of postings.
struct Seen {
  int64_t postings = 0;  // that were answered, and came
  int64_t missing = 0;   // that were answered, and did not come
  Latencies
      latencies;  // from the answer to the message, without the warm-up's; 0 if that was first
};

// A client that follows the journal's earns as they are recorded, on a connection and a thread of
// its own. Thread-safe.
class Watcher {
 public:
  // Follows when this returns, and measures what is answered `warmup` later. Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Watcher>> Start(const Target& target,
                                                        Ticks::duration warmup);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // A posting, txn_…, was answered just now.
  void Answered(const std::string& transaction_id);

  // Waits until all that was answered has come, for `patience` at the longest.
  Seen Await(Ticks::duration patience);

 private:
  explicit Watcher(std::unique_ptr<Connection> connection);
  bool Turn();
  void Take(const std::string& message);
  void Note(Ticks::time_point answered, Ticks::time_point came);

  const std::unique_ptr<Connection> connection_;
  bool follows_ = false;  // the first message has come
  bool ended_ = false;
  Ticks::time_point measured_from_;

  std::mutex mutex_;
  std::condition_variable all_came_;
  bool over_ = false;
  std::unordered_map<std::string, Ticks::time_point> answered_;  // and not come yet
  std::unordered_set<std::string> came_;                         // and not answered yet
  Seen seen_;
  std::thread thread_;
};

}  // namespace gratis::bench
