#include "services/members/proposals.h"

#include <iterator>
#include <utility>

#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/members/merging_contract.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
namespace {

// Who they are by now.
std::set<MemberId> Persons(const ProposalsInRun& run, const Sighting& sighting) {
  std::set<MemberId> persons;
  for (const MemberId& member : sighting.members) {
    const auto survivor = run.became.find(member);
    persons.insert(survivor == run.became.end() ? member : survivor->second);
  }
  return persons;
}

std::vector<MemberPair> PairsAmong(const std::set<MemberId>& persons) {
  std::vector<MemberPair> pairs;
  for (auto one = persons.begin(); one != persons.end(); ++one) {
    for (auto other = std::next(one); other != persons.end(); ++other) {
      pairs.push_back(InOrder(*one, *other));
    }
  }
  return pairs;
}

// Of a member's pairs the one that makes room for another, if any may: one of somebody who left,
// else the one that was seen once and longest ago. Whoever is the same person is seen again.
std::optional<MemberPair> Replaceable(const ProposalsInRun& run, const MemberId& member) {
  const ProposedMerge* found = nullptr;
  bool found_left = false;
  for (const auto& [pair, row] : run.rows) {
    if ((pair.low != member && pair.high != member) || row.dismissed_at) continue;
    const bool left = run.left.count(pair.low == member ? pair.high : pair.low) > 0;
    if (!left && row.times > 1) continue;
    const bool before = found == nullptr || (left && !found_left) ||
                        (left == found_left && row.last_seen < found->last_seen);
    if (!before) continue;
    found = &row;
    found_left = left;
  }
  return found == nullptr ? std::nullopt : std::optional(found->pair);
}

// Of whom more might be proposed than may, for these pairs.
std::vector<MemberId> Crowded(const ProposalsInRun& run, const std::set<MemberPair>& pairs) {
  std::map<MemberId, int64_t> might = run.proposed;
  for (const MemberPair& pair : pairs) {
    ++might[pair.low];
    ++might[pair.high];
  }
  std::vector<MemberId> crowded;
  for (const auto& [member, count] : might) {
    if (count > kMostProposed && run.people.count(member) > 0) crowded.push_back(member);
  }
  return crowded;
}

// What of theirs may make room for others.
absl::Status LoadReplaceable(pg::Tx& tx, const ledger::Program& program,
                             const std::vector<MemberId>& crowded, ProposalsInRun& run) {
  if (crowded.empty()) return absl::OkStatus();
  ProposalStore store(tx, program);
  std::vector<pg::Tx::Asked> asked;
  for (const MemberId& member : crowded) {
    asked.push_back(store.AskProposedOf(member, kMostProposed));
  }
  std::set<MemberId> others;
  for (const pg::Tx::Asked one : asked) {
    ASSIGN_OR_RETURN(const std::vector<ProposedMerge> rows, store.TakeList(one));
    for (const ProposedMerge& row : rows) {
      others.insert({row.pair.low, row.pair.high});
      run.rows.emplace(row.pair, row);
    }
  }
  const std::vector<MemberId> members(others.begin(), others.end());
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, members));
  for (const MemberId& member : members) {
    const auto state = states.find(member);
    if (state == states.end() || !MayBeMerged(state->second)) run.left.insert(member);
  }
  return absl::OkStatus();
}

}  // namespace

bool SightingNote::MakeRoom(const MemberPair& pair) {
  std::set<MemberPair> replaced;
  for (const MemberId& member : {pair.low, pair.high}) {
    if (run_->proposed[member] < kMostProposed) continue;
    const std::optional<MemberPair> one = Replaceable(*run_, member);
    if (!one) return false;
    replaced.insert(*one);
  }
  for (const MemberPair& gone : replaced) {
    run_->rows.erase(gone);
    --run_->proposed[gone.low];
    --run_->proposed[gone.high];
    decided_[gone] = std::nullopt;
  }
  return true;
}

void SightingNote::Note(const MemberPair& pair, Shared shared) {
  if (run_->people.count(pair.low) == 0 || run_->people.count(pair.high) == 0) return;
  const auto found = run_->rows.find(pair);
  std::optional<ProposedMerge> was;
  if (found != run_->rows.end()) was = found->second;
  const std::optional<ProposedMerge> is = SeenAt(envelope.now, pair, shared, was);
  if (!is) return;
  if (!was) {
    if (!MakeRoom(pair)) return;
    ++run_->proposed[pair.low];
    ++run_->proposed[pair.high];
  }
  run_->rows[pair] = *is;
  decided_[pair] = *is;
}

absl::StatusOr<std::string> SightingNote::Decide(ledger::Books&) {
  decided_.clear();
  for (const Sighting& sighting : seen_) {
    for (const MemberPair& pair : PairsAmong(Persons(*run_, sighting))) {
      Note(pair, sighting.shared);
    }
  }
  return std::string();
}

