#include "common/app/home.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/status/reasons.h"

namespace gratis::app {
namespace {

class HomeTest : public ::testing::Test {
 protected:
  HomeTest() {
    char name[] = "/tmp/gratis-home-XXXXXX";
    root_ = mkdtemp(name);
  }
  ~HomeTest() override { std::filesystem::remove_all(root_); }

  static int ModeOf(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? static_cast<int>(status.st_mode & 07777) : -1;
  }

  std::string root_;
};

TEST_F(HomeTest, NobodyElseGetsAtWhatIsInIt) {
  const auto home = Home::Open(root_ + "/a/b");
  ASSERT_TRUE(home.ok()) << home.status();
  // Root's home lets PostgreSQL's user pass through, and no more.
  EXPECT_EQ(ModeOf(home->path()), geteuid() == 0 ? 0711 : 0700);
  EXPECT_EQ(ModeOf(home->run()), 0700);
  EXPECT_EQ(ModeOf(home->tls()), 0700);
}

TEST_F(HomeTest, AHomeThatWasOpenToOthersIsClosed) {
  std::filesystem::create_directories(root_ + "/h");
  chmod((root_ + "/h").c_str(), 0777);
  ASSERT_TRUE(Home::Open(root_ + "/h").ok());
  EXPECT_EQ(ModeOf(root_ + "/h") & 0066, 0);
}

TEST_F(HomeTest, AHomeThatCannotBeMadeSaysWhich) {
  ASSERT_TRUE(WriteFile(root_ + "/file", "x", 0600).ok());
  const auto home = Home::Open(root_ + "/file/home");
  ASSERT_FALSE(home.ok());
  EXPECT_EQ(ReasonOf(home.status()), Reason::kConfigInvalid);
  EXPECT_NE(home.status().message().find(root_ + "/file/home"), absl::string_view::npos);
}

TEST_F(HomeTest, AFileIsPutInPlaceWholeAndWithItsMode) {
  const std::string path = root_ + "/key";
  ASSERT_TRUE(WriteFile(path, "one", 0644).ok());
  ASSERT_TRUE(WriteFile(path, "two", 0600).ok());
  EXPECT_EQ(*ReadFile(path), "two");
  EXPECT_EQ(ModeOf(path), 0600);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_), {}), 1);
  EXPECT_EQ(ReasonOf(WriteFile(root_ + "/none/key", "x", 0600)), Reason::kConfigInvalid);
  EXPECT_EQ(ReasonOf(ReadFile(root_ + "/none").status()), Reason::kConfigInvalid);
}

TEST_F(HomeTest, ALockIsOnesUntilItIsLetGo) {
  const std::string path = root_ + "/lock";
  {
    const auto first = FileLock::Try(path);
    ASSERT_TRUE(first.ok());
    ASSERT_TRUE(first->has_value());
    const auto second = FileLock::Try(path);
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(second->has_value());
  }
  const auto third = FileLock::Try(path);
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(third->has_value());
}

}  // namespace
}  // namespace gratis::app
