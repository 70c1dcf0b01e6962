#include "services/thanks/buyers.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace gratis::thanks {
namespace {

const absl::Time kFirst = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kLater = absl::FromUnixSeconds(1'800'000'000);

Buyer Kept(int64_t kept, int64_t highest, absl::Time first = kFirst, absl::Time last = kFirst) {
  return {.kept = kept, .highest_position = highest, .first_at = first, .last_at = last};
}

TEST(Buyers, WhoWasMergedIntoNobodyIsWhoTheyWere) {
  const Buyer own = Kept(3, 4);
  EXPECT_EQ(Joined(own, Buyer()), own);
  EXPECT_EQ(OwnPart(own, own, Buyer()), own);
}

TEST(Buyers, PurchasesAddUpAndTheirTimesSpanBoth) {
  const Buyer joined = Joined(Kept(1, 1, kLater, kLater), Kept(2, 2, kFirst, kFirst));
  EXPECT_EQ(joined.kept, 3);
  EXPECT_EQ(joined.highest_position, 3);
  EXPECT_EQ(joined.first_at, kFirst);
  EXPECT_EQ(joined.last_at, kLater);
}

TEST(Buyers, APositionThatEitherReachedIsNotNew) {
  // The duplicate had five and kept none of them.
  EXPECT_EQ(Joined(Kept(1, 1), Kept(0, 5)).highest_position, 5);
  EXPECT_EQ(Joined(Buyer(), Kept(0, 5)).highest_position, 5);
  EXPECT_EQ(Joined(Kept(0, 5), Kept(1, 1)).highest_position, 6);
}

TEST(Buyers, OwnPartGivesBackWhatWasJoined) {
  EXPECT_TRUE(rc::check([] {
    const auto some = [] {
      const int64_t highest = *rc::gen::inRange<int64_t>(0, 20);
      return Kept(*rc::gen::inRange<int64_t>(0, highest + 1), highest);
    };
    const Buyer own = some();
    const Buyer of_merged = some();
    RC_ASSERT(OwnPart(Joined(own, of_merged), own, of_merged) == own);
    // One more purchase of the member's is one more of their own.
    Buyer more = Joined(own, of_merged);
    const int64_t position = ++more.kept;
    more.highest_position = std::max(more.highest_position, position);
    const Buyer part = OwnPart(more, own, of_merged);
    RC_ASSERT(part.kept == own.kept + 1);
    RC_ASSERT(Joined(part, of_merged).kept == more.kept);
    RC_ASSERT(Joined(part, of_merged).highest_position >= position);
  }));
}

}  // namespace
}  // namespace gratis::thanks
