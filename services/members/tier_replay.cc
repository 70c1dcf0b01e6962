#include "services/members/tier_replay.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/segment_text.h"
#include "services/members/tier_contract.h"
#include "services/members/tier_journal.h"
#include "services/members/tier_merging.h"
#include "services/members/tier_store.h"

namespace gratis::members {
namespace {

constexpr int kPageRows = 5'000;
constexpr int kPageWindow = 50'000;
constexpr int64_t kPageMembers = 1'000;

std::string TextOf(const TierMove& move) {
  return absl::StrCat(move.from, " to ", move.to, " at ", base::FormatTime(move.at));
}

std::string TextOf(const TierStanding& standing) {
  const auto time = [](absl::Time at) {
    return at == absl::InfinitePast() || at == absl::InfiniteFuture() ? std::string("-")
                                                                      : base::FormatTime(at);
  };
  return absl::StrCat("version ", standing.version, ", step ", standing.rank, " since ",
                      time(standing.since), ", short since ", time(standing.short_since),
                      ", held until ", time(standing.held_until), ", as of ", time(standing.at),
                      ", in ",
                      standing.marks.empty() ? "no segment" : SegmentsText(standing.marks));
}

// What is kept of a partition's tiers, fed with what the journal says since: by the same rules, but
// from where it was put away.
absl::Status ReadKept(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                      TierBook& kept) {
  ASSIGN_OR_RETURN(int64_t cursor, ReadTierCursor(tx, partition));
  MemberId after;
  for (;;) {
    ASSIGN_OR_RETURN(const TierStandings page, PageTierMembers(tx, partition, after, kPageMembers));
    TierFactsWanted wanted;
    for (const auto& [member, standing] : page) {
      wanted.members.push_back(member);
      wanted.horizons.push_back(absl::InfinitePast());
    }
    ASSIGN_OR_RETURN(TierFactsOf facts, ReadTierFacts(tx, partition, wanted));
    for (const auto& [member, standing] : page) {
      kept.TakeUp(member, standing, std::move(facts[member]));
    }
    if (static_cast<int64_t>(page.size()) < kPageMembers) break;
    after = page.rbegin()->first;
  }
  for (;;) {
    ASSIGN_OR_RETURN(
        const ledger::FeedPage page,
        ledger::ReadFeedPage(tx, partition, cursor, {.kinds = TierKinds(), .members = {}},
                             kPageRows, kPageWindow));
    ASSIGN_OR_RETURN(const CarriedFacts carried, ReadCarried(tx, program, page.rows));
    for (const ledger::JournalRow& row : page.rows) RETURN_IF_ERROR(kept.Feed(row, carried));
    cursor = page.reached;
    if (page.at_head) return absl::OkStatus();
  }
}

// Whether the policies are those that the journal says were set.
absl::Status ComparePolicies(pg::Tx& tx, const ledger::Program& program,
                             std::vector<TierFinding>& findings) {
  ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> policies, ReadTierPolicies(tx, program));
  std::vector<std::string> said;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(
        const ledger::FeedPage page,
        ledger::ReadFeedPage(tx, program.first_partition, after,
                             {.kinds = {ledger::FactKind::kTierPolicySet}, .members = {}},
                             kPageRows, kPageWindow));
    for (const ledger::JournalRow& row : page.rows) said.push_back(row.fact.detail);
    after = page.reached;
    if (page.at_head) break;
  }
  bool same = said.size() == policies.size();
  for (size_t i = 0; same && i < said.size(); ++i) {
    same = said[i] == policies[i].detail && policies[i].version == static_cast<int32_t>(i) + 1;
  }
  if (!same) findings.push_back({{}, "the policies are not those that the journal says were set"});
  return absl::OkStatus();
}

// What differs of one member; empty if nothing does. `journaled` of the recomputed changes are in
// the journal; those that are not must still follow from what is kept.
std::string Difference(const MemberTier& recomputed, size_t journaled, const MemberTier& kept) {
  if (recomputed.standing() != kept.standing()) {
    return absl::StrCat("stands at ", TextOf(kept.standing()), ", recomputed ",
                        TextOf(recomputed.standing()));
  }
  if (recomputed.facts().all() != kept.facts().all()) {
    return absl::StrCat(kept.facts().all().size(), " facts are kept that differ from the ",
                        recomputed.facts().all().size(), " that count");
  }
  for (size_t i = journaled; i < recomputed.moves().size(); ++i) {
    const TierMove& move = recomputed.moves()[i];
    bool follows = false;
    for (const TierMove& other : kept.moves()) follows = follows || other == move;
    if (!follows) return absl::StrCat("the journal lacks ", TextOf(move));
  }
  return "";
}

}  // namespace

