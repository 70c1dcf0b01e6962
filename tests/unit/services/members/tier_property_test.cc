#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <ostream>

#include "services/members/tier_standing.h"
#include "tests/unit/services/members/tier_testing.h"

// Random lives of a member, told three times: all at once; put away and taken up again after each
// fact, with only the facts that may still count and with jobs that come by at any time; and by a
// reference that looks at every single hour and knows no sums, no moments and no shortcuts.
namespace gratis::members {
namespace tier_property_test {
namespace {

using testing::At;
using testing::Zone;

enum class Act { kEarn, kBuy, kReturn, kPolicy, kMark, kJob };

constexpr size_t kMostSteps = 24;  // the reference takes its time

struct Step {
  int hours = 0;  // that pass before it
  Act act = Act::kJob;
  int64_t amount = 0;
  int choice = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << step.hours << "h, act " << static_cast<int>(step.act) << ", " << step.amount
             << ", " << step.choice << "}";
}

// A fact of the journal, for all three.
struct Row {
  int64_t seq = 0;
  absl::Time at;
  Act act = Act::kJob;
  TierFact fact;            // kEarn, kBuy
  int64_t earlier = 0;      // kReturn
  int64_t points = 0;       // kReturn
  SegmentMarks marks = {};  // kMark
};

struct Life {
  TierLadders ladders;
  std::vector<Row> rows;
  absl::Time begin, end;
};

TierLadder LadderOf(const Step& step, int32_t version, absl::Time from, int64_t known_after) {
  TierLadder ladder{.version = version, .effective_from = from};
  const auto choice = static_cast<unsigned>(step.choice);
  ladder.period = static_cast<TierPeriod>(1 + choice % 3);
  ladder.rolling_months = IsYearly(ladder) ? 0 : 1 + static_cast<int>(choice / 3 % 5);
  ladder.demotion = static_cast<TierDemotion>(1 + choice / 7 % 3);
  const int graces[] = {0, 1, 20, 100};
  ladder.grace_days = graces[choice / 11 % 4];
  const int64_t more = step.amount % 30;
  ladder.steps = {{"base", {}}, {"silver", {TierMeasure::kPoints, 1, 30 + more}}};
  if (choice / 13 % 3 != 0) ladder.steps.push_back({"gold", {TierMeasure::kSpend, 0, 80 + more}});
  if (choice / 17 % 2 != 0) ladder.steps.push_back({"top", {TierMeasure::kVisits, 0, 3}});
  if (choice / 19 % 2 != 0) {
    const auto place = static_cast<int64_t>(1 + choice / 23 % ladder.steps.size());
    ladder.steps.insert(ladder.steps.begin() + place,
                        TierStep{"guest", {TierMeasure::kSegment, 0, 1, "press"}});
  }
  ladder.known_after = known_after;
  return ladder;
}

// In the segment from now on or later, for a while or for good; or no more. Another one is beside
// it.
SegmentMarks MarksOf(const Step& step, absl::Time now) {
  SegmentMarks marks;
  if (step.choice % 4 != 0) {
    SegmentMark press{.segment = "press",
                      .since = now + absl::Hours(step.choice / 4 % 3 * 24 * 20)};
    if (step.choice / 12 % 3 != 0) press.until = press.since + absl::Hours(24 * step.amount);
    marks.push_back(std::move(press));
  }
  if (step.choice % 5 == 0) marks.push_back({.segment = "student", .since = now});
  return marks;
}

Life LifeOf(const std::vector<Step>& steps, const char* zone) {
  Life life{.ladders = {.zone = Zone(zone), .versions = {}}};
  life.begin = At("2028-02-29 00:00", zone);
  absl::Time now = life.begin;
  int64_t seq = 1;
  life.rows.push_back({.seq = seq, .at = now});
  std::vector<TierFact> bought;
  for (const Step& step : steps) {
    now += absl::Hours(step.hours);
    switch (step.act) {
      case Act::kPolicy:
        life.ladders.versions.push_back(
            LadderOf(step, static_cast<int32_t>(life.ladders.versions.size()) + 1,
                     now + absl::Hours(step.choice % 2 * 24 * 40), seq));
        continue;
      case Act::kReturn: {
        if (bought.empty()) continue;
        TierFact& fact = bought[static_cast<size_t>(step.choice) % bought.size()];
        const int64_t points = std::min(fact.points - fact.returned, step.amount);
        if (points <= 0) continue;
        fact.returned += points;
        life.rows.push_back({.seq = ++seq,
                             .at = now,
                             .act = step.act,
                             .fact = {},
                             .earlier = fact.seq,
                             .points = points});
        continue;
      }
      default:
        break;
    }
    Row row{.seq = ++seq, .at = now, .act = step.act};
    if (step.act == Act::kMark) {
      row.marks = MarksOf(step, now);
    } else if (step.act != Act::kJob) {
      // Some are brought in late.
      const absl::Time at = now - absl::Hours(step.choice % 5 == 0 ? 24 * 45 : 0);
      row.fact = {.seq = seq, .at = at, .unit = 1, .points = step.amount};
      row.fact.purchase = step.act == Act::kBuy;
      row.fact.spend = row.fact.purchase ? step.amount * 2 : 0;
      bought.push_back(row.fact);
    }
    life.rows.push_back(row);
  }
  life.end = now + absl::Hours(24 * 500);
  return life;
}

void Feed(const Row& row, MemberTier& tier) {
  if (row.act == Act::kEarn || row.act == Act::kBuy) {
    tier.Count(row.fact, row.at);
  } else if (row.act == Act::kReturn) {
    tier.TakeBack(row.earlier, row.points, row.seq, row.at);
  } else if (row.act == Act::kMark) {
    tier.Mark(row.marks, row.seq, row.at);
  } else {
    tier.Advance(row.at, row.seq);
  }
}

std::string TextOf(const std::vector<TierMove>& moves) {
  std::string text;
  for (const TierMove& move : moves) {
    text += testing::Local(move.at) + " " + move.from + ">" + move.to + "\n";
  }
  return text;
}

MemberTier AtOnce(const Life& life) {
  MemberTier tier(life.ladders, {.enrolled_at = life.begin});
  for (const Row& row : life.rows) Feed(row, tier);
  tier.Advance(life.end, kAllFacts);
  return tier;
}

// As rounds do it.
std::pair<MemberTier, std::vector<TierMove>> PutAwayAgainAndAgain(const Life& life) {
  TierStanding standing{.enrolled_at = life.begin};
  std::vector<TierFact> kept;
  std::vector<TierMove> moves;
  for (const Row& row : life.rows) {
    std::vector<TierFact> loaded;
    const absl::Time horizon = TierHorizon(life.ladders, standing.at);
    for (const TierFact& fact : kept) {
      if (fact.at >= horizon || fact.seq == row.earlier) loaded.push_back(fact);
    }
    MemberTier tier(life.ladders, standing, loaded);
    Feed(row, tier);
    const std::vector<TierMove> made = tier.TakeMoves();
    moves.insert(moves.end(), made.begin(), made.end());
    standing = tier.standing();
    for (const TierFact& fact : tier.facts().all()) {
      const auto known = std::find_if(kept.begin(), kept.end(),
                                      [&](const TierFact& k) { return k.seq == fact.seq; });
      if (known == kept.end()) {
        kept.push_back(fact);
      } else {
        *known = fact;
      }
    }
  }
  MemberTier tier(life.ladders, standing, kept);
  tier.Advance(life.end, kAllFacts);
  const std::vector<TierMove> made = tier.TakeMoves();
  moves.insert(moves.end(), made.begin(), made.end());
  return {tier, moves};
}

// The reference.
class HourByHour {
 public:
  explicit HourByHour(const Life& life) : life_(life) {}

