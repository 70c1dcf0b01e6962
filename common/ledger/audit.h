#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/chain.h"
#include "common/ledger/fact.h"
#include "common/ledger/verify.h"

namespace gratis::ledger {

// A row of `block`, as stored.
struct StoredBlock {
  int64_t first_seq;
  int64_t last_seq;
  std::string hash;
};

// A row of `head`, as stored.
struct StoredHead {
  int32_t program;
  int64_t seq;
  std::string chain_hash;
  absl::Time recorded_at;
};

// The books of one partition, made anew from its journal, and what in the stored ones contradicts
// them. Fed in this order: all rows by seq, each block just before the row it begins with; then the
// head; then every holder, wallet and account in any order; then Finish. No database in here.
//
// One damaged place is one finding: after each, the audit goes on from what is stored.
class Audit {
 public:
  Audit(const Program& program, int32_t partition, std::string chain_key);

  void AddBlock(const StoredBlock& block);
  void AddRow(const JournalRow& row);
  void AddHead(const StoredHead& head);
  // A row outside 1 to the head's seq.
  void AddStrayRow(int64_t seq);
  // A row with a nil member in place of none; the chain's bytes do not tell these apart.
  void AddNilMember(int64_t seq);
  // A block that ends behind the head.
  void AddStrayBlock(int64_t last_seq);
  void AddHolder(const MemberId& member, absl::Time enrolled_at);
  void AddWallet(const MemberId& member, int64_t available_points);
  void AddAccount(int16_t account, int64_t points);

  // What was found.
  Verification Finish();

 private:
  // One side of the books: what the journal moved into it, and what its last row says it held.
  struct Side {
    int64_t moved_points = 0;
    int64_t last_after = 0;
    bool seen = false;    // moved by some row
    bool stored = false;  // compared with what is stored
  };
  struct Member {
    Side wallet;
    std::optional<absl::Time> enrolled_at;
    bool held = false;  // has a holder
  };

  void CloseBlock();
  void CheckSequence(const JournalRow& row);
  void Move(const JournalRow& row);
  void MoveSide(const JournalRow& row, Account account, int64_t points, int64_t after);
  void Found(std::string_view check, std::string description, std::optional<int64_t> seq = {});

  const Program program_;
  const std::string chain_key_;
  Verification found_;

  int64_t last_seq_ = 0;
  absl::Time last_recorded_at_ = absl::InfinitePast();
  std::string last_hash_ = GenesisHash();
  int64_t last_block_seq_ = 0;
  bool in_no_block_ = false;  // the last row belonged to none, and that was said
  std::optional<StoredBlock> open_block_;
  std::optional<BlockHash> open_hash_;

  absl::flat_hash_map<MemberId, Member> members_;
  std::map<int16_t, Side> accounts_;
};

}  // namespace gratis::ledger
