#include "services/members/tiers.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/ledger/loading.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/recent_rows.h"
#include "services/members/tier_journal.h"
#include "services/members/tier_merging.h"
#include "services/members/tier_replay.h"

namespace gratis::members {
namespace {

constexpr int kJournalAtOnce = 1'000;
constexpr int32_t kMaxTierRounds = 1'000'000;  // of one Keep; each gets on

// Everything of one statement after another is of one moment.
pg::TxOptions AtOneMoment(absl::Time deadline) {
  return {.deadline = deadline, .read_only = true, .isolation = pg::Isolation::kRepeatableRead};
}

absl::StatusOr<TierPolicies> ReadPolicies(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> rows, ReadTierPolicies(tx, program));
  return PoliciesOf(rows, program);
}

absl::Status NoPolicy() {
  return Error(Reason::kTierPolicyNotFound,
               "the program has no tier policy in force; set one with SetTierPolicy");
}

// What was put away of a member, and what the journal says of them since. The tier is absent for
// someone unknown.
absl::Status ReadMember(pg::Tx& tx, const ledger::Program& program, const MemberId& member,
                        TierView& view) {
  const int32_t partition = ledger::PartitionOf(program, member);
  ASSIGN_OR_RETURN(view.policies, ReadPolicies(tx, program));
  view.ladders = view.policies.For(partition - program.first_partition);
  view.tier.reset();
  RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
  ASSIGN_OR_RETURN(int64_t after, ReadTierCursor(tx, partition));
  ASSIGN_OR_RETURN(const TierStandings standings, ReadTierMembers(tx, partition, {member}));
  if (!standings.empty()) {
    const TierStanding& standing = standings.begin()->second;
    ASSIGN_OR_RETURN(TierFactsOf facts,
                     ReadTierFacts(tx, partition,
                                   {.members = {member},
                                    .horizons = {TierHorizon(view.ladders, standing.at)},
                                    .seqs = {}}));
    view.tier.emplace(view.ladders, standing, std::move(facts[member]));
  }
  for (;;) {
    ASSIGN_OR_RETURN(
        const std::vector<ledger::JournalRow> rows,
        ledger::ReadMemberRowsAfter(tx, program, member, after, TierKinds(), kJournalAtOnce));
    RETURN_IF_ERROR(AddRows(tx, program, rows, view.ladders, view.tier));
    if (std::ssize(rows) < kJournalAtOnce) return absl::OkStatus();
    after = rows.back().seq;
  }
}

}  // namespace

absl::Status AddRows(pg::Tx& tx, const ledger::Program& program,
                     absl::Span<const ledger::JournalRow> rows, const TierLadders& ladders,
                     std::optional<MemberTier>& tier) {
  ASSIGN_OR_RETURN(const CarriedFacts carried, ReadCarried(tx, program, rows));
  for (const ledger::JournalRow& row : rows) {
    if (!tier) tier.emplace(ladders, FirstStanding(row));
    RETURN_IF_ERROR(Feed(row, program.currency_code, carried, *tier));
  }
  return absl::OkStatus();
}

absl::StatusOr<TierPolicies> Tiers::Policies(const ledger::Program& program,
                                             absl::Time deadline) const {
  TierPolicies policies;
  RETURN_IF_ERROR(pg::RunTx(pool_, AtOneMoment(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policies, ReadPolicies(tx, program));
    return absl::OkStatus();
  }));
  return policies;
}

absl::StatusOr<std::unique_ptr<TierView>> Tiers::Look(const ledger::Program& program,
                                                      const MemberId& member, absl::Time now,
                                                      absl::Time deadline) const {
  auto view = std::make_unique<TierView>();
  RETURN_IF_ERROR(pg::RunTx(pool_, AtOneMoment(deadline),
                            [&](pg::Tx& tx) { return ReadMember(tx, program, member, *view); }));
  if (!view->tier) return ledger::NoSuchMember(member);
  view->tier->Advance(now, kAllFacts);
  if (view->tier->ladder() == nullptr) return NoPolicy();
  view->unposted = view->tier->TakeMoves();
  return view;
}

absl::StatusOr<std::map<MemberId, std::string>> Tiers::CodesOf(const ledger::Program& program,
                                                               const std::vector<MemberId>& members,
                                                               absl::Time now,
                                                               absl::Time deadline) const {
  std::map<MemberId, std::string> codes;
  RETURN_IF_ERROR(pg::RunTx(pool_, AtOneMoment(deadline), [&](pg::Tx& tx) -> absl::Status {
    codes.clear();
    std::vector<int32_t> partitions;
    for (const MemberId& member : members) {
      partitions.push_back(ledger::PartitionOf(program, member));
    }
    const StoredTiersAsked asked = AskStoredTiers(tx, partitions, members);
    RecentRows recent(tx, program, members, TierKinds());
    ASSIGN_OR_RETURN(auto stored, TakeStoredTiers(tx, asked, partitions, members));
    RETURN_IF_ERROR(recent.Take());
    ASSIGN_OR_RETURN(const TierPolicies policies, ReadPolicies(tx, program));
    std::map<int32_t, TierLadders> ladders;
    for (size_t i = 0; i < members.size(); ++i) {
      const auto of_partition = ladders.find(partitions[i]);
      const TierLadders& rules =
          of_partition != ladders.end()
              ? of_partition->second
              : ladders
                    .emplace(partitions[i], policies.For(partitions[i] - program.first_partition))
                    .first->second;
      const StoredTier& put_away = stored[members[i]];
      std::optional<MemberTier> tier;
      if (put_away.standing) tier.emplace(rules, *put_away.standing, put_away.facts);
      ASSIGN_OR_RETURN(const std::vector<ledger::JournalRow> rows,
                       recent.Behind(members[i], put_away.cursor, TierKinds()));
      RETURN_IF_ERROR(AddRows(tx, program, rows, rules, tier));
      if (!tier) continue;
      tier->Advance(now, kAllFacts);
      if (tier->ladder() != nullptr) codes[members[i]] = tier->tier();
    }
    return absl::OkStatus();
  }));
  return codes;
}