  std::vector<TierMove> Live() {
    size_t next = 0;
    for (absl::Time now = life_.begin; now <= life_.end; now += absl::Hours(1)) {
      now_ = now;
      today_ = Day(now);
      // What time does comes first, then facts in their order; a policy is judged by as soon as the
      // fact behind it.
      Judge(next < life_.rows.size() ? life_.rows[next].seq : kAllFacts);
      while (next < life_.rows.size() && life_.rows[next].at == now) {
        const Row& row = life_.rows[next++];
        Judge(row.seq);
        if (row.act == Act::kReturn) {
          for (Seen& seen : facts_) {
            if (seen.fact.seq == row.earlier) seen.fact.returned += row.points;
          }
        } else if (row.act == Act::kMark) {
          marks_ = row.marks;
        } else if (row.act != Act::kJob) {
          facts_.push_back({row.fact, Day(row.fact.at)});
        }
        Judge(row.seq);
      }
      // A policy that was set behind the last of them begins at its own moment, too.
      Judge(next < life_.rows.size() ? life_.rows[next].seq : kAllFacts);
    }
    return moves_;
  }

 private:
  absl::CivilDay Day(absl::Time at) const { return absl::ToCivilDay(at, life_.ladders.zone); }

  static absl::CivilDay Later(absl::CivilDay day, int64_t months) {
    const absl::CivilDay first(day.year(), day.month() + months, 1);
    absl::CivilDay same = first + (day.day() - 1);
    while (same.month() != first.month()) --same;
    return same;
  }

