#include "services/members/erasure_store.h"

#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {

absl::StatusOr<std::optional<LockedMember>> ErasureStore::Lock(int32_t partition,
                                                               const MemberId& member) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kLockMember, partition, member));
  if (rows.empty()) return std::nullopt;
  return LockedMember{.data_key = {rows[0].Get<pg::Bytes>(0).value},
                      .sealed_profile = rows[0].Get<pg::Bytes>(1).value};
}

void ErasureStore::Erase(int32_t program, int32_t partition,
                         absl::Span<const ErasedMember* const> erased) {
  std::vector<MemberId> members;
  std::vector<absl::Time> times;
  std::vector<int32_t> versions;
  std::vector<TransactionId> transactions;
  std::vector<int32_t> names;
  for (const ErasedMember* member : erased) {
    members.push_back(member->member);
    times.push_back(member->erased_at);
    versions.push_back(member->key_version);
    transactions.push_back(member->transaction);
    names.push_back(member->names);
  }
  tx_.Send(sql::kDeletePreferencesOf, partition, members);
  tx_.Send(sql::kDeleteOneTimeCodes, partition, members);
  tx_.Send(sql::kDeleteMembers, partition, members);
  tx_.Send(sql::kInsertErasures, program, partition, members, times, versions, transactions, names);
}

void ErasureStore::DeleteCards(int32_t partition, absl::Span<const CardId> cards) {
  tx_.Send(sql::kDeleteCards, partition, cards);
}

absl::StatusOr<std::optional<ErasedMember>> ErasureStore::Find(int32_t partition,
                                                               const MemberId& member) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kFindErasure, partition, member));
  if (rows.empty()) return std::nullopt;
  const pg::Row row = rows[0];
  return ErasedMember{.member = member,
                      .erased_at = row.Get<absl::Time>(0),
                      .key_version = row.Get<int32_t>(1),
                      .transaction = row.Get<TransactionId>(2),
                      .names = row.Get<int32_t>(3)};
}

absl::StatusOr<std::vector<ErasureStore::Noted>> ErasureStore::List(const MemberId& after,
                                                                    int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kListErasures, after, static_cast<int64_t>(limit)));
  std::vector<Noted> noted;
  for (const pg::Row row : rows) {
    noted.push_back({row.Get<int32_t>(0), row.Get<MemberId>(1), row.Get<absl::Time>(2)});
  }
  return noted;
}

}  // namespace gratis::members
