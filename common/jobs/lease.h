#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::jobs {

// One job of one program.
struct JobKey {
  std::string_view job;
  int32_t program;
};

// The right to run a job, had for a while.
struct Lease {
  std::optional<absl::Time> ran_through;  // program time of the last run, by whomever
};

// Who runs which job, and how far each got. A lease spares several processes the same work; it is
// no lock: its holder may stall and another go on, so a job's effects must be right without it.
class LeaseTable {
 public:
  virtual ~LeaseTable() = default;
  // Takes or keeps the job for `owner` until `until`; nothing when another has it. `now` and
  // `until` are real time.
  virtual absl::StatusOr<std::optional<Lease>> Take(const JobKey& key, std::string_view owner,
                                                    absl::Time now, absl::Time until) = 0;
  // Gives it back, and notes how far it ran; nothing: the run failed, and whoever comes next begins
  // where it did.
  virtual absl::Status Release(const JobKey& key, std::string_view owner,
                               std::optional<absl::Time> ran_through, absl::Time deadline) = 0;
};

// In the table house.job. Thread-safe.
class PgLeaseTable final : public LeaseTable {
 public:
  explicit PgLeaseTable(pg::Pool& pool) : pool_(pool) {}
  absl::StatusOr<std::optional<Lease>> Take(const JobKey& key, std::string_view owner,
                                            absl::Time now, absl::Time until) override;
  absl::Status Release(const JobKey& key, std::string_view owner,
                       std::optional<absl::Time> ran_through, absl::Time deadline) override;

 private:
  pg::Pool& pool_;
};

}  // namespace gratis::jobs
