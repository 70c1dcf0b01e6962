#include "common/config/nearest.h"

#include <gtest/gtest.h>

namespace gratis::config {
namespace {

TEST(Nearest, CountsLettersPutInLeftOutAndExchanged) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "port"), 4);
  EXPECT_EQ(EditDistance("port", "port"), 0);
  EXPECT_EQ(EditDistance("prot", "port"), 2);
  EXPECT_EQ(EditDistance("ports", "port"), 1);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(Nearest, NamesTheClosest) {
  EXPECT_EQ(Nearest("wrokers", {"home", "port", "workers"}), "workers");
  EXPECT_EQ(Nearest("anything", {}), "");
}

}  // namespace
}  // namespace gratis::config
