#include "services/members/tier_merging.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/status/macros.h"

namespace gratis::members {
namespace {

constexpr int kPastRowsAtOnce = 1'000;

// What one journal says up to a place.
struct OwnPast {
  std::vector<TierFact> facts;         // the member's own
  std::vector<TierTaken> taken;        // of those who were part of them
  std::map<MemberId, int64_t> merged;  // who still were, and where their journals say so
};

// Nobody is judged here: it is for the facts alone.
absl::Status Take(const ledger::JournalRow& row, std::string_view currency, MemberTier& tier,
                  OwnPast& past) {
  ASSIGN_OR_RETURN(const std::optional<TierMerge> merge, MergeIn(row.fact));
  if (merge && row.fact.kind == ledger::FactKind::kMembersMerged) {
    past.merged[merge->duplicate] = merge->place;
  } else if (merge) {
    past.merged.erase(merge->duplicate);
  } else if (row.fact.kind == ledger::FactKind::kMergedReversed) {
    ASSIGN_OR_RETURN(const std::optional<TierTaken> taken, TakenIn(row.fact));
    if (taken) past.taken.push_back(*taken);
  } else {
    return Feed(row, currency, {}, tier);
  }
  return absl::OkStatus();
}

absl::StatusOr<OwnPast> ReadPast(pg::Tx& tx, const ledger::Program& program, const MemberId& member,
                                 int64_t place) {
  const TierLadders none{.zone = absl::UTCTimeZone(), .versions = {}};
  MemberTier tier(none, TierStanding{});
  OwnPast past;
  int64_t after = 0;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(
        const std::vector<ledger::JournalRow> rows,
        ledger::ReadMemberRowsAfter(tx, program, member, after, TierKinds(), kPastRowsAtOnce));
    more = std::ssize(rows) == kPastRowsAtOnce;
    for (const ledger::JournalRow& row : rows) {
      if (row.seq >= place) {
        more = false;
        break;
      }
      RETURN_IF_ERROR(Take(row, program.currency_code, tier, past));
      after = row.seq;
    }
  }
  past.facts = tier.facts().all();
  return past;
}

// Whatever counts for a duplicate at a place of their journal, as it comes to who they became.
absl::StatusOr<std::vector<TierFact>> ReadAll(pg::Tx& tx, const ledger::Program& program,
                                              const TierMerge& merge) {
  TierFacts facts{std::vector<TierFact>()};
  std::vector<TierTaken> taken;
  std::vector<TierMerge> left = {merge};
  while (!left.empty()) {
    const TierMerge next = left.back();
    left.pop_back();
    ASSIGN_OR_RETURN(OwnPast past, ReadPast(tx, program, next.duplicate, next.place));
    for (TierFact& fact : past.facts) {
      fact.whose = next.duplicate;
      fact.via = merge.duplicate;
    }
    facts.AddAll(past.facts);
    taken.insert(taken.end(), past.taken.begin(), past.taken.end());
    for (const auto& [duplicate, place] : past.merged) left.push_back({duplicate, place});
  }
  for (const TierTaken& back : taken) facts.TakeBack(back.whose, back.seq, back.points);
  return facts.all();
}

}  // namespace

absl::StatusOr<CarriedFacts> ReadCarried(pg::Tx& tx, const ledger::Program& program,
                                         absl::Span<const ledger::JournalRow> rows) {
  CarriedFacts carried;
  for (const ledger::JournalRow& row : rows) {
    if (row.fact.kind != ledger::FactKind::kMembersMerged) continue;
    ASSIGN_OR_RETURN(const std::optional<TierMerge> merge, MergeIn(row.fact));
    if (!merge) continue;
    ASSIGN_OR_RETURN(carried[std::pair(row.partition, row.seq)], ReadAll(tx, program, *merge));
  }
  return carried;
}

}  // namespace gratis::members
