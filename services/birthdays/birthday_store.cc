#include "services/birthdays/birthday_store.h"

#include "common/status/macros.h"
#include "services/birthdays/birthdays_sql.h"

namespace gratis::birthdays {
namespace {

Gift GiftOf(const pg::Row& row) {
  return {.year = row.Get<int32_t>(1),
          .transaction = row.Get<TransactionId>(2),
          .points = row.Get<int64_t>(3),
          .due_at = row.Get<absl::Time>(4),
          .given_at = row.Get<absl::Time>(5)};
}

}  // namespace

absl::StatusOr<Policy> ReadPolicy(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPolicy, program.number));
  if (rows.empty()) return Policy{};
  const pg::Row row = rows[0];
  return Policy{.enabled = row.Get<bool>(1),
                .points = row.Get<int64_t>(2),
                .local_hour = row.Get<int32_t>(3),
                .lead_days = row.Get<int32_t>(4),
                .late_days = row.Get<int32_t>(5),
                .leap_day_rule = static_cast<LeapDayRule>(row.Get<int16_t>(6)),
                .version = row.Get<int32_t>(0)};
}

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at, std::string_view set_by) {
  tx.Send(sql::kInsertPolicy, program.number, policy.version, policy.enabled, policy.points,
          policy.local_hour, policy.lead_days, policy.late_days,
          static_cast<int16_t>(policy.leap_day_rule), set_at, set_by);
}

absl::StatusOr<std::vector<MemberGift>> FindGifts(pg::Tx& tx, const ledger::Program& program,
                                                  absl::Span<const BirthdayKey> asked) {
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  std::vector<int32_t> years;
  for (const BirthdayKey& key : asked) {
    partitions.push_back(ledger::PartitionOf(program, key.member));
    members.push_back(key.member);
    years.push_back(key.year);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindGifts, partitions, members, years));
  std::vector<MemberGift> gifts;
  gifts.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) gifts.push_back({row.Get<MemberId>(0), GiftOf(row)});
  return gifts;
}

absl::StatusOr<std::vector<Gift>> ListGifts(pg::Tx& tx, const ledger::Program& program,
                                            const MemberId& member, int32_t after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListGifts, ledger::PartitionOf(program, member), member, after,
                          static_cast<int64_t>(limit)));
  std::vector<Gift> gifts;
  for (const pg::Row row : rows) gifts.push_back(GiftOf(row));
  return gifts;
}

void InsertGifts(pg::Tx& tx, int32_t partition, absl::Span<const MemberGift* const> gifts) {
  std::vector<MemberId> members;
  std::vector<int32_t> years;
  std::vector<TransactionId> transactions;
  std::vector<int64_t> points;
  std::vector<absl::Time> due_at;
  std::vector<absl::Time> given_at;
  std::vector<int32_t> policy_versions;
  for (const MemberGift* given : gifts) {
    members.push_back(given->member);
    years.push_back(given->gift.year);
    transactions.push_back(given->gift.transaction);
    points.push_back(given->gift.points);
    due_at.push_back(given->gift.due_at);
    given_at.push_back(given->gift.given_at);
    policy_versions.push_back(given->policy_version);
  }
  tx.Send(sql::kInsertGifts, partition, members, years, transactions, points, due_at, given_at,
          policy_versions);
}

absl::StatusOr<std::optional<absl::Time>> ReadProgress(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadProgress, program.number));
  if (rows.empty()) return std::optional<absl::Time>();
  return std::optional(rows[0].Get<absl::Time>(0));
}

void WriteProgress(pg::Tx& tx, const ledger::Program& program, absl::Time ran_through) {
  tx.Send(sql::kWriteProgress, program.number, ran_through);
}

}  // namespace gratis::birthdays
