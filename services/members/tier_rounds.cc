#include "services/members/tier_rounds.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/status/macros.h"
#include "services/members/tier_book.h"
#include "services/members/tier_merging.h"

namespace gratis::members {

TierRound::TierRound(ledger::Program program, int32_t partition, TierRoundLimits limits)
    : limits_(limits) {
  envelope.program = std::move(program);
  envelope.partition = partition;
  envelope.actor = ledger::kEngineActor;
}

absl::StatusOr<std::string> TierRound::Decide(ledger::Books& books) {
  result_ = {};
  decided_ = false;
  // A policy that is set in this very run was not read yet, and what comes behind it is judged by
  // it.
  const bool policy_ahead =
      std::any_of(books.rows().begin(), books.rows().end(), [](const ledger::JournalRow& row) {
        return row.fact.kind == ledger::FactKind::kTierPolicySet;
      });
  if (!work_ || policy_ahead) return kMore;
  RETURN_IF_ERROR(DecideWork(books, *work_));
  decided_ = true;
  const auto limit = static_cast<size_t>(limits_.members);
  const bool more = !work_->page.at_head || result_.due_already || work_->due.size() >= limit ||
                    work_->unplanned.size() >= limit;
  return more ? kMore : kDone;
}

absl::Status TierRound::Journal(ledger::Books& books, const Moves& moves) const {
  // All holders are asked for before the first is missed, so that one look is enough.
  absl::Status known;
  for (const auto& [member, made] : moves) known.Update(books.RequireHolder(member));
  RETURN_IF_ERROR(known);
  for (const auto& [member, made] : moves) {
    for (const TierMove& move : made) {
      RETURN_IF_ERROR(books.Post(FactOf(move, member, envelope.program)).status());
    }
  }
  return absl::OkStatus();
}

absl::Status TierRound::DecideWork(ledger::Books& books, const Work& work) {
  TierBook book(work.policies.For(place()), envelope.program.currency_code);
  for (const auto& [member, standing] : work.standings) {
    const auto facts = work.facts.find(member);
    book.TakeUp(member, standing,
                facts == work.facts.end() ? std::vector<TierFact>() : facts->second);
  }
  std::set<MemberId> touched;
  std::set<std::pair<MemberId, int64_t>> changed;  // facts, by whose they are and seq
  std::set<std::pair<MemberId, MemberId>> joined;  // survivors, and who came to them
  for (const ledger::JournalRow& row : work.page.rows) {
    RETURN_IF_ERROR(book.Feed(row, work.carried));
    touched.insert(row.fact.member);
    ASSIGN_OR_RETURN(const std::optional<TierTaken> taken, TakenIn(row.fact));
    changed.insert(taken ? std::pair(taken->whose, taken->seq) : std::pair(MemberId{}, row.seq));
    ASSIGN_OR_RETURN(const std::optional<TierMerge> merge, MergeIn(row.fact));
    if (!merge) continue;
    const std::pair pair(row.fact.member, merge->duplicate);
    if (row.fact.kind == ledger::FactKind::kMembersMerged) {
      joined.insert(pair);
    } else {
      result_.parted.push_back(pair);
    }
  }
  Moves moves;
  const auto keep = [&](const MemberId& member, const MemberTier& tier) {
    const std::optional<TierMove> next = tier.NextMove();
    result_.due_already |= next && next->at <= books.recorded_at();
    result_.standings.push_back(
        {member, tier.standing(), next ? next->at : absl::InfiniteFuture()});
  };
  for (const MemberId& member : touched) {
    const MemberTier& tier = *book.Find(member);
    if (!tier.moves().empty()) moves.emplace_back(member, tier.moves());
    keep(member, tier);
    for (const TierFact& fact : tier.facts().all()) {
      const bool writes =
          changed.count({fact.whose, fact.seq}) > 0 || joined.count({member, fact.via}) > 0;
      if (writes) result_.facts.emplace_back(member, fact);
    }
  }
  // What time does. A standing is put away as of the last fact that says so in the journal, never
  // later: only there is it certain that nothing comes before it any more.
  std::set<MemberId> looked_at = std::move(touched);
  for (const std::vector<MemberId>* members : {&work.due, &work.unplanned}) {
    for (const MemberId& member : *members) {
      MemberTier* const tier = book.Find(member);
      if (tier == nullptr || !looked_at.insert(member).second) continue;
      MemberTier later = *tier;
      later.Advance(books.recorded_at(), kAllFacts);
      if (!later.moves().empty()) moves.emplace_back(member, later.moves());
      keep(member, later.moves().empty() ? *tier : later);
    }
  }
  return Journal(books, moves);
}

absl::Status TierRounds::LoadAll(pg::Tx& tx, absl::Span<TierRound* const> set) {
  TierRound& round = *set.front();
  for (TierRound* other : set) other->work_ = nullptr;
  const ledger::Envelope& envelope = round.envelope;
  const int32_t partition = *envelope.partition;
  auto work = std::make_shared<TierRound::Work>();
  ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> rows, ReadTierPolicies(tx, envelope.program));
  ASSIGN_OR_RETURN(work->policies, PoliciesOf(rows, envelope.program));
  ASSIGN_OR_RETURN(work->cursor, ReadTierCursor(tx, partition));
  ASSIGN_OR_RETURN(work->page, ledger::ReadFeedPage(tx, partition, work->cursor,
                                                    {.kinds = TierKinds(), .members = {}},
                                                    round.limits_.rows, round.limits_.window));
  ASSIGN_OR_RETURN(work->carried, ReadCarried(tx, envelope.program, work->page.rows));
  std::set<MemberId> members;
  std::vector<int64_t> undone;
  for (const ledger::JournalRow& row : work->page.rows) {
    members.insert(row.fact.member);
    ASSIGN_OR_RETURN(const std::optional<TierTaken> taken, TakenIn(row.fact));
    if (taken) undone.push_back(taken->seq);
  }
  if (work->page.at_head) {
    ASSIGN_OR_RETURN(work->due, FindDueTiers(tx, partition, envelope.now, round.limits_.members));
    ASSIGN_OR_RETURN(
        work->unplanned,
        FindUnplannedTiers(tx, partition, work->policies.latest_version(), round.limits_.members));
    members.insert(work->due.begin(), work->due.end());
    members.insert(work->unplanned.begin(), work->unplanned.end());
  }
  ASSIGN_OR_RETURN(work->standings,
                   ReadTierMembers(tx, partition, {members.begin(), members.end()}));
  const TierLadders ladders = work->policies.For(round.place());
  TierFactsWanted wanted{.members = {}, .horizons = {}, .seqs = std::move(undone)};
  for (const auto& [member, standing] : work->standings) {
    wanted.members.push_back(member);
    wanted.horizons.push_back(TierHorizon(ladders, standing.at));
  }
  ASSIGN_OR_RETURN(work->facts, ReadTierFacts(tx, partition, wanted));
  round.work_ = std::move(work);
  return absl::OkStatus();
}

absl::Status TierRounds::WriteAll(pg::Tx& tx, absl::Span<TierRound* const> set) {
  for (const TierRound* round : set) {
    if (!round->decided_) continue;
    const TierRound::Work& work = *round->work_;
    const int32_t partition = *round->envelope.partition;
    WriteTierMembers(tx, partition, round->result_.standings, work.policies.latest_version());
    // What is no more goes before what came: a duplicate may be merged again in one stretch.
    DeleteTierFacts(tx, partition, round->result_.parted);
    WriteTierFacts(tx, partition, round->result_.facts);
    if (work.page.reached > work.cursor) WriteTierCursor(tx, partition, work.page.reached);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
