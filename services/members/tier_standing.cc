#include "services/members/tier_standing.h"

#include <algorithm>
#include <tuple>

namespace gratis::members {
namespace {

bool TookEffectBefore(const TierFact& a, const TierFact& b) {
  return std::tie(a.at, a.seq, a.whose) < std::tie(b.at, b.seq, b.whose);
}

int64_t FigureOf(const TierFact& fact, const TierRule& rule) {
  switch (rule.measure) {
    case TierMeasure::kPoints:
      return fact.unit == rule.unit ? fact.kept_points() : 0;
    case TierMeasure::kSpend:
      return fact.kept_spend();
    case TierMeasure::kVisits:
      return fact.kept_visit() ? 1 : 0;
    case TierMeasure::kSegment:  // a mark, and no fact
    case TierMeasure::kNone:
      break;
  }
  return 0;
}

}  // namespace

int64_t TierFact::kept_spend() const {
  if (returned == 0 || points == 0) return spend;
  return spend - static_cast<int64_t>(absl::int128(spend) * returned / points);
}

TierFacts::TierFacts(std::vector<TierFact> facts) : facts_(std::move(facts)) {
  std::sort(facts_.begin(), facts_.end(), TookEffectBefore);
}

void TierFacts::Add(TierFact fact) {
  sums_.clear();
  const auto place = std::upper_bound(facts_.begin(), facts_.end(), fact, TookEffectBefore);
  facts_.insert(place, std::move(fact));
}

void TierFacts::AddAll(const std::vector<TierFact>& facts) {
  sums_.clear();
  facts_.insert(facts_.end(), facts.begin(), facts.end());
  std::sort(facts_.begin(), facts_.end(), TookEffectBefore);
}

void TierFacts::Remove(const MemberId& via) {
  sums_.clear();
  std::erase_if(facts_, [&](const TierFact& fact) { return fact.via == via; });
}

bool TierFacts::TakeBack(const MemberId& whose, int64_t seq, int64_t points) {
  const auto found = std::find_if(facts_.begin(), facts_.end(), [&](const TierFact& fact) {
    return fact.seq == seq && fact.whose == whose;
  });
  if (found == facts_.end()) return false;
  sums_.clear();
  found->returned += points;
  return true;
}

std::pair<size_t, size_t> TierFacts::Between(absl::Time from, absl::Time until) const {
  const auto place = [&](absl::Time at) {
    return static_cast<size_t>(
        std::partition_point(facts_.begin(), facts_.end(),
                             [&](const TierFact& fact) { return fact.at < at; }) -
        facts_.begin());
  };
  return {place(from), place(until)};
}

const TierFacts::Sums& TierFacts::SumsOf(const TierRule& rule) const {
  Sums& sums = sums_[{rule.measure, rule.unit}];
  if (sums.empty()) {
    sums.reserve(facts_.size() + 1);
    sums.push_back(0);
    for (const TierFact& fact : facts_) sums.push_back(sums.back() + FigureOf(fact, rule));
  }
  return sums;
}

absl::int128 TierFacts::Sum(const TierRule& rule, size_t first, size_t last) const {
  const Sums& sums = SumsOf(rule);
  return sums[last] - sums[first];
}

void MemberTier::Advance(absl::Time to, int64_t seq) {
  if (standing_.at == absl::InfinitePast()) standing_.at = to;
  Judge(seq);
  for (absl::Time next = NextMoment(seq); next <= to; next = NextMoment(seq)) {
    standing_.at = next;
    Judge(seq);
  }
  standing_.at = std::max(standing_.at, to);
}

void MemberTier::Count(TierFact fact, absl::Time recorded_at) {
  const int64_t seq = fact.seq;
  Advance(recorded_at, seq);
  facts_.Add(std::move(fact));
  Judge(seq);
}

void MemberTier::Mark(SegmentMarks marks, int64_t seq, absl::Time recorded_at) {
  Advance(recorded_at, seq);
  standing_.marks = std::move(marks);
  Judge(seq);
}

bool MemberTier::TakeBack(int64_t earlier, int64_t points, int64_t seq, absl::Time recorded_at) {
  return TakeBackOf(MemberId{}, earlier, points, seq, recorded_at);
}

bool MemberTier::TakeBackOf(const MemberId& whose, int64_t earlier, int64_t points, int64_t seq,
                            absl::Time recorded_at) {
  Advance(recorded_at, seq);
  const bool counts = facts_.TakeBack(whose, earlier, points);
  Judge(seq);
  return counts;
}

void MemberTier::Join(const std::vector<TierFact>& facts, int64_t seq, absl::Time recorded_at) {
  Advance(recorded_at, seq);
  facts_.AddAll(facts);
  Judge(seq);
}

void MemberTier::Part(const MemberId& duplicate, int64_t seq, absl::Time recorded_at) {
  Advance(recorded_at, seq);
  facts_.Remove(duplicate);
  Judge(seq);
}

std::string MemberTier::tier() const {
  const TierLadder* const on = ladder();
  return on == nullptr ? "" : on->steps[static_cast<size_t>(standing_.rank)].code;
}

void MemberTier::Judge(int64_t seq) {
  const TierLadder* const in_force = ladders_->InForce(seq, standing_.at);
  if (in_force == nullptr) return;
  if (in_force->version != standing_.version) StepOnto(*in_force);
  const int32_t fulfilled = FulfilledRank(*in_force);
  absl::Time& short_since = standing_.short_since;
  if (fulfilled >= standing_.rank || in_force->demotion == TierDemotion::kNever) {
    short_since = absl::InfiniteFuture();
    if (fulfilled > standing_.rank) {
      standing_.held_until = absl::InfinitePast();
      Move(*in_force, fulfilled, TierChangeReason::kReached);
    }
    return;
  }
  if (standing_.at < standing_.held_until) return;
  short_since = std::min(short_since, standing_.at);
  if (standing_.at < GraceEnd(short_since, in_force->grace_days, ladders_->zone)) return;
  short_since = absl::InfiniteFuture();
  if (in_force->demotion == TierDemotion::kOneStep) {
    standing_.held_until =
        PeriodEnd(*in_force, standing_.enrolled_at, standing_.at, ladders_->zone);
    Move(*in_force, standing_.rank - 1, TierChangeReason::kFellShort);
  } else {
    Move(*in_force, fulfilled, TierChangeReason::kFellShort);
  }
}

// On a new ladder the member is where they were: in the tier of the same code, or, if it is gone,
// in the nearest below it that is still there.
void MemberTier::StepOnto(const TierLadder& ladder) {
  const TierLadder* const before = ladders_->Version(standing_.version);
  standing_.version = ladder.version;
  if (before == nullptr) {
    standing_.rank = 0;
    standing_.since = standing_.at;
    return;
  }
  const auto rank_of = [&](const std::string& code) {
    const auto found = std::find_if(ladder.steps.begin(), ladder.steps.end(),
                                    [&](const TierStep& step) { return step.code == code; });
    return static_cast<int32_t>(found - ladder.steps.begin());
  };
  const auto steps = static_cast<int32_t>(ladder.steps.size());
  const std::string& was = before->steps[static_cast<size_t>(standing_.rank)].code;
  int32_t rank = steps;
  for (int32_t i = standing_.rank; i >= 0 && rank == steps; --i) {
    rank = rank_of(before->steps[static_cast<size_t>(i)].code);
  }
  standing_.rank = rank == steps ? 0 : rank;
  const std::string& is = ladder.steps[static_cast<size_t>(standing_.rank)].code;
  if (is == was) return;
  standing_.since = standing_.at;
  standing_.short_since = absl::InfiniteFuture();
  moves_.push_back({standing_.at, was, is, TierChangeReason::kPolicy, ladder.version});
}

void MemberTier::Move(const TierLadder& ladder, int32_t rank, TierChangeReason reason) {
  const auto code = [&](int32_t of) { return ladder.steps[static_cast<size_t>(of)].code; };
  moves_.push_back({standing_.at, code(standing_.rank), code(rank), reason, ladder.version});
  standing_.rank = rank;
  standing_.since = standing_.at;
}

int32_t MemberTier::FulfilledRank(const TierLadder& ladder) const {
  std::pair<size_t, size_t> now, before{0, 0};
  if (IsYearly(ladder)) {
    const TierYear year = YearOf(ladder, standing_.enrolled_at, standing_.at, ladders_->zone);
    now = facts_.Between(year.start, year.end);
    before = facts_.Between(year.previous_start, year.start);
  } else {
    now = Counting(ladder);
  }
  for (auto rank = static_cast<int32_t>(ladder.steps.size()) - 1; rank > 0; --rank) {
    const TierRule& rule = ladder.steps[static_cast<size_t>(rank)].rule;
    if (rule.measure == TierMeasure::kSegment) {
      if (InSegmentOf(rule)) return rank;
      continue;
    }
    if (facts_.Sum(rule, now.first, now.second) >= rule.at_least) return rank;
    if (facts_.Sum(rule, before.first, before.second) >= rule.at_least) return rank;
  }
  return 0;
}

bool MemberTier::InSegmentOf(const TierRule& rule) const {
  return IsIn(standing_.marks, rule.segment, standing_.at);
}

std::pair<size_t, size_t> MemberTier::Counting(const TierLadder& ladder) const {
  if (IsYearly(ladder)) {
    const TierYear year = YearOf(ladder, standing_.enrolled_at, standing_.at, ladders_->zone);
    return facts_.Between(year.previous_start, year.end);
  }
  const std::vector<TierFact>& all = facts_.all();
  const auto first = std::partition_point(all.begin(), all.end(), [&](const TierFact& fact) {
    return RollingEnd(ladder.rolling_months, fact.at, ladders_->zone) <= standing_.at;
  });
  return {static_cast<size_t>(first - all.begin()), all.size()};
}

absl::int128 MemberTier::Counted(const TierLadder& ladder, const TierRule& rule) const {
  if (rule.measure == TierMeasure::kSegment) return InSegmentOf(rule) ? 1 : 0;
  std::pair<size_t, size_t> now = Counting(ladder);
  if (IsYearly(ladder)) {
    const TierYear year = YearOf(ladder, standing_.enrolled_at, standing_.at, ladders_->zone);
    now = facts_.Between(year.start, year.end);
  }
  return facts_.Sum(rule, now.first, now.second);
}

absl::Time MemberTier::NextMoment(int64_t seq) const {
  const absl::Time starts = ladders_->NextStart(seq, standing_.at);
  const TierLadder* const in_force = ladders_->InForce(seq, standing_.at);
  return in_force == nullptr ? starts : std::min(starts, NextMomentOn(*in_force));
}

absl::Time MemberTier::NextMomentOn(const TierLadder& ladder) const {
  return std::min(NextMomentOfFacts(ladder), NextMomentOfMarks(ladder));
}

absl::Time MemberTier::NextMomentOfMarks(const TierLadder& ladder) const {
  absl::Time next = absl::InfiniteFuture();
  for (const SegmentMark& mark : standing_.marks) {
    const bool asked =
        std::any_of(ladder.steps.begin(), ladder.steps.end(),
                    [&](const TierStep& step) { return step.rule.segment == mark.segment; });
    if (!asked) continue;
    for (const absl::Time moment : {mark.since, mark.until}) {
      if (moment > standing_.at) next = std::min(next, moment);
    }
  }
  return next;
}

absl::Time MemberTier::NextMomentOfFacts(const TierLadder& ladder) const {
  const absl::TimeZone& zone = ladders_->zone;
  absl::Time next = absl::InfiniteFuture();
  if (IsYearly(ladder)) {
    const TierYear year = YearOf(ladder, standing_.enrolled_at, standing_.at, zone);
    const absl::Time last = facts_.all().empty() ? absl::InfinitePast() : facts_.all().back().at;
    // What took effect ahead of the clocks may belong to the year that is yet to begin.
    const bool ahead = last >= year.end;
    // Whoever keeps a tier without anything that counts, as for a segment without an end, keeps it
    // from year to year.
    const bool counts = last >= year.previous_start;
    if (ahead || (counts && standing_.rank > 0)) next = year.end;
  }
  if (standing_.rank == 0 || ladder.demotion == TierDemotion::kNever) {
    // Without a fact nobody goes up by what they did, but at the beginning of a year.
    const bool may_rise =
        next != absl::InfiniteFuture() && !facts_.all().empty() && facts_.all().back().at >= next;
    return may_rise ? next : absl::InfiniteFuture();
  }
  if (standing_.short_since != absl::InfiniteFuture()) {
    return std::min(next, GraceEnd(standing_.short_since, ladder.grace_days, zone));
  }
  if (standing_.at < standing_.held_until) return std::min(next, standing_.held_until);
  if (!IsYearly(ladder)) {
    const size_t first = Counting(ladder).first;
    if (first < facts_.all().size()) {
      next = RollingEnd(ladder.rolling_months, facts_.all()[first].at, zone);
    }
  }
  return next;
}

std::optional<TierMove> MemberTier::NextMove(int64_t seq) const {
  MemberTier ahead = *this;
  ahead.moves_.clear();
  ahead.Judge(seq);
  while (ahead.moves_.empty()) {
    const absl::Time next = ahead.NextMoment(seq);
    if (next == absl::InfiniteFuture()) return std::nullopt;
    ahead.standing_.at = next;
    ahead.Judge(seq);
  }
  return ahead.moves_.front();
}

}  // namespace gratis::members
