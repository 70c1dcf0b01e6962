#include "services/members/segment_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "tests/unit/services/members/tier_testing.h"

namespace gratis::members {
namespace {

using testing::At;

const SegmentMarks kMarks = {
    {"founder-circle", At("1999-12-31 23:59") + absl::Microseconds(1), absl::InfiniteFuture()},
    {"press", At("2027-03-01 09:00"), At("2028-02-29 00:00")}};

TEST(SegmentText, IsReadAsItWasWritten) {
  EXPECT_EQ(ParseSegments(SegmentsText(kMarks)).value(), kMarks);
  EXPECT_EQ(SegmentsText({}), "");
  EXPECT_EQ(ParseSegments("").value(), SegmentMarks());
}

TEST(SegmentText, TheJournalSaysWhatChangedAndAllThereAre) {
  const ChangedSegments changed{.marks = kMarks, .added = {"press"}, .removed = {"student"}};
  const ledger::Fact fact =
      FactOf(changed, MemberId{Uuid{{1}}}, TransactionId{Uuid{{2}}}, At("2027-03-01 09:00"), "x");
  const auto said = SegmentsIn(fact);
  ASSERT_TRUE(said.ok()) << said.status();
  ASSERT_TRUE(said->has_value());
  EXPECT_EQ((*said)->marks, kMarks);
  EXPECT_EQ((*said)->added, changed.added);
  EXPECT_EQ((*said)->removed, changed.removed);
  EXPECT_EQ(fact.detail.find("before"), std::string::npos) << "they were in none";
}

TEST(SegmentText, TheJournalSaysThoseThereWere) {
  const ChangedSegments changed{.marks = {}, .added = {}, .removed = {"press"}, .was = kMarks};
  const ledger::Fact fact =
      FactOf(changed, MemberId{Uuid{{1}}}, TransactionId{Uuid{{2}}}, At("2027-03-01 09:00"), "x");
  EXPECT_NE(fact.detail.find(R"("before":{"segments":)" + SegmentsText(kMarks) + "}"),
            std::string::npos)
      << fact.detail;
  EXPECT_EQ(SegmentsIn(fact).value()->marks, SegmentMarks());
}

TEST(SegmentText, OtherFactsSayNothingOfThem) {
  ledger::Fact fact{.kind = ledger::FactKind::kMemberUpdated};
  fact.detail = R"({"changed":["email"]})";
  EXPECT_FALSE(SegmentsIn(fact).value().has_value());
  fact.kind = ledger::FactKind::kPreferencesSet;
  fact.detail = R"({"segments":[]})";
  EXPECT_FALSE(SegmentsIn(fact).value().has_value());
}

TEST(SegmentText, ThatIsDamagedIsNoticed) {
  for (const char* text : {"x", "{}", "[1]", R"([{"segment":1,"since":"2027-03-01T09:00:00Z"}])",
                           R"([{"segment":"press"}])", R"([{"segment":"press","since":"soon"}])",
                           R"([{"segment":"press","since":"2027-03-01T09:00:00Z","until":7}])"}) {
    EXPECT_EQ(ReasonOf(ParseSegments(text).status()), Reason::kBooksDamaged) << text;
    ledger::Fact fact{.kind = ledger::FactKind::kMemberUpdated};
    fact.detail = std::string(R"({"added":[],"removed":[],"segments":)") + text + "}";
    EXPECT_EQ(ReasonOf(SegmentsIn(fact).status()), Reason::kBooksDamaged) << text;
  }
}

}  // namespace
}  // namespace gratis::members
