#include "services/members/inactivity_store.h"

#include <algorithm>
#include <set>

#include "common/ledger/activity.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

// What the ledger has of some ids.
struct Journaled {
  ledger::FactTallies tallies;
  std::set<MemberId> holding;
};

absl::StatusOr<Journaled> ReadJournaled(pg::Tx& tx, std::map<int32_t, std::vector<MemberId>>& ids) {
  std::vector<ledger::FactKind> kinds = ActivityKinds();
  kinds.push_back(ledger::FactKind::kComplaintResolved);
  Journaled journaled;
  for (auto& [partition, members] : ids) {
    // Whoever is asked for may be part of another who is.
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    ASSIGN_OR_RETURN(ledger::FactTallies tallies,
                     ledger::TallyFacts(tx, partition, members, kinds));
    journaled.tallies.merge(tallies);
    ASSIGN_OR_RETURN(std::set<MemberId> holding, ledger::FindHolding(tx, partition, members));
    journaled.holding.merge(holding);
  }
  return journaled;
}

// Adds what is journaled of one of the ids that are the member.
void AddJournaled(const Journaled& journaled, const MemberId& id, IdleMember& member) {
  member.holding = member.holding || journaled.holding.count(id) > 0;
  const auto tallies = journaled.tallies.find(id);
  if (tallies == journaled.tallies.end()) return;
  const auto of = [&](ledger::FactKind kind) {
    const auto tally = tallies->second.find(kind);
    return tally == tallies->second.end() ? ledger::FactTally{} : tally->second;
  };
  for (const ledger::FactKind kind : ActivityKinds()) {
    const ledger::FactTally tally = of(kind);
    member.since = std::max(member.since, tally.last_effective_at);
    if (id == member.member) {
      member.last_seq = std::max(member.last_seq, tally.last_seq);
    } else {
      member.others_at = std::max(member.others_at, tally.last_recorded_at);
    }
  }
  member.open_complaints +=
      of(ledger::FactKind::kComplaintOpened).facts - of(ledger::FactKind::kComplaintResolved).facts;
}

}  // namespace

absl::StatusOr<InactivityPolicy> InactivityStore::ReadPolicy(int32_t program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadInactivityPolicy, program));
  if (rows.empty()) return InactivityPolicy();
  return InactivityPolicy{.version = rows[0].Get<int32_t>(0),
                          .months = rows[0].Get<int32_t>(1),
                          .notice_days = rows[0].Get<int32_t>(2),
                          .erase_without_email = rows[0].Get<bool>(3)};
}

void InactivityStore::InsertPolicy(int32_t program, const InactivityPolicy& policy,
                                   absl::Time set_at) {
  tx_.Send(sql::kInsertInactivityPolicy, program, policy.version, set_at, policy.months,
           policy.notice_days, policy.erase_without_email);
}

absl::StatusOr<std::map<MemberId, InactivityNotice>> InactivityStore::ReadNotices(
    int32_t partition, absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadInactivityNotices, partition, members));
  std::map<MemberId, InactivityNotice> notices;
  for (const pg::Row row : rows) {
    notices[row.Get<MemberId>(0)] = {.seq = row.Get<int64_t>(1),
                                     .policy_version = row.Get<int32_t>(2),
                                     .noticed_at = row.Get<absl::Time>(3),
                                     .erase_at = row.Get<absl::Time>(4)};
  }
  return notices;
}

void InactivityStore::WriteNotices(int32_t partition,
                                   const std::map<MemberId, InactivityNotice>& notices) {
  std::vector<MemberId> members;
  std::vector<int64_t> seqs;
  std::vector<int32_t> versions;
  std::vector<absl::Time> noticed_at, erase_at;
  for (const auto& [member, notice] : notices) {
    members.push_back(member);
    seqs.push_back(notice.seq);
    versions.push_back(notice.policy_version);
    noticed_at.push_back(notice.noticed_at);
    erase_at.push_back(notice.erase_at);
  }
  tx_.Send(sql::kWriteInactivityNotices, partition, members, seqs, versions, noticed_at, erase_at);
}

absl::StatusOr<std::vector<MemberId>> InactivityStore::PagePeople(int32_t partition,
                                                                  const MemberId& after,
                                                                  absl::Time enrolled_by,
                                                                  int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kPagePeople, partition, after, enrolled_by,
                                                static_cast<int64_t>(limit)));
  std::vector<MemberId> members;
  for (const pg::Row row : rows) members.push_back(row.Get<MemberId>(0));
  return members;
}

absl::StatusOr<std::vector<IdleMember>> ReadIdleMembers(pg::Tx& tx, const ledger::Program& program,
                                                        int32_t partition,
                                                        absl::Span<const MemberId> members) {
  std::vector<IdleMember> idle;
  if (members.empty()) return idle;
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, members));
  ASSIGN_OR_RETURN(const auto notices, InactivityStore(tx).ReadNotices(partition, members));
  // Who they are by now: their own ids and those that became part of them, by partition.
  std::map<int32_t, std::vector<MemberId>> ids;
  ids[partition].assign(members.begin(), members.end());
  std::map<MemberId, std::vector<MemberId>> duplicates;
  ASSIGN_OR_RETURN(const auto pairs, ledger::ReadDuplicates(tx, members));
  for (const auto& [survivor, duplicate] : pairs) {
    duplicates[survivor].push_back(duplicate);
    ids[ledger::PartitionOf(program, duplicate)].push_back(duplicate);
  }
  ASSIGN_OR_RETURN(const Journaled journaled, ReadJournaled(tx, ids));
  for (const auto& [id, state] : states) {
    IdleMember& member = idle.emplace_back(IdleMember{.member = id, .state = state});
    AddJournaled(journaled, id, member);
    for (const MemberId& duplicate : duplicates[id]) AddJournaled(journaled, duplicate, member);
    const auto notice = notices.find(id);
    if (notice != notices.end()) member.notice = notice->second;
  }
  return idle;
}

}  // namespace gratis::members
