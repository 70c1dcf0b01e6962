#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"

namespace gratis::ledger {

// Something in the stored books that contradicts the journal.
struct Damage {
  // "chain", "sequence", "block", "head", "allocation", "holder", "wallet", "account", "lot",
  // "cover", "hold", "voucher", "adjustment", "budget", "rate", "period", "unit", "request",
  // "name", "program", "foreign"
  std::string check;
  std::string description;     // where and how, for people
  std::optional<int64_t> seq;  // the place in the journal, where there is one

  friend bool operator==(const Damage&, const Damage&) = default;
};

constexpr size_t kMaxDamages = 100;

// A head of a partition as an earlier check found it, kept where who can change the database cannot
// change it. Whatever is cut off or written anew up to there is seen by it, be the rest ever so
// consistent.
struct Anchor {
  int32_t partition;
  int64_t seq;             // Verification::last_seq
  std::string chain_hash;  // Verification::chain_hash
};

// What a check of one partition's books found.
struct Verification {
  int32_t partition = 0;
  int64_t entries = 0;          // rows of the journal read
  int64_t wallets = 0;          // wallets compared
  int64_t lots = 0;             // lots compared
  std::vector<Damage> damages;  // the first kMaxDamages; empty when the books are sound
  int64_t last_seq = 0;         // of the head
  std::string chain_hash;       // of the head: what an anchor keeps
  int64_t anchors = 0;          // compared
};

struct VerifyOptions {
  std::string chain_key;        // as the poster's
  absl::Time deadline;          // real time
  int page_rows = 5'000;        // read by one statement
  std::vector<Anchor> anchors;  // those of other partitions are not looked at
  // Told after each page how many rows of the journal are read; false ends the check (CANCELLED).
  // May be empty.
  std::function<bool(int64_t entries)> go_on;
};

// Recomputes a partition's books from its journal and compares them with what is stored: the
// sequence runs from 1 to the head's without a gap; time never runs backwards; every block's hash
// follows from the one before and its rows; every balance after follows from the one before; every
// wallet, account, lot, hold, voucher, adjustment and budget is what the journal makes it; the
// holders are the members enrolled. Where an anchor is given, a block ends there with its hash.
//
// With a program's first partition goes what its partitions share: units and budgets are as they
// were set, all requests and names are there (CheckSealedRows). The house's says whether the
// programs are as they were made, and nothing is there of programs and partitions that are not.
//
// It may run while the partition is posted to, and raises no false alarm: the journal is read in
// short transactions up to near its end, which cannot change any more, and the rest of it together
// with head, wallets, accounts and holders in one snapshot. It keeps the partition's wallets, lots
// and holds in memory.
//
// Damage is an answer, not an error. Errors: PARTITION_NOT_FOUND, CANCELLED by the caller's wish,
// and those of the database.
absl::StatusOr<Verification> VerifyPartition(pg::Pool& pool, const Program& program,
                                             int32_t partition, const VerifyOptions& options);

}  // namespace gratis::ledger
