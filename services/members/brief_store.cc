#include "services/members/brief_store.h"

#include <optional>
#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/members_sql.h"

namespace gratis::members {

absl::StatusOr<ledger::Cursor> ReadBriefCursors(pg::Tx& tx, const ledger::Program& program) {
  ledger::Cursor cursor;
  std::vector<int32_t> partitions;
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    cursor[i] = 0;
    partitions.push_back(i);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadBriefCursors, partitions));
  for (const pg::Row row : rows) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return cursor;
}

absl::StatusOr<int64_t> LockBriefCursor(pg::Tx& tx, int32_t partition) {
  tx.Send(sql::kInsertBriefCursor, partition);
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockBriefCursor, partition));
  if (rows.empty()) return Error(Reason::kInternal, "a cursor that was just put there is gone");
  return rows[0].Get<int64_t>(0);
}

void WriteBriefCursor(pg::Tx& tx, int32_t partition, int64_t seq) {
  tx.Send(sql::kWriteBriefCursor, partition, seq);
}

absl::StatusOr<VisitDays> FindVisits(pg::Tx& tx, int32_t partition, const VisitDays& days) {
  VisitDays found;
  if (days.empty()) return found;
  std::vector<MemberId> members;
  std::vector<absl::CivilDay> asked;
  for (const auto& [member, day] : days) {
    members.push_back(member);
    asked.push_back(day);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindBriefVisits, partition, members, asked));
  for (const pg::Row row : rows) {
    found.emplace(row.Get<MemberId>(0), row.Get<absl::CivilDay>(1));
  }
  return found;
}

pg::Tx::Asked AskVisitDays(pg::Tx& tx, const std::vector<int32_t>& partitions,
                           const std::vector<MemberId>& members) {
  return tx.Ask(sql::kListBriefDays, partitions, members);
}

absl::StatusOr<VisitDays> TakeVisitDays(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  VisitDays days;
  for (const pg::Row row : rows) days.emplace(row.Get<MemberId>(0), row.Get<absl::CivilDay>(1));
  return days;
}

void InsertPastPurchases(pg::Tx& tx, int32_t partition,
                         const std::vector<PastPurchase>& purchases) {
  if (purchases.empty()) return;
  std::vector<MemberId> members;
  std::vector<absl::CivilDay> days;
  std::vector<int64_t> seqs, totals;
  std::vector<absl::Time> purchased_at;
  std::vector<TransactionId> transactions;
  std::vector<std::string> sources, currencies;
  for (const PastPurchase& purchase : purchases) {
    members.push_back(purchase.member);
    days.push_back(purchase.day);
    seqs.push_back(purchase.seq);
    purchased_at.push_back(purchase.purchased_at);
    transactions.push_back(purchase.transaction);
    sources.push_back(purchase.source);
    currencies.push_back(purchase.total.currency_code);
    totals.push_back(purchase.total.minor_units);
  }
  tx.Send(sql::kInsertBriefPurchases, partition, members, days, seqs, purchased_at, transactions,
          sources, currencies, totals);
}

void AddToPasts(pg::Tx& tx, int32_t partition, const std::map<MemberId, Past>& additions) {
  if (additions.empty()) return;
  std::vector<MemberId> members;
  std::vector<int64_t> visits, purchases;
  std::vector<std::optional<absl::CivilDay>> first, last;
  std::vector<std::optional<absl::Time>> given_at;
  std::vector<std::optional<int64_t>> points;
  std::vector<std::optional<TransactionId>> gifts;
  for (const auto& [member, past] : additions) {
    members.push_back(member);
    visits.push_back(past.visits);
    purchases.push_back(past.purchases);
    first.push_back(past.first_visit);
    last.push_back(past.last_visit);
    given_at.push_back(past.gift ? std::optional(past.gift->given_at) : std::nullopt);
    points.push_back(past.gift ? std::optional(past.gift->points) : std::nullopt);
    gifts.push_back(past.gift ? std::optional(past.gift->transaction) : std::nullopt);
  }
  tx.Send(sql::kAddBriefMembers, partition, members, visits, purchases, first, last, given_at,
          points, gifts);
}

PastsAsked AskPasts(pg::Tx& tx, const std::vector<int32_t>& partitions,
                    const std::vector<MemberId>& members, int64_t last) {
  return {.pasts = tx.Ask(sql::kReadBriefMembers, partitions, members),
          .last = tx.Ask(sql::kListBriefPurchases, partitions, members, last),
          .cursors = tx.Ask(sql::kReadBriefCursors, partitions)};
}

absl::StatusOr<std::map<MemberId, StoredPast>> TakePasts(pg::Tx& tx, const PastsAsked& asked,
                                                         const std::vector<int32_t>& partitions,
                                                         const std::vector<MemberId>& members) {
  std::map<MemberId, StoredPast> stored;
  ASSIGN_OR_RETURN(const pg::Rows pasts, tx.Take(asked.pasts));
  for (const pg::Row row : pasts) {
    Past& past = stored[row.Get<MemberId>(0)].past;
    past = {.visits = row.Get<int64_t>(1),
            .purchases = row.Get<int64_t>(2),
            .first_visit = row.Get<std::optional<absl::CivilDay>>(3),
            .last_visit = row.Get<std::optional<absl::CivilDay>>(4),
            .gift = {}};
    if (const auto given_at = row.Get<std::optional<absl::Time>>(5)) {
      past.gift = {*given_at, row.Get<int64_t>(6), row.Get<TransactionId>(7)};
    }
  }
  ASSIGN_OR_RETURN(const pg::Rows last, tx.Take(asked.last));
  for (const pg::Row row : last) {
    const auto member = row.Get<MemberId>(0);
    stored[member].last.push_back({.member = member,
                                   .day = row.Get<absl::CivilDay>(1),
                                   .seq = row.Get<int64_t>(2),
                                   .purchased_at = row.Get<absl::Time>(3),
                                   .transaction = row.Get<TransactionId>(4),
                                   .source = row.Get<std::string>(5),
                                   .total = {row.Get<std::string>(6), row.Get<int64_t>(7)}});
  }
  ASSIGN_OR_RETURN(const pg::Rows cursors, tx.Take(asked.cursors));
  ledger::Cursor cursor;
  for (const pg::Row row : cursors) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  for (size_t i = 0; i < members.size(); ++i) stored[members[i]].cursor = cursor[partitions[i]];
  return stored;
}

}  // namespace gratis::members
