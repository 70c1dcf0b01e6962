#include "common/ledger/reads.h"

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

JournalRow ReadJournalRow(const pg::Row& row) {
  JournalRow journal{.partition = row.Get<int32_t>(0), .seq = row.Get<int64_t>(1), .fact = {}};
  Fact& fact = journal.fact;
  fact.transaction = row.Get<TransactionId>(2);
  fact.kind = static_cast<FactKind>(row.Get<int16_t>(3));
  fact.member = row.Get<std::optional<MemberId>>(4).value_or(MemberId{});
  fact.points = row.Get<int64_t>(5);
  fact.debit = static_cast<Account>(row.Get<int16_t>(6));
  fact.credit = static_cast<Account>(row.Get<int16_t>(7));
  journal.debit_after = row.Get<int64_t>(8);
  journal.credit_after = row.Get<int64_t>(9);
  fact.effective_at = row.Get<absl::Time>(10);
  journal.recorded_at = row.Get<absl::Time>(11);
  journal.actor = row.Get<std::string>(12);
  fact.source = row.Get<std::string>(13);
  fact.detail = row.Get<std::string>(14);
  return journal;
}

absl::StatusOr<int64_t> ReadBalance(pg::Tx& tx, const Program& program, const MemberId& member) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadBalance, PartitionOf(program, member), member));
  if (rows.empty()) {
    return FieldError(Reason::kMemberNotFound, "member_id",
                      absl::StrCat("the program has no member ", member.ToString()));
  }
  return rows[0].Get<int64_t>(0);
}

absl::StatusOr<std::vector<JournalRow>> ReadEntries(pg::Tx& tx, const Program& program,
                                                    const MemberId& member, int64_t before_seq,
                                                    int32_t limit) {
  const int32_t partition = PartitionOf(program, member);
  const pg::Tx::Asked entries =
      tx.Ask(sql::kListEntries, partition, member, before_seq, static_cast<int64_t>(limit));
  RETURN_IF_ERROR(ReadBalance(tx, program, member).status());
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(entries));
  std::vector<JournalRow> journal;
  for (const pg::Row row : rows) journal.push_back(ReadJournalRow(row));
  return journal;
}

absl::StatusOr<TrialBalance> ReadTrialBalance(pg::Tx& tx, const Program& program) {
  const int32_t first = program.first_partition;
  const int32_t last = program.last_partition();
  const pg::Tx::Asked sides =
      tx.Ask(sql::kTrialBalance, first, last, static_cast<int16_t>(Account::kAvailable));
  ASSIGN_OR_RETURN(const pg::Rows counts, tx.Run(sql::kCountBooks, first, last));
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(sides));
  TrialBalance trial{.members = counts[0].Get<int64_t>(0), .entries = counts[0].Get<int64_t>(1)};
  for (const pg::Row row : rows) {
    const auto points = row.Get<int64_t>(1);
    trial.balances.emplace_back(static_cast<Account>(row.Get<int16_t>(0)), points);
    const auto total = base::CheckedAdd(trial.total_points, points);
    if (!total) return Error(Reason::kPointsOverflow, "the balances do not add up within 64 bits");
    trial.total_points = *total;
  }
  return trial;
}

absl::StatusOr<std::vector<std::pair<DirectoryKey, DirectoryEntry>>> FindNames(
    pg::Tx& tx, const Program& program, absl::Span<const DirectoryKey> names) {
  std::vector<int16_t> kinds;
  std::vector<pg::BytesView> hashes;
  for (const DirectoryKey& name : names) {
    kinds.push_back(static_cast<int16_t>(name.kind));
    hashes.push_back({name.hash});
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindDirectory, program.number, kinds, hashes));
  std::vector<std::pair<DirectoryKey, DirectoryEntry>> found;
  for (const pg::Row row : rows) {
    found.emplace_back(
        DirectoryKey{static_cast<DirectoryKind>(row.Get<int16_t>(0)), row.Get<pg::Bytes>(1).value},
        DirectoryEntry{row.Get<int32_t>(2), row.Get<Uuid>(3)});
  }
  return found;
}

absl::StatusOr<std::optional<absl::Time>> LastRecorded(pg::Tx& tx, const Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kLastRecorded, program.first_partition, program.last_partition()));
  return rows[0].Get<std::optional<absl::Time>>(0);
}

}  // namespace gratis::ledger
