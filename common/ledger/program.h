#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// A program as the ledger knows it. Nothing of it changes once it is made.
struct Program {
  int32_t number = 0;  // 1 is the house itself
  std::string code;
  std::string display_name;
  std::string currency_code;
  std::string time_zone;
  int32_t first_partition = 0;
  int32_t partitions = 0;
  absl::Time created_at;

  int32_t last_partition() const { return first_partition + partitions - 1; }

  friend bool operator==(const Program&, const Program&) = default;
};

constexpr int32_t kHouseProgram = 1;
// As the first migration makes it; no fact says so.
Program House();
constexpr int32_t kMaxPartitions = 64;

// The partition a member belongs to for life: SHA-256 of the id, its first eight bytes as a
// big-endian number, modulo the program's partitions. Facts about the program itself (nil member)
// live in its first one.
int32_t PartitionOf(const Program& program, const MemberId& member);
// Of each of them, in their order.
std::vector<int32_t> PartitionsOf(const Program& program, absl::Span<const MemberId> members);

// Ids of what lives in a partition (transactions, holds, vouchers, adjustments) carry its place
// among the program's partitions, so that an id alone leads there: the low six bits of their eighth
// byte.
Uuid InPartition(const Program& program, int32_t partition, Uuid id);
// The partition that an id names; nothing if the program has no such partition.
std::optional<int32_t> PartitionOfId(const Program& program, const Uuid& id);
// The same id, in the partition of `member`.
template <class Id>
Id Beside(const Program& program, const MemberId& member, Id id) {
  return {InPartition(program, PartitionOf(program, member), id.uuid)};
}
// The id as that of a transaction about the program itself, whose facts are in its first partition.
inline TransactionId TransactionOfProgram(const Program& program, const Uuid& id) {
  return {InPartition(program, program.first_partition, id)};
}

// Programs by code and number, remembered once read. Thread-safe.
class ProgramDirectory {
 public:
  explicit ProgramDirectory(pg::Pool& pool) : pool_(pool) {}

  // Errors: PROGRAM_NOT_FOUND, and those of the database.
  absl::StatusOr<Program> Find(std::string_view code, absl::Time deadline);
  absl::StatusOr<Program> Find(int32_t number, absl::Time deadline);

  // At most `limit` programs whose code sorts after `after`, by code; without the house.
  absl::StatusOr<std::vector<Program>> List(std::string_view after, int32_t limit,
                                            absl::Time deadline);

 private:
  absl::StatusOr<Program> Read(std::string_view code, int32_t number, absl::Time deadline);

  pg::Pool& pool_;
  std::mutex mutex_;
  std::map<int32_t, Program> by_number_;
  std::map<std::string, int32_t, std::less<>> number_by_code_;
};

Program ReadProgram(const pg::Row& row);

// For making programs, in a posting of the house's: where the next one goes, and putting it there
// with its empty heads.
struct ProgramFrontier {
  int32_t number;
  int32_t first_partition;
};
absl::StatusOr<ProgramFrontier> ReadProgramFrontier(pg::Tx& tx);
void InsertProgram(pg::Tx& tx, const Program& program);

}  // namespace gratis::ledger