absl::Status TierReplay::ReadAll(pg::Pool& pool, absl::Time deadline) {
  for (bool at_head = false; !at_head;) {
    ledger::FeedPage page;
    CarriedFacts carried;
    RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(page, ledger::ReadFeedPage(tx, partition_, reached_,
                                                  {.kinds = TierKinds(), .members = {}}, kPageRows,
                                                  kPageWindow));
      ASSIGN_OR_RETURN(carried, ReadCarried(tx, program_, page.rows));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(Take(page.rows, carried));
    reached_ = page.reached;
    at_head = page.at_head;
  }
  return absl::OkStatus();
}

absl::Status TierReplay::ReadOn(pg::Tx& tx) {
  for (bool at_head = false; !at_head;) {
    ASSIGN_OR_RETURN(
        const ledger::FeedPage page,
        ledger::ReadFeedPage(tx, partition_, reached_, {.kinds = TierKinds(), .members = {}},
                             kPageRows, kPageWindow));
    ASSIGN_OR_RETURN(const CarriedFacts carried, ReadCarried(tx, program_, page.rows));
    RETURN_IF_ERROR(Take(page.rows, carried));
    reached_ = page.reached;
    at_head = page.at_head;
  }
  return absl::OkStatus();
}

size_t TierReplay::journaled(const MemberId& member) const {
  const auto found = journaled_.find(member);
  return found == journaled_.end() ? 0 : found->second;
}

absl::Status TierReplay::Take(const std::vector<ledger::JournalRow>& rows,
                              const CarriedFacts& carried) {
  for (const ledger::JournalRow& row : rows) {
    RETURN_IF_ERROR(book_.Feed(row, carried));
    if (row.fact.kind == ledger::FactKind::kTierChanged) RETURN_IF_ERROR(Compare(row));
  }
  return absl::OkStatus();
}

absl::Status TierReplay::Compare(const ledger::JournalRow& row) {
  ++changes_;
  ASSIGN_OR_RETURN(const TierMove said, MoveOf(row.fact));
  const std::vector<TierMove>& moves = book_.Find(row.fact.member)->moves();
  const size_t place = journaled_[row.fact.member]++;
  if (place >= moves.size()) {
    findings_.push_back(
        {row.fact.member, absl::StrCat("the journal has ", TextOf(said), ", which never was")});
  } else if (moves[place] != said) {
    findings_.push_back({row.fact.member, absl::StrCat("the journal has ", TextOf(said),
                                                       ", recomputed ", TextOf(moves[place]))});
  }
  return absl::OkStatus();
}

absl::StatusOr<TierVerification> VerifyTiers(pg::Pool& pool, const ledger::Program& program,
                                             int32_t partition, absl::Time deadline) {
  TierPolicies policies;
  RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> rows, ReadTierPolicies(tx, program));
    ASSIGN_OR_RETURN(policies, PoliciesOf(rows, program));
    return absl::OkStatus();
  }));
  const TierLadders ladders = policies.For(partition - program.first_partition);
  TierReplay replay(program, partition, ladders);
  RETURN_IF_ERROR(replay.ReadAll(pool, deadline));
  // What was journaled meanwhile, and what is kept, as of one moment.
  TierVerification verification;
  TierBook kept(ladders, program.currency_code);
  RETURN_IF_ERROR(
      pg::RunTx(pool,
                {.deadline = deadline,
                 .read_only = true,
                 .isolation = pg::Isolation::kRepeatableRead,
                 .max_attempts = 1},
                [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto rows, ReadTierPolicies(tx, program));
                  if (rows.size() != policies.versions.size()) {
                    return Error(Reason::kConflict, "a policy was set meanwhile; recompute again");
                  }
                  if (partition == program.first_partition) {
                    RETURN_IF_ERROR(ComparePolicies(tx, program, verification.findings));
                  }
                  RETURN_IF_ERROR(replay.ReadOn(tx));
                  return ReadKept(tx, program, partition, kept);
                }));
  verification.findings.insert(verification.findings.end(), replay.findings().begin(),
                               replay.findings().end());
  verification.changes = replay.changes();
  for (auto& [member, recomputed] : replay.book().members()) {
    ++verification.members;
    verification.facts += std::ssize(recomputed.facts().all());
    MemberTier* const other = kept.Find(member);
    const std::string difference =
        other == nullptr ? "is not kept" : Difference(recomputed, replay.journaled(member), *other);
    if (!difference.empty()) verification.findings.push_back({member, difference});
  }
  for (auto& [member, other] : kept.members()) {
    if (replay.book().Find(member) == nullptr) {
      verification.findings.push_back({member, "is kept and not in the journal"});
    }
  }
  return verification;
}

}  // namespace gratis::members
