#include "common/status/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace gratis {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Reasons, EachHasItsOwnName) {
  std::set<std::string_view> names;
  std::set<Reason> reasons;
  for (const ReasonEntry& entry : Reasons()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_TRUE(reasons.insert(entry.reason).second) << entry.name;
    EXPECT_EQ(ReasonNamed(entry.name), entry.reason);
    EXPECT_EQ(Describe(entry.reason).name, entry.name);
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Reason::kInternal) + 1)
      << "the table is not complete";
}

TEST(Reasons, HaveNamesAndSentencesOfOneShape) {
  for (const ReasonEntry& entry : Reasons()) {
    EXPECT_EQ(entry.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string_view::npos)
        << entry.name;
    EXPECT_NE(entry.code, absl::StatusCode::kOk) << entry.name;
    EXPECT_FALSE(entry.meaning.empty()) << entry.name;
    EXPECT_EQ(entry.meaning.find('|'), std::string_view::npos) << entry.name;
  }
}

TEST(Reasons, OnlyFailuresThatPassMayBeRetried) {
  for (const ReasonEntry& entry : Reasons()) {
    const bool passing = entry.code == absl::StatusCode::kUnavailable ||
                         entry.code == absl::StatusCode::kAborted ||
                         entry.code == absl::StatusCode::kResourceExhausted ||
                         entry.code == absl::StatusCode::kDeadlineExceeded;
    EXPECT_EQ(entry.retryable, passing) << entry.name;
  }
}

TEST(Error, CarriesReasonCodeMessageAndMetadata) {
  const absl::Status error = Error(Reason::kInsufficientPoints, "120 available, 500 asked for",
                                   {{"available_points", "120"}, {"empty", ""}});
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(error.message(), "120 available, 500 asked for");
  EXPECT_EQ(ReasonOf(error), Reason::kInsufficientPoints);
  EXPECT_THAT(MetadataOf(error), ElementsAre(Pair("available_points", "120"), Pair("empty", "")));
  EXPECT_EQ(FieldOf(error), std::nullopt);
  EXPECT_EQ(RetryDelayOf(error), std::nullopt);
}

TEST(Error, WithoutMetadataHasNone) {
  EXPECT_TRUE(MetadataOf(Error(Reason::kInternal, "")).empty());
}

TEST(Error, NamesTheFieldAtFault) {
  const absl::Status error = FieldError(Reason::kInvalidCurrency, "total.currency_code", "XYZ");
  EXPECT_EQ(FieldOf(error), "total.currency_code");
  EXPECT_EQ(ReasonOf(error), Reason::kInvalidCurrency);
}

TEST(InField, KeepsTheInnermostField) {
  const absl::Status inner = FieldError(Reason::kInvalidDate, "birthday", "no such day");
  EXPECT_EQ(FieldOf(InField(inner, "profile")), "birthday");
  EXPECT_EQ(FieldOf(InField(Error(Reason::kInvalidDate, ""), "birthday")), "birthday");
}

TEST(InField, LeavesWhatIsNotOurErrorAlone) {
  EXPECT_TRUE(InField(absl::OkStatus(), "a").ok());
  const absl::Status foreign = absl::InternalError("elsewhere");
  EXPECT_EQ(FieldOf(InField(foreign, "a")), std::nullopt);
  EXPECT_EQ(ReasonOf(foreign), std::nullopt);
}

TEST(RetryDelay, TravelsWithTheError) {
  const absl::Status error =
      WithRetryDelay(Error(Reason::kOverloaded, "busy"), absl::Milliseconds(250));
  EXPECT_EQ(RetryDelayOf(error), absl::Milliseconds(250));
  EXPECT_EQ(ReasonOf(error), Reason::kOverloaded);
}

TEST(ReasonNamed, KnowsOnlyTheTable) { EXPECT_EQ(ReasonNamed("NO_SUCH_REASON"), std::nullopt); }

}  // namespace
}  // namespace gratis
