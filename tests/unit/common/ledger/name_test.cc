#include "common/ledger/name.h"

#include <gtest/gtest.h>

namespace gratis::ledger {
namespace {

TEST(ReleaseJson, SaysItsNumberAndNothingElse) {
  EXPECT_EQ(ReleaseJson(17), "{\"name\":17}");
  EXPECT_EQ(ReleasedNumber("{\"name\":17}"), 17);
}

TEST(ReleasedNumber, IsNothingForWhatWasNotWrittenSo) {
  for (const char* detail : {"", "{}", "{\"name\":}", "{\"name\":017}", "{\"name\": 17}",
                             "{\"name\":17}}", "{\"name\":99999999999999999999}"}) {
    EXPECT_EQ(ReleasedNumber(detail), std::nullopt) << detail;
  }
}

}  // namespace
}  // namespace gratis::ledger
