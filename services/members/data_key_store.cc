#include "services/members/data_key_store.h"

#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {

absl::StatusOr<std::map<int, int64_t>> DataKeyStore::Count() {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kCountKeys));
  std::map<int, int64_t> counts;
  for (const pg::Row row : rows) counts[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return counts;
}

absl::StatusOr<int64_t> DataKeyStore::CountBelow(int version) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kCountKeysToRewrap, int32_t{version}));
  return rows[0].Get<int64_t>(0);
}

absl::StatusOr<std::optional<int32_t>> DataKeyStore::FindPartitionBelow(int version) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kFindPartitionToRewrap, int32_t{version}));
  if (rows.empty()) return std::nullopt;
  return rows[0].Get<int32_t>(0);
}

absl::StatusOr<std::vector<StaleKey>> DataKeyStore::ListBelow(int32_t partition, int version,
                                                              int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kListKeysToRewrap, partition, int32_t{version},
                                                static_cast<int64_t>(limit)));
  std::vector<StaleKey> keys;
  keys.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    keys.push_back({row.Get<MemberId>(0), {row.Get<pg::Bytes>(1).value}, {}});
  }
  return keys;
}

absl::StatusOr<int64_t> DataKeyStore::Replace(int32_t partition, absl::Span<const StaleKey> keys) {
  std::vector<MemberId> members;
  std::vector<pg::BytesView> stale;
  std::vector<pg::BytesView> fresh;
  for (const StaleKey& key : keys) {
    members.push_back(key.member);
    stale.push_back({key.key.bytes});
    fresh.push_back({key.fresh.bytes});
  }
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kRewrapKeys, partition, members, stale, fresh));
  return rows.size();
}

}  // namespace gratis::members
