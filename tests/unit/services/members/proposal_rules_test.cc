#include "services/members/proposal_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "services/members/identities.h"
#include "services/members/member_names.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
namespace proposal_rules_test {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

MemberId Member(uint8_t number) {
  MemberId id;
  id.uuid.bytes[15] = number;
  return id;
}

const MemberPair kPair = InOrder(Member(2), Member(1));

TEST(Pairs, AreInTheOrderOfTheirIds) {
  EXPECT_EQ(kPair.low, Member(1));
  EXPECT_EQ(kPair.high, Member(2));
  EXPECT_EQ(InOrder(Member(1), Member(2)), kPair);
}

TEST(Sightings, AreInRefusalsThatNameTwo) {
  const auto taken =
      SightingIn(IdentifiersTaken({{"profile.phone", Member(2)}, {"profile.email", Member(1)}}));
  ASSERT_TRUE(taken.has_value());
  EXPECT_THAT(taken->members, ElementsAre(Member(1), Member(2)));
  EXPECT_EQ(taken->shared, kSharedPhone | kSharedEmail);

  const auto changed =
      SightingIn(IdentifiersTaken({{"add_external_ids[1]", Member(2)}}), Member(1));
  ASSERT_TRUE(changed.has_value());
  EXPECT_THAT(changed->members, ElementsAre(Member(1), Member(2)));
  EXPECT_EQ(changed->shared, kSharedExternalId);

  const std::string_view fields[] = {"card", "phone"};
  const auto sought = SightingIn(MembersDiffer("two", {Member(1), Member(2)}, fields));
  ASSERT_TRUE(sought.has_value());
  EXPECT_EQ(sought->shared, kSharedCard | kSharedPhone);
}

TEST(Sightings, AreNotInWhatNamesOneOrNothingThatTheyShare) {
  EXPECT_FALSE(SightingIn(absl::OkStatus()).has_value());
  EXPECT_FALSE(SightingIn(IdentifiersTaken({{"profile.phone", Member(2)}})).has_value())
      << "a newcomer is nobody yet";
  EXPECT_FALSE(SightingIn(IdentifiersTaken({{"profile.phone", Member(2)}}), Member(2)).has_value());
  EXPECT_FALSE(SightingIn(MembersDiffer("two", {Member(1), Member(2)}, {})).has_value())
      << "an id and a QR code alone";
  EXPECT_FALSE(SightingIn(Error(Reason::kMemberMerged, "merged",
                                {{"member_id", Member(1).ToString()}, {"field", "profile.phone"}}),
                          Member(2))
                   .has_value());
}

TEST(Sightings, OfMoreThanAPersonMayBeAreNone) {
  std::vector<TakenName> taken;
  for (uint8_t i = 1; i <= kMostSightedTogether; ++i) taken.push_back({"profile.phone", Member(i)});
  EXPECT_TRUE(SightingIn(IdentifiersTaken(taken)).has_value());
  taken.push_back({"profile.email", Member(99)});
  EXPECT_FALSE(SightingIn(IdentifiersTaken(taken)).has_value());
}

TEST(ProposedMerges, CountWhatIsSeenAgainAfterAWhile) {
  const auto first = SeenAt(kNow, kPair, kSharedPhone, std::nullopt);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->times, 1);
  EXPECT_EQ(first->first_seen, kNow);
  EXPECT_FALSE(SeenAt(kNow + absl::Seconds(59), kPair, kSharedPhone, first).has_value())
      << "a retry";
  const auto again = SeenAt(kNow + kSeenAgainAfter, kPair, kSharedPhone, first);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->times, 2);
  EXPECT_EQ(again->first_seen, kNow);
  EXPECT_EQ(again->last_seen, kNow + kSeenAgainAfter);
  const auto more = SeenAt(kNow + absl::Seconds(1), kPair, kSharedEmail, first);
  ASSERT_TRUE(more.has_value()) << "another reason counts at once";
  EXPECT_EQ(more->shared, kSharedPhone | kSharedEmail);
  EXPECT_EQ(SeenAt(kNow - absl::Seconds(1), kPair, kSharedEmail, first)->last_seen, kNow)
      << "clocks differ";
}

TEST(ProposedMerges, ThatWereDismissedStayAsTheyAre) {
  const auto seen = SeenAt(kNow, kPair, kSharedPhone, std::nullopt);
  const auto dismissed = DismissedAt(kNow + absl::Hours(1), "key_1", kPair, seen);
  ASSERT_TRUE(dismissed.has_value());
  EXPECT_EQ(dismissed->shared, kSharedPhone);
  EXPECT_EQ(dismissed->dismissed_at, kNow + absl::Hours(1));
  EXPECT_EQ(dismissed->dismissed_by, "key_1");
  EXPECT_FALSE(SeenAt(kNow + absl::Hours(9), kPair, kSharedEmail, dismissed).has_value());
  EXPECT_FALSE(DismissedAt(kNow + absl::Hours(9), "key_2", kPair, dismissed).has_value());
  const auto unseen = DismissedAt(kNow, "key_1", kPair, std::nullopt);
  ASSERT_TRUE(unseen.has_value());
  EXPECT_EQ(unseen->times, 0);
}

TEST(ProposedMerges, HaveAPlaceInTheirList) {
  ProposedMerge row{.pair = kPair, .last_seen = kNow + absl::Microseconds(7)};
  const auto parsed = ProposalPlace::Parse(ProposalPlace::Of(row).ToString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->last_seen, row.last_seen);
  EXPECT_EQ(parsed->pair, kPair);
  for (const char* text : {"", "1", "1/2", "1/mem_/mem_", "x/y/z"}) {
    EXPECT_EQ(ReasonOf(ProposalPlace::Parse(text).status()), Reason::kInvalidPageToken) << text;
  }
}

}  // namespace
}  // namespace proposal_rules_test
}  // namespace gratis::members
