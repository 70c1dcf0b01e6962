#include "common/config/environment.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace gratis::config {
namespace {

using Variables = Environment::Variables;

TEST(Environment, AnEmptyVariableIsNone) {
  const Environment environment({{"GRATIS_PORT", ""}, {"GRATIS_HOME", "/x"}});
  EXPECT_EQ(environment.Get("GRATIS_PORT"), std::nullopt);
  EXPECT_EQ(environment.Get("GRATIS_NONE"), std::nullopt);
  EXPECT_EQ(environment.Get("GRATIS_HOME"), "/x");
}

TEST(Environment, TheHomeIsWhereTheVariableSaysElseThePlatformsPlace) {
  EXPECT_EQ(HomeOf(Environment(Variables{{"GRATIS_HOME", "/srv/g/"}, {"HOME", "/home/a"}})),
            "/srv/g");
  if (geteuid() == 0) {
    EXPECT_EQ(HomeOf(Environment(Variables{{"HOME", "/root"}})), "/var/lib/gratis");
  } else {
    EXPECT_EQ(HomeOf(Environment(Variables{{"HOME", "/home/a"}})), "/home/a/.local/share/gratis");
    EXPECT_EQ(HomeOf(Environment(Variables{{"HOME", "/home/a"}, {"XDG_DATA_HOME", "/data"}})),
              "/data/gratis");
  }
}

TEST(Environment, OfTheProcessHoldsWhatItsParentGave) {
  EXPECT_TRUE(Environment::OfProcess().Get("PATH"));
}

}  // namespace
}  // namespace gratis::config