absl::StatusOr<TierHistory> Tiers::History(const ledger::Program& program, const MemberId& member,
                                           std::optional<int64_t> before_seq, int32_t limit,
                                           absl::Time now, absl::Time deadline) const {
  TierView view;
  std::vector<ledger::JournalRow> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, AtOneMoment(deadline), [&](pg::Tx& tx) -> absl::Status {
    ledger::EntryFilter filter;
    filter.kinds = {ledger::FactKind::kTierChanged};
    if (before_seq) filter.before_seq = *before_seq;
    ASSIGN_OR_RETURN(rows, ledger::ReadEntries(tx, program, member, filter, limit + 1));
    return before_seq ? absl::OkStatus() : ReadMember(tx, program, member, view);
  }));
  TierHistory history;
  if (view.tier) {
    view.tier->Advance(now, kAllFacts);
    history.unposted = view.tier->TakeMoves();
    std::reverse(history.unposted.begin(), history.unposted.end());
  }
  const bool overfull = std::ssize(rows) > limit;
  if (overfull) rows.pop_back();
  for (const ledger::JournalRow& row : rows) {
    ASSIGN_OR_RETURN(TierMove move, MoveOf(row.fact));
    history.journal.push_back({row.seq, row.fact.transaction, std::move(move)});
  }
  if (overfull) history.next = history.journal.back().seq;
  return history;
}

absl::StatusOr<TierTally> Tiers::Preview(const ledger::Program& program, v1::TierPolicy policy,
                                         absl::Time now, absl::Time deadline) const {
  std::vector<ledger::Unit> units;
  TierPolicies policies;
  RETURN_IF_ERROR(pg::RunTx(pool_, AtOneMoment(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, program));
    ASSIGN_OR_RETURN(policies, ReadPolicies(tx, program));
    return absl::OkStatus();
  }));
  const auto unit_of = [&](std::string_view code) -> absl::StatusOr<ledger::Unit> {
    for (const ledger::Unit& unit : units) {
      if (unit.code == code) return unit;
    }
    return Error(Reason::kUnitNotFound, "the program has no such unit");
  };
  ASSIGN_OR_RETURN(TierLadder draft, LadderOf(policy, program, unit_of));
  draft.version = policies.latest_version() + 1;
  draft.effective_from = now;
  // Nothing that is journaled knows of it.
  draft.known_after = kAllFacts - 1;

  TierTally tally;
  for (const TierStep& step : draft.steps) tally.tiers.push_back(step.code);
  tally.lines.resize(draft.steps.size());
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    TierLadders ladders = policies.For(i - program.first_partition);
    ladders.versions.push_back(draft);
    TierReplay replay(program, i, std::move(ladders));
    RETURN_IF_ERROR(replay.ReadAll(pool_, deadline));
    for (auto& [member, tier] : replay.book().members()) {
      tier.Advance(now, kAllFacts - 1);
      const std::string before = tier.tier();
      tier.Advance(now, kAllFacts);
      TierTally::Line& line = tally.lines[static_cast<size_t>(tier.standing().rank)];
      ++line.members;
      line.came += tier.tier() == before ? 0 : 1;
      line.short_members += tier.standing().short_since == absl::InfiniteFuture() ? 0 : 1;
      ++tally.members;
    }
  }
  return tally;
}

absl::StatusOr<std::optional<ledger::Cursor>> Tiers::Followed(const ledger::Program& program,
                                                              absl::Time deadline) const {
  std::optional<ledger::Cursor> followed;
  RETURN_IF_ERROR(pg::RunTx(pool_, AtOneMoment(deadline), [&](pg::Tx& tx) -> absl::Status {
    followed.reset();
    ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> policies, ReadTierPolicies(tx, program));
    if (policies.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(followed, ReadTierCursors(tx, program));
    return absl::OkStatus();
  }));
  return followed;
}

absl::Status Tiers::Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                         absl::Time deadline, const std::stop_token& stop) {
  for (int32_t i = 0; i < kMaxTierRounds; ++i) {
    if (stop.stop_requested()) {
      return Error(Reason::kDraining, "keeping tiers was cut short; the next one goes on");
    }
    auto round = std::make_unique<TierRound>(program, partition, TierRoundLimits{});
    round->envelope.now = now;
    round->envelope.deadline = deadline;
    const ledger::Outcome outcome = poster_.Post(rounds_, std::move(round));
    RETURN_IF_ERROR(outcome.answer.status());
    if (*outcome.answer == TierRound::kDone) break;
  }
  return absl::OkStatus();
}

absl::Status Tiers::KeepAll(const ledger::Program& program, absl::Time now, absl::Time deadline,
                            const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::optional<ledger::Cursor> followed, Followed(program, deadline));
  if (!followed) return absl::OkStatus();
  for (const auto& [partition, seq] : *followed) {
    RETURN_IF_ERROR(Keep(program, partition, now, deadline, stop));
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
