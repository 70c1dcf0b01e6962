#include "services/members/segment_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"
#include "tests/unit/services/members/tier_testing.h"

namespace gratis::members {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = At("2027-03-01 09:00");

SegmentChange Add(std::string segment, std::optional<absl::Time> since = {},
                  std::optional<absl::Time> until = {}) {
  return {.add = {{std::move(segment), since, until}}, .remove = {}};
}

TEST(Segments, BeginWhenTheyArePutAndEndWhenTheyAreTaken) {
  const auto put = ChangeSegments({}, Add("press"), kNow);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_THAT(put->marks, ElementsAre(SegmentMark{"press", kNow}));
  EXPECT_THAT(put->added, ElementsAre("press"));
  EXPECT_FALSE(IsIn(put->marks, "press", kNow - absl::Seconds(1)));
  EXPECT_TRUE(IsIn(put->marks, "press", kNow));
  EXPECT_FALSE(IsIn(put->marks, "student", kNow));
  const auto taken = ChangeSegments(put->marks, {.add = {}, .remove = {"press", "student"}}, kNow);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_THAT(taken->marks, IsEmpty());
  EXPECT_THAT(taken->removed, ElementsAre("press"));
}

TEST(Segments, WhatIsSoAlreadyIsNoChange) {
  const SegmentMarks marks = {{"press", At("2026-01-01 00:00"), At("2028-01-01 00:00")}};
  const auto same = ChangeSegments(marks, Add("press", {}, At("2028-01-01 00:00")), kNow);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_FALSE(same->anything());
  EXPECT_EQ(same->marks, marks);  // since they were put into it
  const auto for_good = ChangeSegments(marks, Add("press"), kNow);
  EXPECT_THAT(for_good->added, ElementsAre("press"));
  EXPECT_THAT(for_good->marks, ElementsAre(SegmentMark{"press", At("2026-01-01 00:00")}));
}

TEST(Segments, ThatAreOverFallAwayAndBeginAnew) {
  const SegmentMarks marks = {{"press", At("2026-01-01 00:00"), kNow},
                              {"student", At("2026-01-01 00:00")}};
  const auto changed = ChangeSegments(marks, {.add = {}, .remove = {"press", "student"}}, kNow);
  EXPECT_THAT(changed->removed, ElementsAre("student"));
  EXPECT_THAT(changed->marks, IsEmpty());
  EXPECT_THAT(ChangeSegments(marks, Add("press"), kNow)->marks,
              ElementsAre(SegmentMark{"press", kNow}, marks[1]));
}

TEST(Segments, MayBeginLaterOrHaveBegunLongAgo) {
  const absl::Time later = kNow + absl::Hours(24);
  EXPECT_THAT(ChangeSegments({}, Add("press", later), kNow)->marks,
              ElementsAre(SegmentMark{"press", later}));
  const absl::Time before = At("1999-01-01 00:00");
  EXPECT_THAT(ChangeSegments({}, Add("press", before, later), kNow)->marks,
              ElementsAre(SegmentMark{"press", before, later}));
  // Who is to come into it later, and is put into it without a time, is in it from now on.
  EXPECT_THAT(ChangeSegments({{"press", later}}, Add("press"), kNow)->marks,
              ElementsAre(SegmentMark{"press", kNow}));
}

TEST(Segments, CannotEndBeforeTheyBeginOrInThePast) {
  for (const auto& change : {Add("press", {}, kNow), Add("press", At("2020-01-01 00:00"), kNow),
                             Add("press", kNow + absl::Hours(2), kNow + absl::Hours(2))}) {
    const absl::Status refused = ChangeSegments({}, change, kNow).status();
    EXPECT_EQ(ReasonOf(refused), Reason::kFieldInvalid);
    EXPECT_EQ(FieldOf(refused), "add[0].until");
  }
}

TEST(Segments, OfAMemberAreTwentyAtMost) {
  SegmentChange all;
  for (size_t i = 0; i < kMaxSegments; ++i) all.add.push_back({absl::StrCat("s", i), {}, {}});
  const auto full = ChangeSegments({}, all, kNow);
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_THAT(full->marks, SizeIs(kMaxSegments));
  const absl::Status refused = ChangeSegments(full->marks, Add("press"), kNow).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(refused), "add");
  SegmentChange instead = Add("press");
  instead.remove = {"s3"};
  EXPECT_THAT(ChangeSegments(full->marks, instead, kNow)->marks, SizeIs(kMaxSegments));
}

