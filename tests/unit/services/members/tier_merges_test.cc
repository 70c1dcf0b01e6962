#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "services/members/tier_standing.h"
#include "tests/unit/services/members/tier_testing.h"

// What comes over with a merge counts as if the survivor had done it.
namespace gratis::members {
namespace {

using testing::At;
using testing::Only;
using testing::Person;
using testing::Points;

MemberId IdOf(uint8_t number) {
  MemberId id;
  id.uuid.bytes[15] = number;
  return id;
}

const MemberId kAda = IdOf(1), kBob = IdOf(2);

TierFact Earned(int64_t seq, absl::Time at, int64_t points, const MemberId& whose,
                const MemberId& via) {
  TierFact fact{.seq = seq, .at = at, .unit = 1, .points = points};
  fact.whose = whose;
  fact.via = via;
  return fact;
}

TEST(TierMerges, ReachTheTierOfTheSumInOneMove) {
  const TierLadders ladders = Only(Points());
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.Earn(At("2027-02-01 09:00"), 60);
  const absl::Time merged = At("2027-03-01 09:00");
  mia.tier().Join({Earned(2, At("2027-01-10 09:00"), 200, kAda, kAda),
                   Earned(3, At("2027-01-11 09:00"), 50, kBob, kAda)},
                  100, merged);
  EXPECT_EQ(mia.Moves(), "base > gold 2027-03-01 09:00");
  // Places are of each one's own journal.
  EXPECT_TRUE(mia.tier().TakeBackOf(kBob, 3, 50, 101, merged));
  EXPECT_FALSE(mia.tier().TakeBackOf(kBob, 2, 50, 102, merged));
  EXPECT_EQ(mia.tier().tier(), "silver");
  // All that came with her goes with her.
  mia.tier().Part(kAda, 103, merged);
  EXPECT_EQ(mia.tier().tier(), "base");
  EXPECT_EQ(mia.tier().facts().all().size(), 1U);
}

TEST(TierMerges, CountInThePeriodInWhichThingsTookEffect) {
  const TierLadders ladders = Only(Points());
  Person mia(ladders, At("2027-01-01 09:00"));
  mia.tier().Join({Earned(2, At("2025-12-01 09:00"), 500, kAda, kAda),
                   Earned(3, At("2026-05-10 09:00"), 150, kAda, kAda)},
                  100, At("2027-03-01 09:00"));
  EXPECT_EQ(mia.Moves(), "base > silver 2027-03-01 09:00");
  mia.tier().Advance(At("2027-06-01 09:00"), kAllFacts);
  EXPECT_EQ(mia.Moves(), "base > silver 2027-03-01 09:00; silver > base 2027-05-11 00:00");
}

// --- any two lives -------------------------------------------------------------------------------

struct Step {
  int hours = 0;  // that pass before it
  bool by_duplicate = false;
  bool back = false;  // something is brought back
  int64_t amount = 0;
  int choice = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << step.hours << "h, " << (step.by_duplicate ? "duplicate" : "survivor") << ", "
             << (step.back ? "back " : "buys ") << step.amount << ", " << step.choice << "}";
}

rc::Gen<std::vector<Step>> Steps() {
  using rc::gen::inRange;
  return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
      rc::gen::set(&Step::hours, rc::gen::oneOf(inRange(0, 48), inRange(0, 24 * 120))),
      rc::gen::set(&Step::by_duplicate, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Step::back, rc::gen::map(inRange(0, 4), [](int one) { return one == 0; })),
      rc::gen::set(&Step::amount, inRange<int64_t>(1, 60)),
      rc::gen::set(&Step::choice, inRange(0, 10'000))));
}

// Where everybody is is what is fulfilled, whatever it was before.
TierLadder AnyLadder() {
  TierLadder ladder = Points();
  ladder.period = static_cast<TierPeriod>(*rc::gen::inRange(1, 4));
  ladder.rolling_months = IsYearly(ladder) ? 0 : *rc::gen::inRange(1, 14);
  ladder.steps = {{"base", {}},
                  {"silver", {TierMeasure::kPoints, 1, 60}},
                  {"gold", {TierMeasure::kSpend, 0, 250}},
                  {"top", {TierMeasure::kVisits, 0, 6}}};
  return ladder;
}

// Three lives beside each other: the survivor's, somebody's who does all that both do, and the
// survivor's without the duplicate.
class Lives {
 public:
  explicit Lives(const TierLadders& ladders)
      : ladders_(ladders),
        survivor_(ladders, {.enrolled_at = now_}),
        all_(survivor_),
        alone_(survivor_) {}

  void Do(const Step& step) {
    now_ += absl::Hours(step.hours);
    if (step.back) {
      BringBack(step);
    } else {
      Buy(step);
    }
  }
  void Merge() {
    std::vector<TierFact> came = duplicates_.all();
    for (TierFact& fact : came) fact.whose = fact.via = kAda;
    survivor_.Join(came, ++own_, now_);
    merged_ = true;
  }
  void Undo() {
    survivor_.Part(kAda, ++own_, now_);
    merged_ = false;
  }
  bool merged() const { return merged_; }

  // Put away and taken up again, as between rounds.
  void Check() {
    survivor_ = MemberTier(ladders_, survivor_.standing(), survivor_.facts().all());
    MemberTier is = survivor_;
    MemberTier expected = merged_ ? all_ : alone_;
    is.Advance(now_, kAllFacts);
    expected.Advance(now_, kAllFacts);
    RC_ASSERT(is.tier() == expected.tier());
    RC_ASSERT(is.NextMove() == expected.NextMove());
  }

 private:
  struct Bought {
    bool by_duplicate = false;
    TierFact fact;  // at its place in its own journal
  };
  // In the journal of who does everything.
  static int64_t PlaceOf(const Bought& bought) {
    return 2 * bought.fact.seq + (bought.by_duplicate ? 1 : 0);
  }

  void Buy(const Step& step) {
    // Once they are one, the survivor does everything.
    const bool by_duplicate = step.by_duplicate && !merged_;
    TierFact fact{.seq = by_duplicate ? ++others_ : ++own_,
                  .at = now_ - absl::Hours(step.choice % 5 == 0 ? 24 * 45 : 0),
                  .unit = 1,
                  .points = step.amount,
                  .spend = 2 * step.amount,
                  .purchase = step.choice % 3 != 0};
    bought_.push_back({by_duplicate, fact});
    if (by_duplicate) {
      duplicates_.Add(fact);
    } else {
      survivor_.Count(fact, now_);
      alone_.Count(fact, now_);
    }
    fact.seq = PlaceOf(bought_.back());
    all_.Count(fact, now_);
  }
  void BringBack(const Step& step) {
    if (bought_.empty()) return;
    Bought& bought = bought_[static_cast<size_t>(step.choice) % bought_.size()];
    const int64_t seq = bought.fact.seq;
    const int64_t points = std::min(bought.fact.kept_points(), step.amount);
    if (points <= 0) return;
    bought.fact.returned += points;
    all_.TakeBack(PlaceOf(bought), points, kLater, now_);
    if (!bought.by_duplicate) {
      survivor_.TakeBack(seq, points, ++own_, now_);
      alone_.TakeBack(seq, points, own_, now_);
      return;
    }
    duplicates_.TakeBack({}, seq, points);
    if (merged_) survivor_.TakeBackOf(kAda, seq, points, ++own_, now_);
  }

  static constexpr int64_t kLater = 1'000'000;

  const TierLadders& ladders_;
  absl::Time now_ = At("2028-02-29 09:00");
  MemberTier survivor_, all_, alone_;
  TierFacts duplicates_{std::vector<TierFact>()};
  std::vector<Bought> bought_;
  int64_t own_ = 0, others_ = 0;
  bool merged_ = false;
};

TEST(TierMerges, CountAsIfOneHadDoneAllOfItUntilTheyAreUndone) {
  const bool held = rc::check([] {
    const TierLadders ladders = Only(AnyLadder());
    const std::vector<Step> steps = *Steps();
    const auto merge = *rc::gen::inRange<size_t>(0, steps.size() + 1);
    const auto undo = *rc::gen::inRange<size_t>(merge, steps.size() + 2);
    Lives lives(ladders);
    for (size_t i = 0; i <= steps.size(); ++i) {
      if (i == merge) lives.Merge();
      if (i == undo) lives.Undo();
      lives.Check();
      if (i < steps.size()) lives.Do(steps[i]);
      lives.Check();
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace gratis::members
