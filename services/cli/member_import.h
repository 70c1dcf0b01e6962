#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/cli/bounded_queue.h"
#include "services/cli/engine.h"
#include "services/cli/member_row.h"
#include "services/cli/rejects.h"

namespace gratis::cli {

// What an import of members came to.
struct MemberSums {
  int64_t members = 0;      // enrolled, replays among them
  int64_t replayed = 0;     // of them, enrolled by an earlier import
  int64_t consents = 0;     // requests that kept what they said, objections among them
  int64_t preferences = 0;  // members whose preferences were kept
  int64_t segments = 0;     // members who were put into segments

  MemberSums& operator+=(const MemberSums& other);
};

// Makes members of a stream of rows, several batches at a time. Each batch enrolls its members, and
// then keeps what they said and like, and puts them into their segments. Objections go one by one,
// since the contract has no batch of them: few object. Holds a bounded number of rows. Add and
// Finish are for one thread; the rest is thread-safe.
class MemberImport {
 public:
  struct Limits {
    size_t batch = 500;                           // members in one call; 1 to 1,000
    size_t lanes = 4;                             // calls under way at once
    absl::Duration patience = absl::Seconds(60);  // with an engine that cannot be reached
  };

  MemberImport(Engine& engine, Limits limits, RejectsFile& rejects);
  ~MemberImport();
  MemberImport(const MemberImport&) = delete;
  MemberImport& operator=(const MemberImport&) = delete;

  // Hands over a row; waits while enough are under way. False once something ended the import.
  bool Add(MemberRow row);

  // Waits until every row added is a member or among the rejects. Errors: what ended the import;
  // whatever was not done by then will be by the next one.
  absl::Status Finish();

  MemberSums sums() const;

 private:
  using Batch = std::vector<MemberRow>;

  void Work();
  absl::Status Transfer(Batch& batch, MemberSums& sums);
  absl::Status Object(const MemberRow& row, MemberSums& sums);
  void Reject(const MemberRow& row, const absl::Status& error);

  Engine& engine_;
  const Limits limits_;
  RejectsFile& rejects_;
  Batch batch_;  // being filled by Add
  size_t batch_bytes_ = 0;
  BoundedQueue<Batch> batches_;

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  int64_t under_way_ = 0;  // batches
  absl::Status failure_;
  MemberSums sums_;

  std::vector<std::thread> threads_;
};

}  // namespace gratis::cli
