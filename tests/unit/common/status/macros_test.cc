#include "common/status/macros.h"

#include <gtest/gtest.h>

#include <memory>

namespace gratis {
namespace {

absl::Status Passes(absl::Status status, bool& reached) {
  RETURN_IF_ERROR(status);
  reached = true;
  return absl::OkStatus();
}

absl::StatusOr<int> Doubled(absl::StatusOr<int> number) {
  ASSIGN_OR_RETURN(const int once, number);
  ASSIGN_OR_RETURN(const int twice, absl::StatusOr<int>(once * 2));
  return twice;
}

absl::StatusOr<std::unique_ptr<int>> Moved() {
  ASSIGN_OR_RETURN(std::unique_ptr<int> owned,
                   absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(3)));
  return owned;
}

TEST(ReturnIfError, GoesOnOnlyWhenAllIsWell) {
  bool reached = false;
  EXPECT_EQ(Passes(absl::AbortedError("no"), reached), absl::AbortedError("no"));
  EXPECT_FALSE(reached);
  EXPECT_TRUE(Passes(absl::OkStatus(), reached).ok());
  EXPECT_TRUE(reached);
}

TEST(AssignOrReturn, PassesValuesAndErrorsOn) {
  EXPECT_EQ(*Doubled(21), 42);
  EXPECT_EQ(Doubled(absl::NotFoundError("gone")).status(), absl::NotFoundError("gone"));
  EXPECT_EQ(**Moved(), 3);
}

}  // namespace
}  // namespace gratis
