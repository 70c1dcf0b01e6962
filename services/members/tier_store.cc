#include "services/members/tier_store.h"

#include <utility>

#include "common/status/macros.h"
#include "services/members/members_sql.h"
#include "services/members/segment_text.h"

namespace gratis::members {
namespace {

absl::StatusOr<std::vector<MemberId>> MembersIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<MemberId> members;
  for (const pg::Row row : *rows) members.push_back(row.Get<MemberId>(0));
  return members;
}

absl::StatusOr<TierStandings> StandingsIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  TierStandings standings;
  for (const pg::Row row : *rows) {
    ASSIGN_OR_RETURN(SegmentMarks marks, ParseSegments(row.Get<std::string>(8)));
    standings[row.Get<MemberId>(0)] = {.enrolled_at = row.Get<absl::Time>(1),
                                       .at = row.Get<absl::Time>(2),
                                       .version = row.Get<int32_t>(3),
                                       .rank = row.Get<int32_t>(4),
                                       .since = row.Get<absl::Time>(5),
                                       .short_since = row.Get<absl::Time>(6),
                                       .held_until = row.Get<absl::Time>(7),
                                       .marks = std::move(marks)};
  }
  return standings;
}

absl::StatusOr<TierFactsOf> FactsIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  TierFactsOf facts;
  for (const pg::Row row : *rows) {
    facts[row.Get<MemberId>(0)].push_back({.seq = row.Get<int64_t>(1),
                                           .transaction = row.Get<TransactionId>(2),
                                           .at = row.Get<absl::Time>(3),
                                           .unit = row.Get<int16_t>(4),
                                           .points = row.Get<int64_t>(5),
                                           .returned = row.Get<int64_t>(6),
                                           .spend = row.Get<int64_t>(7),
                                           .purchase = row.Get<bool>(8),
                                           .whose = row.Get<MemberId>(9),
                                           .via = row.Get<MemberId>(10)});
  }
  return facts;
}

}  // namespace

pg::Tx::Asked AskTierPolicies(pg::Tx& tx, const ledger::Program& program) {
  return tx.Ask(sql::kReadTierPolicies, program.number);
}

absl::StatusOr<std::vector<TierPolicyRow>> TakeTierPolicies(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<TierPolicyRow> policies;
  for (const pg::Row row : rows) {
    policies.push_back({.version = row.Get<int32_t>(0),
                        .set_at = row.Get<absl::Time>(1),
                        .set_by = row.Get<std::string>(2),
                        .detail = row.Get<std::string>(3)});
  }
  return policies;
}

absl::StatusOr<std::vector<TierPolicyRow>> ReadTierPolicies(pg::Tx& tx,
                                                            const ledger::Program& program) {
  return TakeTierPolicies(tx, AskTierPolicies(tx, program));
}

void InsertTierPolicy(pg::Tx& tx, const ledger::Program& program, const TierPolicyRow& row) {
  tx.Send(sql::kInsertTierPolicy, program.number, row.version, row.set_at, row.set_by, row.detail);
}

absl::StatusOr<ledger::Cursor> ReadTierCursors(pg::Tx& tx, const ledger::Program& program) {
  ledger::Cursor cursor;
  std::vector<int32_t> partitions;
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    cursor[i] = 0;
    partitions.push_back(i);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadTierCursors, partitions));
  for (const pg::Row row : rows) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return cursor;
}

absl::StatusOr<int64_t> ReadTierCursor(pg::Tx& tx, int32_t partition) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadTierCursors, std::vector<int32_t>{partition}));
  return rows.empty() ? 0 : rows[0].Get<int64_t>(1);
}

void WriteTierCursor(pg::Tx& tx, int32_t partition, int64_t seq) {
  tx.Send(sql::kWriteTierCursor, partition, seq);
}

absl::StatusOr<TierStandings> ReadTierMembers(pg::Tx& tx, int32_t partition,
                                              const std::vector<MemberId>& members) {
  return StandingsIn(tx.Run(sql::kReadTierMembers, partition, members));
}

absl::StatusOr<TierStandings> PageTierMembers(pg::Tx& tx, int32_t partition, const MemberId& after,
                                              int64_t limit) {
  return StandingsIn(tx.Run(sql::kPageTierMembers, partition, after, limit));
}

absl::StatusOr<TierFactsOf> ReadTierFacts(pg::Tx& tx, int32_t partition,
                                          const TierFactsWanted& wanted) {
  return FactsIn(
      tx.Run(sql::kReadTierFacts, partition, wanted.members, wanted.horizons, wanted.seqs));
}

