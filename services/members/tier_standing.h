#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "services/members/segment_rules.h"
#include "services/members/tier_ladder.h"

// How one member stands on the ladder, and how that follows from what they did and from the time
// that passes: a machine that is fed facts in the order of the journal. Pure; the same facts lead
// to the same standing, however often it is put away and taken up again in between.
//
// Down takes three things: what the tier takes is no longer fulfilled (short_since), the grace is
// over, and no step down before is still being kept (held_until). Up takes none of them.
namespace gratis::members {

// A fact that counts towards tiers.
struct TierFact {
  int64_t seq = 0;  // in the member's partition
  TransactionId transaction;
  absl::Time at;  // when it took effect: in which period it counts
  int16_t unit = 0;
  int64_t points = 0;    // earned by buying
  int64_t returned = 0;  // thereof were taken back
  int64_t spend = 0;     // minor units of the program's currency
  bool purchase = false;
  // Of what came over with a merge: whose it was, and with which duplicate it came. Nil: their own.
  MemberId whose = {};
  MemberId via = {};

  // What is left of it. Of money that share whose points were not taken back, rounded up.
  int64_t kept_points() const { return points - returned; }
  int64_t kept_spend() const;
  bool kept_visit() const { return purchase && (returned == 0 || returned < points); }

  friend bool operator==(const TierFact&, const TierFact&) = default;
};

struct TierStanding {
  absl::Time enrolled_at;
  absl::Time at = absl::InfinitePast();  // everything until then was reckoned with
  int32_t version = 0;                   // of the ladder it stands on; 0: there was none yet
  int32_t rank = 0;                      // its step, counted from 0
  absl::Time since = absl::InfinitePast();
  absl::Time short_since = absl::InfiniteFuture();  // InfiniteFuture: it is fulfilled
  absl::Time held_until = absl::InfinitePast();     // a step down is kept until then
  SegmentMarks marks = {};                          // as the last fact about them said

  friend bool operator==(const TierStanding&, const TierStanding&) = default;
};

enum class TierChangeReason : int16_t { kReached = 1, kFellShort = 2, kPolicy = 3 };

// One member's change of tier.
struct TierMove {
  absl::Time at;
  std::string from, to;  // codes
  TierChangeReason reason = TierChangeReason::kReached;
  int32_t version = 0;  // of the ladder

  friend bool operator==(const TierMove&, const TierMove&) = default;
};

// Sums of facts in the order in which they took effect.
class TierFacts {
 public:
  explicit TierFacts(std::vector<TierFact> facts);

  void Add(TierFact fact);
  void AddAll(const std::vector<TierFact>& facts);
  // Takes away what came over with a duplicate.
  void Remove(const MemberId& via);
  // Takes back `points` of the fact at `seq` of `whose` journal. False if it is not one that
  // counts.
  bool TakeBack(const MemberId& whose, int64_t seq, int64_t points);

  const std::vector<TierFact>& all() const { return facts_; }
  // Places of the facts that took effect at or after `from` and before `until`.
  std::pair<size_t, size_t> Between(absl::Time from, absl::Time until) const;
  // What those in [first, last) come to.
  absl::int128 Sum(const TierRule& rule, size_t first, size_t last) const;

 private:
  using Sums = std::vector<absl::int128>;  // [i]: of the first i facts
  const Sums& SumsOf(const TierRule& rule) const;

  std::vector<TierFact> facts_;  // by (at, seq, whose)
  mutable std::map<std::pair<TierMeasure, int16_t>, Sums> sums_;
};

// A member's standing and facts. `ladders` outlives it.
class MemberTier {
 public:
  MemberTier(const TierLadders& ladders, TierStanding standing, std::vector<TierFact> facts = {})
      : ladders_(&ladders), standing_(std::move(standing)), facts_(std::move(facts)) {}

  // Lets time pass until `to`, judged by what is known to the fact at `seq`. Times before at() are
  // none: facts are recorded in order.
  void Advance(absl::Time to, int64_t seq);
  // A fact was journaled at `seq` and `recorded_at`.
  void Count(TierFact fact, absl::Time recorded_at);
  // A fact said which segments the member is in from then on.
  void Mark(SegmentMarks marks, int64_t seq, absl::Time recorded_at);
  // Points of an earlier one were taken back. Whether that one counts.
  bool TakeBack(int64_t earlier, int64_t points, int64_t seq, absl::Time recorded_at);
  // Of one that came over, which is at `earlier` in `whose` journal.
  bool TakeBackOf(const MemberId& whose, int64_t earlier, int64_t points, int64_t seq,
                  absl::Time recorded_at);
  // A fact said that a duplicate became part of the member: what they did counts from then on, as
  // if the member had done it.
  void Join(const std::vector<TierFact>& facts, int64_t seq, absl::Time recorded_at);
  // A fact said that they are two again.
  void Part(const MemberId& duplicate, int64_t seq, absl::Time recorded_at);

  const TierStanding& standing() const { return standing_; }
  const TierFacts& facts() const { return facts_; }
  const TierLadders& ladders() const { return *ladders_; }
  // The ladder it stands on; null if there is none.
  const TierLadder* ladder() const { return ladders_->Version(standing_.version); }
  // Code of the tier; empty without a ladder.
  std::string tier() const;

  // The moves since they were last taken.
  std::vector<TierMove> TakeMoves() { return std::exchange(moves_, {}); }
  const std::vector<TierMove>& moves() const { return moves_; }

  // The next move that comes if nothing more happens, by the ladders known to `seq`.
  std::optional<TierMove> NextMove(int64_t seq = kAllFacts) const;
  // What counts for a step in the period that runs; 1 for whoever is in its segment.
  absl::int128 Counted(const TierLadder& ladder, const TierRule& rule) const;
  // The facts that count in the period that runs, or may still do for having been in the one
  // before: places in facts().
  std::pair<size_t, size_t> Counting(const TierLadder& ladder) const;

 private:
  void Judge(int64_t seq);
  void StepOnto(const TierLadder& ladder);
  void Move(const TierLadder& ladder, int32_t rank, TierChangeReason reason);
  int32_t FulfilledRank(const TierLadder& ladder) const;
  bool InSegmentOf(const TierRule& rule) const;
  // The next moment at which judging may come out differently though nothing happens.
  absl::Time NextMoment(int64_t seq) const;
  absl::Time NextMomentOn(const TierLadder& ladder) const;
  absl::Time NextMomentOfFacts(const TierLadder& ladder) const;
  absl::Time NextMomentOfMarks(const TierLadder& ladder) const;

  const TierLadders* ladders_;
  TierStanding standing_;
  TierFacts facts_;
  std::vector<TierMove> moves_;
};

}  // namespace gratis::members
