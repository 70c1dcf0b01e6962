#include "services/members/identity_reader.h"

#include <map>
#include <set>

#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/proof_store.h"

namespace gratis::members {
namespace {

using Rows = std::map<MemberId, MemberRow>;
using States = std::map<MemberId, ledger::MemberState>;

// All that is read for a batch.
struct Found {
  std::vector<absl::StatusOr<MemberId>> members;  // as they were asked for
  Rows rows;
  States states;
  ProofPolicy proof_policy;
};

// Puts who they became in the place of those who are merged. It is rare that there are any.
absl::Status FollowSurvivors(pg::Tx& tx, const ledger::Program& program, Found& found) {
  std::vector<MemberId> merged, ids;
  for (const auto& [member, state] : found.states) {
    if (state == ledger::MemberState::kMerged) merged.push_back(member);
  }
  if (merged.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto survivors, ledger::ReadSurvivors(tx, program, merged));
  for (absl::StatusOr<MemberId>& member : found.members) {
    if (member.ok() && survivors.count(*member) > 0) member = survivors.at(*member);
  }
  std::vector<int32_t> partitions;
  for (const auto& [member, survivor] : survivors) {
    ids.push_back(survivor);
    partitions.push_back(ledger::PartitionOf(program, survivor));
  }
  MemberStore store(tx);
  ASSIGN_OR_RETURN(States states, ledger::ReadStates(tx, program, ids));
  found.states.merge(states);
  ASSIGN_OR_RETURN(std::vector<MemberRow> stored,
                   store.TakeAnywhere(store.AskAnywhere(partitions, ids)));
  for (MemberRow& row : stored) {
    const MemberId id = row.id;
    found.rows.emplace(id, std::move(row));
  }
  return absl::OkStatus();
}

absl::StatusOr<Found> ReadAll(pg::Tx& tx, const ledger::Program& program,
                              absl::Span<const KnownBy> asked) {
  Found found;
  ProofStore proofs(tx);
  const pg::Tx::Asked policy = proofs.AskPolicy(program.number);
  ASSIGN_OR_RETURN(found.members, LocateAll(tx, program, asked));
  ASSIGN_OR_RETURN(found.proof_policy, proofs.TakePolicy(policy));
  std::set<MemberId> members;
  for (const absl::StatusOr<MemberId>& member : found.members) {
    if (member.ok()) members.insert(*member);
  }
  if (members.empty()) return found;
  const std::vector<MemberId> ids(members.begin(), members.end());
  MemberStore store(tx);
  const pg::Tx::Asked rows = store.AskAnywhere(ledger::PartitionsOf(program, ids), ids);
  ASSIGN_OR_RETURN(found.states, ledger::ReadStates(tx, program, ids));
  ASSIGN_OR_RETURN(std::vector<MemberRow> stored, store.TakeAnywhere(rows));
  for (MemberRow& row : stored) {
    const MemberId id = row.id;
    found.rows.emplace(id, std::move(row));
  }
  RETURN_IF_ERROR(FollowSurvivors(tx, program, found));
  return found;
}

absl::StatusOr<Identity> IdentityOf(const absl::StatusOr<MemberId>& member, const Found& found) {
  RETURN_IF_ERROR(member.status());
  const auto state = found.states.find(*member);
  // The name was read before; they may have been erased since.
  if (state != found.states.end() && state->second == ledger::MemberState::kErased) {
    return ledger::CheckStanding(ledger::MemberState::kErased, ledger::Deed::kCorrect);
  }
  const auto row = found.rows.find(*member);
  if (row == found.rows.end() || state == found.states.end()) {
    return Error(Reason::kBooksDamaged, "the directory leads to a member who is not there");
  }
  return Identity{row->second, state->second, found.proof_policy};
}

}  // namespace

IdentityReader::IdentityReader(ledger::GatheringOptions options, pg::Pool& pool,
                               const base::Clock& clock)
    : pool_(pool),
      asking_(options, clock, [this](std::vector<Asking::Asked>& batch, absl::Time deadline) {
        Answer(batch, deadline);
      }) {}

void IdentityReader::Answer(std::vector<Asking::Asked>& batch, absl::Time deadline) {
  const ledger::Program& program = batch.front().question.program;
  std::vector<KnownBy> asked;
  asked.reserve(batch.size());
  for (const auto& [question, done] : batch) asked.push_back(question.known_by);
  Found found;
  const absl::Status status =
      pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(found, ReadAll(tx, program, asked));
        return absl::OkStatus();
      });
  for (size_t i = 0; i < batch.size(); ++i) {
    if (status.ok()) {
      batch[i].done(IdentityOf(found.members[i], found));
    } else {
      batch[i].done(Apart(status));
    }
  }
}

}  // namespace gratis::members
