#pragma once

#include <cstdint>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/vault/vault.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::messages {

// The keys of texts follow the master key. Which of its versions they may need, the house is told,
// so that none is retired before. Thread-safe; any number of processes may do it at once; deadlines
// are real time.
class TextKeys {
 public:
  // Both outlive this.
  TextKeys(pg::Pool& pool, vault::Vault& vault) : pool_(pool), vault_(vault) {}

  // Tells the house that there may be texts of the program. Before this process seals the first of
  // them; to repeat it changes nothing.
  absl::Status Announce(const ledger::Program& program, absl::Time deadline) const;

  // Wraps what older versions wrap by the newest one, for about a second, whatever program it is
  // of, and tells the house which partitions are through. Not those of whoever was erased: all that
  // is to happen to them is that they go. How many. Errors: MASTER_KEY_INVALID (a version is not
  // given to this process); DRAINING when asked to stop.
  absl::StatusOr<int64_t> Follow(absl::Time deadline, const std::stop_token& stop) const;

 private:
  // 0: nothing is left that could be.
  absl::StatusOr<int64_t> RewrapPage(int32_t partition, int version, absl::Time deadline) const;

  pg::Pool& pool_;
  vault::Vault& vault_;
};

}  // namespace gratis::messages
