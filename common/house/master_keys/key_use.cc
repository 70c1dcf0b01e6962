#include "common/house/master_keys/key_use.h"

#include "common/house/master_keys/master_keys_sql.h"
#include "common/status/macros.h"

namespace gratis::house {
namespace {

namespace sql = master_keys::sql;

}  // namespace

void NoteKeyHolder(pg::Tx& tx, std::string_view holder, int32_t first_partition,
                   int32_t last_partition) {
  tx.Send(sql::kNoteKeyHolder, holder, first_partition, last_partition);
}

absl::StatusOr<std::vector<int32_t>> ListPartitionsBehind(pg::Tx& tx, std::string_view holder,
                                                          int version) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListPartitionsBehind, holder, int32_t{version}));
  std::vector<int32_t> partitions;
  for (const pg::Row row : rows) partitions.push_back(row.Get<int32_t>(0));
  return partitions;
}

void NoteKeysPast(pg::Tx& tx, std::string_view holder, int32_t partition, int version) {
  tx.Send(sql::kNoteKeysPast, holder, partition, int32_t{version});
}

absl::StatusOr<std::map<std::string, int>> ReadOldestVersions(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadOldestVersions));
  std::map<std::string, int> oldest;
  for (const pg::Row row : rows) oldest[row.Get<std::string>(0)] = row.Get<int32_t>(1);
  return oldest;
}

}  // namespace gratis::house