  // The year, counted from any.
  int64_t YearOf(const TierLadder& ladder, absl::CivilDay day) const {
    if (ladder.period == TierPeriod::kCalendarYear) return day.year();
    int64_t year = 0;
    while (Later(first_day_, 12 * (year + 1)) <= day) ++year;
    while (Later(first_day_, 12 * year) > day) --year;
    return year;
  }

  bool Fulfills(const TierLadder& ladder, const TierRule& rule) const {
    if (rule.measure != TierMeasure::kSegment) {
      return Figure(ladder, rule, 0) >= rule.at_least || Figure(ladder, rule, 1) >= rule.at_least;
    }
    bool in = false;
    for (const SegmentMark& mark : marks_) {
      in = in || (mark.segment == rule.segment && mark.since <= now_ && now_ < mark.until);
    }
    return in;
  }

  absl::int128 Figure(const TierLadder& ladder, const TierRule& rule, int64_t years_ago) const {
    absl::int128 sum = 0;
    const int64_t year = IsYearly(ladder) ? YearOf(ladder, today_) - years_ago : 0;
    for (const auto& [fact, day] : facts_) {
      const bool counts = IsYearly(ladder)
                              ? YearOf(ladder, day) == year
                              : years_ago == 0 && today_ <= Later(day, ladder.rolling_months);
      if (!counts) continue;
      if (rule.measure == TierMeasure::kPoints) sum += fact.points - fact.returned;
      if (rule.measure == TierMeasure::kSpend) sum += fact.kept_spend();
      if (rule.measure == TierMeasure::kVisits) sum += fact.kept_visit() ? 1 : 0;
    }
    return sum;
  }

  void Judge(int64_t seq) {
    const TierLadder* ladder = nullptr;
    for (const TierLadder& one : life_.ladders.versions) {
      if (one.known_after < seq && one.effective_from <= now_ &&
          (ladder == nullptr || one.effective_from >= ladder->effective_from)) {
        ladder = &one;
      }
    }
    if (ladder == nullptr) return;
    if (on_ != ladder) SwitchTo(*ladder);
    int fulfilled = 0;
    for (size_t i = 1; i < ladder->steps.size(); ++i) {
      if (Fulfills(*ladder, ladder->steps[i].rule)) fulfilled = static_cast<int>(i);
    }
    if (fulfilled > rank_) {
      kept_until_ = absl::InfinitePast();
      MoveTo(fulfilled);
    }
    const bool falls_short = fulfilled < rank_ && ladder->demotion != TierDemotion::kNever;
    if (!falls_short) {
      short_since_.reset();
      return;
    }
    if (now_ < kept_until_) return;
    if (!short_since_) short_since_ = now_;
    if (now_ < GraceEnd(*short_since_, ladder->grace_days, life_.ladders.zone)) return;
    short_since_.reset();
    if (ladder->demotion == TierDemotion::kRecalculated) return MoveTo(fulfilled);
    kept_until_ = now_;
    if (IsYearly(*ladder)) {
      while (YearOf(*ladder, Day(kept_until_)) == YearOf(*ladder, today_)) {
        kept_until_ += absl::Hours(1);
      }
    } else {
      while (Day(kept_until_) <= Later(today_, ladder->rolling_months)) {
        kept_until_ += absl::Hours(1);
      }
    }
    MoveTo(rank_ - 1);
  }