StoredTiersAsked AskStoredTiers(pg::Tx& tx, const std::vector<int32_t>& partitions,
                                const std::vector<MemberId>& members) {
  return {.standings = tx.Ask(sql::kReadStoredTiers, partitions, members),
          .facts = tx.Ask(sql::kReadStoredTierFacts, partitions, members),
          .cursors = tx.Ask(sql::kReadTierCursors, partitions)};
}

absl::StatusOr<std::map<MemberId, StoredTier>> TakeStoredTiers(
    pg::Tx& tx, const StoredTiersAsked& asked, const std::vector<int32_t>& partitions,
    const std::vector<MemberId>& members) {
  std::map<MemberId, StoredTier> stored;
  ASSIGN_OR_RETURN(const TierStandings standings, StandingsIn(tx.Take(asked.standings)));
  for (const auto& [member, standing] : standings) stored[member].standing = standing;
  ASSIGN_OR_RETURN(TierFactsOf facts, FactsIn(tx.Take(asked.facts)));
  for (auto& [member, of_member] : facts) stored[member].facts = std::move(of_member);
  ASSIGN_OR_RETURN(const pg::Rows cursors, tx.Take(asked.cursors));
  ledger::Cursor cursor;
  for (const pg::Row row : cursors) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  for (size_t i = 0; i < members.size(); ++i) stored[members[i]].cursor = cursor[partitions[i]];
  return stored;
}

absl::StatusOr<std::vector<MemberId>> FindDueTiers(pg::Tx& tx, int32_t partition, absl::Time now,
                                                   int64_t limit) {
  return MembersIn(tx.Run(sql::kFindDueTiers, partition, now, limit));
}

absl::StatusOr<std::vector<MemberId>> FindUnplannedTiers(pg::Tx& tx, int32_t partition,
                                                         int32_t version, int64_t limit) {
  return MembersIn(tx.Run(sql::kFindUnplannedTiers, partition, version, limit));
}

void WriteTierMembers(pg::Tx& tx, int32_t partition, const std::vector<PlannedStanding>& standings,
                      int32_t planned) {
  if (standings.empty()) return;
  std::vector<MemberId> members;
  std::vector<absl::Time> enrolled, as_of, since, short_since, held_until, next_due;
  std::vector<int32_t> versions, ranks;
  std::vector<std::string> segments;
  for (const auto& [member, standing, due] : standings) {
    members.push_back(member);
    enrolled.push_back(standing.enrolled_at);
    as_of.push_back(standing.at);
    versions.push_back(standing.version);
    ranks.push_back(standing.rank);
    since.push_back(standing.since);
    short_since.push_back(standing.short_since);
    held_until.push_back(standing.held_until);
    next_due.push_back(due);
    segments.push_back(SegmentsText(standing.marks));
  }
  tx.Send(sql::kWriteTierMembers, partition, members, enrolled, as_of, versions, ranks, since,
          short_since, held_until, next_due, planned, segments);
}

void WriteTierFacts(pg::Tx& tx, int32_t partition,
                    const std::vector<std::pair<MemberId, TierFact>>& facts) {
  if (facts.empty()) return;
  std::vector<MemberId> members, whose, via;
  std::vector<int64_t> seqs, points, returned, spend;
  std::vector<TransactionId> transactions;
  std::vector<absl::Time> counted_at;
  std::vector<int16_t> units;
  std::vector<bool> purchases;
  for (const auto& [member, fact] : facts) {
    members.push_back(member);
    seqs.push_back(fact.seq);
    transactions.push_back(fact.transaction);
    counted_at.push_back(fact.at);
    units.push_back(fact.unit);
    points.push_back(fact.points);
    returned.push_back(fact.returned);
    spend.push_back(fact.spend);
    purchases.push_back(fact.purchase);
    whose.push_back(fact.whose);
    via.push_back(fact.via);
  }
  tx.Send(sql::kWriteTierFacts, partition, members, seqs, transactions, counted_at, units, points,
          returned, spend, purchases, whose, via);
}

void DeleteTierFacts(pg::Tx& tx, int32_t partition,
                     const std::vector<std::pair<MemberId, MemberId>>& parted) {
  if (parted.empty()) return;
  std::vector<MemberId> members, via;
  for (const auto& [survivor, duplicate] : parted) {
    members.push_back(survivor);
    via.push_back(duplicate);
  }
  tx.Send(sql::kDeleteTierFacts, partition, members, via);
}

}  // namespace gratis::members
