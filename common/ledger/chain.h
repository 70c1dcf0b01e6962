#pragma once

#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "common/base/hash.h"
#include "common/ledger/fact.h"

namespace gratis::ledger {

// The bytes of a row that the chain is made over: every stored column and its allocations, each of
// fixed width in big-endian order or led by its length or by whether it is there, so that no two
// rows have the same bytes.
std::string CanonicalBytes(const JournalRow& row);

// The hash of the next block of a partition: HMAC-SHA-256, under a key that is not in the database,
// over the hash before it (32 zero bytes at first) and the canonical bytes of its rows.
class BlockHash {
 public:
  BlockHash(std::string_view key, std::string_view previous);
  void Add(const JournalRow& row);
  base::Digest Finish();

 private:
  base::Hmac hmac_;
};

// What the chain of an empty partition begins with.
std::string GenesisHash();

}  // namespace gratis::ledger