absl::Status SightingNotes::LoadAll(pg::Tx& tx, absl::Span<SightingNote* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  const auto run = std::make_shared<ProposalsInRun>();
  std::set<MemberId> seen, persons;
  std::set<MemberPair> pairs;
  for (const SightingNote* note : set) {
    for (const Sighting& sighting : note->seen_) {
      seen.insert(sighting.members.begin(), sighting.members.end());
    }
  }
  ASSIGN_OR_RETURN(run->became, ledger::ReadSurvivors(
                                    tx, program, std::vector<MemberId>(seen.begin(), seen.end())));
  for (const SightingNote* note : set) {
    for (const Sighting& sighting : note->seen_) {
      const std::set<MemberId> theirs = Persons(*run, sighting);
      persons.insert(theirs.begin(), theirs.end());
      const std::vector<MemberPair> among = PairsAmong(theirs);
      pairs.insert(among.begin(), among.end());
    }
  }
  const std::vector<MemberId> members(persons.begin(), persons.end());
  ProposalStore store(tx, program);
  const pg::Tx::Asked rows = store.Ask(std::vector<MemberPair>(pairs.begin(), pairs.end()));
  const pg::Tx::Asked counts = store.AskCounts(members);
  const pg::Tx::Asked groups = store.AskGroups(ledger::PartitionsOf(program, members), members);
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, members));
  ASSIGN_OR_RETURN(run->rows, store.Take(rows));
  ASSIGN_OR_RETURN(run->proposed, store.TakeCounts(counts));
  ASSIGN_OR_RETURN(const std::set<MemberId> are_groups, store.TakeGroups(groups));
  for (const auto& [member, state] : states) {
    if (MayBeMerged(state) && are_groups.count(member) == 0) run->people.insert(member);
  }
  RETURN_IF_ERROR(LoadReplaceable(tx, program, Crowded(*run, pairs), *run));
  for (SightingNote* note : set) note->run_ = run;
  return absl::OkStatus();
}

absl::Status SightingNotes::WriteAll(pg::Tx& tx, absl::Span<SightingNote* const> set) {
  // One that was decided twice, as it is in the end.
  std::map<MemberPair, std::optional<ProposedMerge>> decided;
  for (const SightingNote* note : set) {
    for (const auto& [pair, row] : note->decided_) decided.insert_or_assign(pair, row);
  }
  std::map<MemberPair, ProposedMerge> rows;
  std::vector<MemberPair> gone;
  for (const auto& [pair, row] : decided) {
    if (row) {
      rows.emplace(pair, *row);
    } else {
      gone.push_back(pair);
    }
  }
  ProposalStore store(tx, set.front()->envelope.program);
  if (!rows.empty()) store.Write(rows);
  if (!gone.empty()) store.Delete(gone);
  return absl::OkStatus();
}

Dismissal::Dismissal(const MemberPair& pair) : pair_(pair) {
  envelope.also = {pair.low, pair.high};
}

absl::StatusOr<std::string> Dismissal::Decide(ledger::Books& books) {
  for (const MemberId& member : {pair_.low, pair_.high}) {
    RETURN_IF_ERROR(InField(books.Permit(member, ledger::Deed::kCorrect), "member_ids"));
  }
  decided_ = DismissedAt(books.recorded_at(), envelope.actor, pair_, row_);
  v1::DismissDuplicateResponse response;
  ToContract(decided_ ? *decided_ : *row_, *response.mutable_proposed_merge());
  return response.SerializeAsString();
}

absl::Status Dismissal::CheckReplay(ledger::Books& books, std::string_view) const {
  for (const MemberId& member : {pair_.low, pair_.high}) {
    RETURN_IF_ERROR(books.CheckNotErased(member));
  }
  return absl::OkStatus();
}

absl::Status Dismissals::LoadAll(pg::Tx& tx, absl::Span<Dismissal* const> set) {
  for (Dismissal* dismissal : set) {
    ProposalStore store(tx, dismissal->envelope.program);
    ASSIGN_OR_RETURN(const auto rows, store.Read({dismissal->pair_}));
    dismissal->row_.reset();
    if (!rows.empty()) dismissal->row_ = rows.begin()->second;
  }
  return absl::OkStatus();
}

absl::Status Dismissals::WriteAll(pg::Tx& tx, absl::Span<Dismissal* const> set) {
  std::map<MemberPair, ProposedMerge> rows;
  for (const Dismissal* dismissal : set) {
    if (dismissal->decided_) rows.insert_or_assign(dismissal->pair_, *dismissal->decided_);
  }
  if (!rows.empty()) ProposalStore(tx, set.front()->envelope.program).Write(rows);
  return absl::OkStatus();
}

}  // namespace gratis::members