  void SwitchTo(const TierLadder& ladder) {
    const TierLadder* const before = std::exchange(on_, &ladder);
    if (before == nullptr) return;
    for (int from = rank_; from >= 0; --from) {
      for (size_t i = 0; i < ladder.steps.size(); ++i) {
        if (ladder.steps[i].code != before->steps[static_cast<size_t>(from)].code) continue;
        if (from != rank_) {
          moves_.push_back({now_, before->steps[static_cast<size_t>(rank_)].code,
                            ladder.steps[i].code, TierChangeReason::kPolicy, ladder.version});
          short_since_.reset();
        }
        rank_ = static_cast<int>(i);
        return;
      }
    }
  }

  void MoveTo(int rank) {
    const auto code = [&](int of) { return on_->steps[static_cast<size_t>(of)].code; };
    moves_.push_back({now_, code(rank_), code(rank), TierChangeReason::kReached, on_->version});
    rank_ = rank;
  }

  struct Seen {
    TierFact fact;
    absl::CivilDay day;
  };

  const Life& life_;
  const absl::CivilDay first_day_ = Day(life_.begin);
  absl::Time now_;
  absl::CivilDay today_;
  const TierLadder* on_ = nullptr;
  int rank_ = 0;
  std::optional<absl::Time> short_since_;
  absl::Time kept_until_ = absl::InfinitePast();
  std::vector<Seen> facts_;
  SegmentMarks marks_;
  std::vector<TierMove> moves_;
};

rc::Gen<std::vector<Step>> Steps() {
  using rc::gen::inRange;
  const auto act = rc::gen::weightedElement<Act>({{4, Act::kEarn},
                                                  {6, Act::kBuy},
                                                  {3, Act::kReturn},
                                                  {2, Act::kPolicy},
                                                  {4, Act::kMark},
                                                  {3, Act::kJob}});
  const auto hours = rc::gen::oneOf(rc::gen::just(0), inRange(0, 48), inRange(0, 24 * 120));
  const auto step =
      rc::gen::build<Step>(rc::gen::set(&Step::hours, hours), rc::gen::set(&Step::act, act),
                           rc::gen::set(&Step::amount, inRange<int64_t>(1, 60)),
                           rc::gen::set(&Step::choice, inRange(0, 10'000)));
  return rc::gen::map(rc::gen::container<std::vector<Step>>(step), [](std::vector<Step> steps) {
    steps.resize(std::min(steps.size(), kMostSteps));
    return steps;
  });
}

const char* const kZones[] = {"UTC", "Europe/Zurich", "Pacific/Auckland", "America/Santiago"};

TEST(TierProperties, PuttingAwayChangesNothing) {
  const bool held = rc::check([] {
    const Life life = LifeOf(*Steps(), kZones[*rc::gen::inRange(0, 4)]);
    const MemberTier at_once = AtOnce(life);
    const auto [put_away, moves] = PutAwayAgainAndAgain(life);
    RC_ASSERT(TextOf(moves) == TextOf(at_once.moves()));
    RC_ASSERT(put_away.standing() == at_once.standing());
    RC_ASSERT(put_away.facts().all() == at_once.facts().all());
  });
  EXPECT_TRUE(held);
}

TEST(TierProperties, EveryMomentIsWhatAnHourlyLookFinds) {
  const bool held = rc::check([] {
    const Life life = LifeOf(*Steps(), kZones[*rc::gen::inRange(0, 4)]);
    RC_ASSERT(TextOf(AtOnce(life).moves()) == TextOf(HourByHour(life).Live()));
  });
  EXPECT_TRUE(held);
}

// What is foretold is what comes.
TEST(TierProperties, TheNextMoveIsTheNextMove) {
  const bool held = rc::check([] {
    const Life life = LifeOf(*Steps(), kZones[*rc::gen::inRange(0, 4)]);
    MemberTier tier(life.ladders, {.enrolled_at = life.begin});
    for (const Row& row : life.rows) Feed(row, tier);
    tier.TakeMoves();
    const std::optional<TierMove> next = tier.NextMove();
    tier.Advance(life.end + absl::Hours(24 * 3'000), kAllFacts);
    RC_ASSERT(next.has_value() == !tier.moves().empty());
    if (!next) return;
    RC_ASSERT(TextOf({*next}) == TextOf({tier.moves().front()}));
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace tier_property_test
}  // namespace gratis::members