TEST(Segments, AreCodesEachNamedOnce) {
  const struct {
    SegmentChange change;
    Reason reason;
    const char* field;
  } cases[] = {
      {{}, Reason::kFieldMissing, "add"},
      {Add(""), Reason::kFieldMissing, "add[0].segment"},
      {Add("p"), Reason::kFieldInvalid, "add[0].segment"},
      {Add("Press"), Reason::kFieldInvalid, "add[0].segment"},
      {Add("7seas"), Reason::kFieldInvalid, "add[0].segment"},
      {Add("press corps"), Reason::kFieldInvalid, "add[0].segment"},
      {Add(std::string(41, 'a')), Reason::kFieldInvalid, "add[0].segment"},
      {{.add = {{"press", {}, {}}, {"press", {}, {}}}, .remove = {}},
       Reason::kFieldInvalid,
       "add[1].segment"},
      {{.add = {{"press", {}, {}}}, .remove = {"press"}}, Reason::kFieldInvalid, "remove[0]"},
      {{.add = {}, .remove = std::vector<std::string>(21, "press")},
       Reason::kFieldTooLong,
       "remove"},
  };
  for (const auto& c : cases) {
    const absl::Status refused = CheckSegmentChange(c.change);
    EXPECT_EQ(ReasonOf(refused), c.reason) << refused;
    EXPECT_EQ(FieldOf(refused), c.field);
  }
  for (const char* segment : {"press", "founder-circle", "st", "class_of_2027"}) {
    EXPECT_TRUE(CheckSegment(segment).ok()) << segment;
  }
}

TEST(Segments, OfADuplicateComeOverAndGoBackAsTheyCame) {
  const SegmentMark press{"press", At("2026-01-01 00:00"), At("2028-01-01 00:00")};
  const SegmentMark own{"student", At("2026-06-01 00:00")};
  const SegmentMark theirs{"student", At("2020-01-01 00:00")};
  const SegmentMark over{"founder", At("2020-01-01 00:00"), kNow};
  const ChangedSegments joined = JoinSegments({own}, {over, press, theirs}, kNow);
  EXPECT_THAT(joined.marks, ElementsAre(press, own));
  EXPECT_THAT(joined.added, ElementsAre("press"));
  EXPECT_THAT(PartSegments(joined.marks, {press}, {}, kNow).marks, ElementsAre(own));
  // What was set anew since is the survivor's own.
  SegmentMark longer = press;
  longer.until = absl::InfiniteFuture();
  EXPECT_FALSE(PartSegments({longer, own}, {press}, {}, kNow).anything());
}

TEST(Segments, ThatAnotherDuplicateIsInStayForThatOnesTime) {
  const SegmentMark gold{"gold", At("2026-01-01 00:00")};
  const SegmentMark theirs{"gold", At("2026-06-01 00:00"), At("2028-01-01 00:00")};
  const SegmentMark over{"gold", At("2020-01-01 00:00"), kNow};
  EXPECT_FALSE(PartSegments({gold}, {gold}, {gold}, kNow).anything());
  const ChangedSegments parted = PartSegments({gold}, {gold}, {theirs}, kNow);
  EXPECT_THAT(parted.marks, ElementsAre(theirs));
  EXPECT_THAT(parted.added, ElementsAre("gold"));
  EXPECT_TRUE(parted.removed.empty());
  EXPECT_THAT(PartSegments({gold}, {gold}, {over}, kNow).removed, ElementsAre("gold"));
}

}  // namespace
}  // namespace gratis::members
