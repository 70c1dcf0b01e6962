#include "common/rpc/admission.h"

#include <gtest/gtest.h>

#include <thread>

#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

constexpr Admission::Limits kLimits{
    .calls = 2, .bytes = 100, .retry_delay = absl::Milliseconds(300)};

TEST(Admission, RefusesMoreCallsThanFitAndSaysWhenToComeBack) {
  Admission admission(kLimits);
  EXPECT_TRUE(admission.Enter(1, false).ok());
  EXPECT_TRUE(admission.Enter(1, false).ok());
  const absl::Status refused = admission.Enter(1, false);
  EXPECT_EQ(ReasonOf(refused), Reason::kOverloaded);
  EXPECT_EQ(RetryDelayOf(refused), absl::Milliseconds(300));
  admission.Leave(1);
  EXPECT_TRUE(admission.Enter(1, false).ok());
  EXPECT_EQ(admission.open(), 2);
}

TEST(Admission, RefusesMoreBytesThanFit) {
  Admission admission(kLimits);
  EXPECT_TRUE(admission.Enter(60, false).ok());
  EXPECT_EQ(ReasonOf(admission.Enter(41, false)), Reason::kOverloaded);
  EXPECT_TRUE(admission.Enter(40, false).ok());
}

TEST(Admission, TakesASingleCallHoweverBig) {
  Admission admission(kLimits);
  EXPECT_TRUE(admission.Enter(1'000, false).ok());
}

TEST(Admission, ClosedItTakesOnlyWhatOpenCallsNeed) {
  Admission admission(kLimits);
  ASSERT_TRUE(admission.Enter(1, false).ok());
  admission.Close();
  EXPECT_EQ(ReasonOf(admission.Enter(1, false)), Reason::kDraining);
  EXPECT_TRUE(admission.Enter(1, true).ok());
  admission.Leave(1);
  admission.Leave(1);
  EXPECT_EQ(ReasonOf(admission.Enter(1, true)), Reason::kDraining);
}

TEST(Admission, WaitsForTheLastCall) {
  Admission admission(kLimits);
  ASSERT_TRUE(admission.Enter(1, false).ok());
  EXPECT_FALSE(admission.WaitUntilEmpty(absl::Milliseconds(5)));
  std::thread last([&admission] { admission.Leave(1); });
  EXPECT_TRUE(admission.WaitUntilEmpty(absl::Seconds(30)));
  last.join();
  EXPECT_TRUE(admission.WaitUntilEmpty(absl::ZeroDuration()));
}

}  // namespace
}  // namespace gratis::rpc
