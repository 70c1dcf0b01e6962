#include "common/house/keyring/key_use.h"

#include <vector>

#include "common/house/keyring/key_table.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::house {
namespace {

absl::Time HourOf(absl::Time time) {
  return absl::FromUnixSeconds(absl::ToUnixSeconds(time) / 3600 * 3600);
}

}  // namespace

KeyUse::KeyUse(Keyring& keys, pg::Pool& pool, const base::Clock& clock)
    : keys_(keys), pool_(pool), clock_(clock) {}

absl::Status KeyUse::Write(absl::Time deadline) {
  const absl::Time hour = HourOf(clock_.Now());
  for (const KeyId& key : keys_.TakeUsed()) {
    const auto written = written_.find(key);
    if (written == written_.end() || written->second < hour) pending_[key] = hour;
  }
  if (pending_.empty()) return absl::OkStatus();
  std::vector<KeyId> keys;
  std::vector<absl::Time> hours;
  for (const auto& [key, used] : pending_) {
    keys.push_back(key);
    hours.push_back(used);
  }
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) {
    NoteUse(tx, keys, hours);
    return absl::OkStatus();
  }));
  for (const auto& [key, used] : pending_) written_[key] = used;
  pending_.clear();
  return absl::OkStatus();
}

}  // namespace gratis::house
