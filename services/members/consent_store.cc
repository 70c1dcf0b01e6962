#include "services/members/consent_store.h"

#include <string>

#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

// From a row whose columns at `first` are purpose, channel, state, decided_at, source,
// wording_version, objection.
Consent ReadConsent(const pg::Row& row, int first) {
  return {.decision = {static_cast<ConsentPurpose>(row.Get<int16_t>(first)),
                       static_cast<ConsentChannel>(row.Get<int16_t>(first + 1)),
                       static_cast<ConsentState>(row.Get<int16_t>(first + 2))},
          .decided_at = row.Get<absl::Time>(first + 3),
          .source = static_cast<ConsentSource>(row.Get<int16_t>(first + 4)),
          .wording_version = row.Get<std::string>(first + 5),
          .objection = row.Get<bool>(first + 6)};
}

// What is in force for each of them.
absl::StatusOr<pg::Rows> ReadConsentRows(pg::Tx& tx, const ledger::Program& program,
                                         absl::Span<const MemberId> members) {
  return tx.Run(sql::kReadConsents, ledger::PartitionsOf(program, members), members);
}

}  // namespace

absl::StatusOr<absl::flat_hash_map<MemberId, int64_t>> ReadLastConsentNumbers(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadLastConsents, partition, members));
  absl::flat_hash_map<MemberId, int64_t> numbers;
  for (const pg::Row row : rows) numbers[row.Get<MemberId>(0)] = row.Get<int64_t>(1);
  return numbers;
}

void InsertConsents(pg::Tx& tx, int32_t partition, absl::Span<const MemberConsent> consents) {
  std::vector<MemberId> members;
  std::vector<int64_t> numbers;
  std::vector<int16_t> purposes, channels, states, sources;
  std::vector<absl::Time> decided, recorded;
  std::vector<std::string_view> wordings, actors;
  std::vector<bool> objections;
  std::vector<TransactionId> transactions;
  for (const MemberConsent& said : consents) {
    const ConsentRecord& record = said.record;
    const Consent& consent = record.consent;
    members.push_back(said.member);
    numbers.push_back(record.number);
    purposes.push_back(static_cast<int16_t>(consent.decision.purpose));
    channels.push_back(static_cast<int16_t>(consent.decision.channel));
    states.push_back(static_cast<int16_t>(consent.decision.state));
    decided.push_back(consent.decided_at);
    sources.push_back(static_cast<int16_t>(consent.source));
    wordings.push_back(consent.wording_version);
    objections.push_back(consent.objection);
    recorded.push_back(record.recorded_at);
    actors.push_back(record.actor);
    transactions.push_back(record.transaction);
  }
  tx.Send(sql::kInsertConsents, partition, members, numbers, purposes, channels, states, decided,
          sources, wordings, objections, recorded, actors, transactions);
}

absl::StatusOr<absl::flat_hash_map<MemberId, std::vector<Consent>>> ReadConsents(
    pg::Tx& tx, const ledger::Program& program, absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, ReadConsentRows(tx, program, members));
  absl::flat_hash_map<MemberId, std::vector<Consent>> consents;
  for (const pg::Row row : rows) consents[row.Get<MemberId>(0)].push_back(ReadConsent(row, 1));
  return consents;
}

absl::StatusOr<std::set<MemberId>> ReadGuarded(pg::Tx& tx, const ledger::Program& program,
                                               absl::Span<const MemberId> members) {
  std::set<MemberId> guarded;
  if (members.empty()) return guarded;
  ASSIGN_OR_RETURN(const pg::Rows rows, ReadConsentRows(tx, program, members));
  for (const pg::Row row : rows) {
    const Consent consent = ReadConsent(row, 1);
    if (consent.decision.purpose == ConsentPurpose::kGuardian &&
        consent.decision.state == ConsentState::kGranted) {
      guarded.insert(row.Get<MemberId>(0));
    }
  }
  return guarded;
}

pg::Tx::Asked AskUnprofiled(pg::Tx& tx, const std::vector<int32_t>& partitions,
                            const std::vector<MemberId>& members) {
  return tx.Ask(sql::kFindUnprofiled, partitions, members,
                static_cast<int16_t>(ConsentPurpose::kProfiling),
                static_cast<int16_t>(ConsentState::kWithdrawn));
}

absl::StatusOr<std::set<MemberId>> TakeUnprofiled(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::set<MemberId> unprofiled;
  for (const pg::Row row : rows) unprofiled.insert(row.Get<MemberId>(0));
  return unprofiled;
}

absl::StatusOr<std::vector<ConsentRecord>> ListConsentHistory(pg::Tx& tx, int32_t partition,
                                                              const MemberId& member,
                                                              int64_t before, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListConsentHistory, partition, member, before,
                                               static_cast<int64_t>(limit)));
  std::vector<ConsentRecord> records;
  records.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    records.push_back({.number = row.Get<int64_t>(0),
                       .consent = ReadConsent(row, 1),
                       .recorded_at = row.Get<absl::Time>(8),
                       .actor = row.Get<std::string>(9),
                       .transaction = row.Get<TransactionId>(10)});
  }
  return records;
}

}  // namespace gratis::members
