#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/hash.h"
#include "common/base/uuid.h"
#include "common/ledger/state.h"

namespace gratis::ledger {

// An answer to keep, as its row holds it.
struct AnsweredRequest {
  int32_t program;
  int32_t partition;
  int64_t number;  // of those that the partition answered, from 1
  std::string_view request_id;
  std::string_view fingerprint;
  std::string_view answer;
  absl::Time recorded_at;
};

// A name, as its row holds it.
struct ClaimedName {
  int32_t program;
  int32_t partition;
  int64_t number;  // of those that lead to the partition, from 1
  int16_t kind;
  std::string_view key;
  Uuid id;
};

// Seals rows that no block of the chain is made over: the first 16 bytes of HMAC-SHA-256, under a
// key made from the chain's, over all columns. Who has no key can copy such rows and delete them,
// but not change or make them; their numbers and the heads' counts, sealed too, tell what is
// missing. Not thread-safe.
class Sealer {
 public:
  explicit Sealer(std::string_view chain_key);

  std::string Seal(const AnsweredRequest& request);
  std::string Seal(const ClaimedName& name);
  // Of all but its seal; empty for a head where nothing was ever posted.
  std::string Seal(int32_t partition, const Head& head);

 private:
  std::string Finish();

  base::Hmac hmac_;
  std::string bytes_;
};

}  // namespace gratis::ledger
