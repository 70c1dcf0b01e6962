#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"

namespace gratis::ledger {

// What kind of name leads to an id. Stored.
enum class DirectoryKind : int16_t {
  kProgramCode = 1,
  kExternalId = 2,
  kEmail = 3,
  kPhone = 4,
  kOrder = 5,
};

// A name, as the directory keeps it: 16 bytes of a keyed hash, unique in its program and kind.
struct DirectoryKey {
  DirectoryKind kind;
  std::string hash;

  friend auto operator<=>(const DirectoryKey&, const DirectoryKey&) = default;
  template <class H>
  friend H AbslHashValue(H state, const DirectoryKey& key) {
    return H::combine(std::move(state), key.kind, key.hash);
  }
};

// What a name leads to.
struct DirectoryEntry {
  int32_t partition;
  Uuid id;
};

struct Holder {
  absl::Time enrolled_at;
  int64_t available_points = 0;
};

// The state that one run of postings works on: what was loaded for it, and what was decided since.
// Each decision sees the ones before it in the run; one that fails is undone. Not thread-safe.
class Books {
 public:
  Books(int32_t partition, absl::Time recorded_at)
      : partition_(partition), recorded_at_(recorded_at) {}

  int32_t partition() const { return partition_; }
  // When everything decided in this run counts as recorded.
  absl::Time recorded_at() const { return recorded_at_; }

  // The member as of now in this run; null if unknown.
  const Holder* FindHolder(const MemberId& member) const;
  // Errors: MEMBER_NOT_FOUND.
  absl::Status RequireHolder(const MemberId& member) const;
  // 0 for a member without points, or unknown.
  int64_t AvailablePoints(const MemberId& member) const;
  // What the name leads to; nothing if it is free. The key must have been asked for by Needs.
  std::optional<DirectoryEntry> FindEntry(const DirectoryKey& key) const;

  // Journals a fact and moves its points. Errors: MEMBER_NOT_FOUND, POINTS_NOT_POSITIVE,
  // POINTS_OVERFLOW, INSUFFICIENT_POINTS (metadata: available_points).
  absl::Status Post(Fact fact);
  // Makes a member known. Their id must be new.
  void AddHolder(const MemberId& member, absl::Time enrolled_at);
  // Takes a free name for `id` in this partition.
  void Claim(const DirectoryKey& key, const Uuid& id);

  // --- for the runner -------------------------------------------------------------------------

  void LoadHolder(const MemberId& member, Holder holder) { holders_[member] = holder; }
  void LoadAccount(Account account, int64_t points) { accounts_[account] = points; }
  void LoadEntry(const DirectoryKey& key, DirectoryEntry entry) { directory_[key] = entry; }

  // Everything decided after a mark can be undone, last first.
  struct Mark {
    size_t facts, holders, claims;
  };
  Mark mark() const { return {rows_.size(), new_holders_.size(), claims_.size()}; }
  void UndoTo(const Mark& mark);

  // The facts since the beginning, with balances after; seq, actor and recorded_at are the
  // runner's.
  std::vector<JournalRow>& rows() { return rows_; }
  const std::vector<MemberId>& new_holders() const { return new_holders_; }
  const std::vector<DirectoryKey>& claims() const { return claims_; }
  const Holder& holder(const MemberId& member) const { return holders_.at(member); }
  const DirectoryEntry& entry(const DirectoryKey& key) const { return directory_.at(key); }
  const std::map<Account, int64_t>& accounts() const { return accounts_; }

 private:
  // The balance of `account`: the member's, or the program's in this partition.
  int64_t& Balance(Account account, const MemberId& member);

  const int32_t partition_;
  const absl::Time recorded_at_;
  absl::flat_hash_map<MemberId, Holder> holders_;
  absl::flat_hash_map<DirectoryKey, DirectoryEntry> directory_;
  std::map<Account, int64_t> accounts_;
  std::vector<JournalRow> rows_;
  std::vector<MemberId> new_holders_;
  std::vector<DirectoryKey> claims_;
};

}  // namespace gratis::ledger
