#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <tuple>

#include "tests/integration/services/members/groups_house.h"

namespace gratis::members {
namespace {

constexpr size_t kPeople = 3;
constexpr size_t kNobody = kPeople;  // the household itself
constexpr int kExpiries = 4;

// A lot, as a plain ledger in memory knows it.
struct Batch {
  size_t owner;  // who contributed it
  int expiry;
  int64_t earned;
  int64_t number;  // as made
  int64_t points;

  auto Order() const { return std::tie(expiry, earned, number); }
};

// Points of one holder.
class Purse {
 public:
  void Put(Batch batch) { batches_.push_back(batch); }
  int64_t Sum() const {
    int64_t sum = 0;
    for (const Batch& batch : batches_) sum += batch.points;
    return sum;
  }
  int64_t SumOf(size_t owner) const {
    int64_t sum = 0;
    for (const Batch& batch : batches_) sum += batch.owner == owner ? batch.points : 0;
    return sum;
  }
  // So many, in the order of spending.
  std::vector<Batch> Take(int64_t points) {
    std::sort(batches_.begin(), batches_.end(),
              [](const Batch& a, const Batch& b) { return a.Order() < b.Order(); });
    std::vector<Batch> taken;
    for (Batch& batch : batches_) {
      Batch part = batch;
      part.points = std::min(points, batch.points);
      if (part.points == 0) continue;
      points -= part.points;
      batch.points -= part.points;
      taken.push_back(part);
    }
    return taken;
  }
  // All of one owner's, in the order of spending.
  std::vector<Batch> TakeOf(size_t owner) {
    std::sort(batches_.begin(), batches_.end(),
              [](const Batch& a, const Batch& b) { return a.Order() < b.Order(); });
    std::vector<Batch> taken;
    for (Batch& batch : batches_) {
      if (batch.owner != owner || batch.points == 0) continue;
      taken.push_back(batch);
      batch.points = 0;
    }
    return taken;
  }
  // Puts parts back where they were taken.
  void Restore(const std::vector<Batch>& parts) {
    for (const Batch& part : parts) {
      for (Batch& batch : batches_) {
        if (batch.number == part.number) batch.points += part.points;
      }
    }
  }

 private:
  std::vector<Batch> batches_;
};

class GroupsPropertyTest : public GroupsHouse {
 protected:
  struct Household {
    MemberId home;
    std::vector<MemberId> people;
    Purse purse;
    std::vector<Purse> own;
    std::vector<bool> in;
    std::vector<std::pair<TransactionId, std::vector<Batch>>> spent;
    int64_t made = 0, used = 0;  // points
  };

  Household NewHousehold() {
    Household h;
    h.home = NewGroup(GroupKind::kHousehold, "home");
    for (size_t i = 0; i < kPeople; ++i) {
      h.people.push_back(NewMember(absl::StrCat("p", ++people_)));
      h.own.emplace_back();
      h.in.push_back(true);
      RC_ASSERT(Join(h.home, h.people.back()).ok());
    }
    return h;
  }

  void EarnSome(Household& h, size_t who, int expiry, int64_t points) {
    const absl::Time expires_at = base_ + absl::Hours(24 * 100 * (expiry + 1));
    RC_ASSERT(Earn(h.people[who], points, expires_at).ok());
    // Each later than the one before.
    h.own[who].Put({kNobody, expiry, ++number_, number_, points});
    h.made += points;
  }
  // Who was given something, so to speak, as a household.
  void EarnForAll(Household& h, int expiry, int64_t points) {
    const absl::Time expires_at = base_ + absl::Hours(24 * 100 * (expiry + 1));
    RC_ASSERT(Earn(h.home, points, expires_at).ok());
    h.purse.Put({kNobody, expiry, ++number_, number_, points});
    h.made += points;
  }
  void ContributeSome(Household& h, size_t who, int64_t points) {
    const auto done = Contribute(h.home, h.people[who], points);
    if (!h.in[who] || points > h.own[who].Sum()) {
      RC_ASSERT(!done.ok());
      return;
    }
    RC_ASSERT(done.ok());
    for (const Batch& part : h.own[who].Take(points)) {
      h.purse.Put({who, part.expiry, part.earned, ++number_, part.points});
    }
  }
  void SpendSome(Household& h, int64_t points) {
    const auto done = Spend(h.home, points);
    RC_ASSERT(done.ok() == (points <= h.purse.Sum()));
    if (!done.ok()) return;
    h.spent.emplace_back(*done, h.purse.Take(points));
    h.used += points;
  }
  void BringSomethingBack(Household& h) {
    if (h.spent.empty()) return;
    const auto [transaction, parts] = h.spent.back();
    h.spent.pop_back();
    RC_ASSERT(BringBack(h.home, transaction, 0).ok());
    h.purse.Restore(parts);
    for (const Batch& part : parts) h.used -= part.points;
  }
  void LeaveOrJoin(Household& h, size_t who) {
    if (!h.in[who] && h.purse.SumOf(who) == 0) {
      RC_ASSERT(Join(h.home, h.people[who]).ok());
      h.in[who] = true;
      return;
    }
    const int64_t left = h.purse.SumOf(who);
    const auto got = Leave(h.home, h.people[who]);
    RC_ASSERT(got.ok());
    RC_ASSERT(*got == left);
    h.in[who] = false;
    for (const Batch& part : h.purse.TakeOf(who)) {
      h.own[who].Put({kNobody, part.expiry, part.earned, ++number_, part.points});
    }
  }

  void Compare(Household& h) {
    RC_ASSERT(Available(h.home) == h.purse.Sum());
    const auto contributed = Contributed(h.home);
    int64_t all = h.purse.Sum();
    for (size_t who = 0; who < kPeople; ++who) {
      RC_ASSERT(Available(h.people[who]) == h.own[who].Sum());
      all += h.own[who].Sum();
      const auto found = contributed.find(h.people[who]);
      RC_ASSERT((found != contributed.end()) == h.in[who]);
      RC_ASSERT(!h.in[who] || found->second == h.purse.SumOf(who));
    }
    RC_ASSERT(all == h.made - h.used);
  }

  const absl::Time base_ = clock_.Now();
  int people_ = 0;
  int64_t number_ = 0;
};

TEST_F(GroupsPropertyTest, NoPointIsLostOrDoubledAndLeaversGetExactlyWhatIsLeftOfTheirs) {
  EXPECT_TRUE(rc::check([this] {
    Household h = NewHousehold();
    const auto steps = *rc::gen::inRange(5, 30);
    for (int step = 0; step < steps; ++step) {
      const size_t who = *rc::gen::inRange<size_t>(0, kPeople);
      const int64_t points = *rc::gen::inRange<int64_t>(1, 60);
      switch (*rc::gen::inRange(0, 9)) {
        case 0:
        case 1:
          EarnSome(h, who, *rc::gen::inRange(0, kExpiries), points);
          break;
        case 2:
          EarnForAll(h, *rc::gen::inRange(0, kExpiries), points);
          break;
        case 3:
        case 4:
        case 5:
          ContributeSome(h, who, points);
          break;
        case 6:
          SpendSome(h, points);
          break;
        case 7:
          BringSomethingBack(h);
          break;
        default:
          LeaveOrJoin(h, who);
      }
      if (step % 3 == 0) Compare(h);
    }
    Compare(h);
  }));
  ExpectSound();
}

}  // namespace
}  // namespace gratis::members
