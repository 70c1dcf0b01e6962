#include "common/vault/master_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "common/status/reasons.h"

namespace gratis::vault {
namespace master_key_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MasterKey : public ::testing::Test {
 protected:
  MasterKey() {
    std::string pattern = (fs::temp_directory_path() / "gratis-key-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~MasterKey() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name = "master.key") const {
    return (folder_ / name).string();
  }
  void Put(const std::string& bytes, fs::perms mode) const {
    std::ofstream(Path(), std::ios::binary) << bytes;
    fs::permissions(Path(), mode);
  }
  static void ExpectInvalid(const std::string& path, const std::string& why) {
    const auto key = LoadOrCreateMasterKey(path);
    EXPECT_EQ(ReasonOf(key.status()), Reason::kMasterKeyInvalid) << key.status();
    EXPECT_THAT(std::string(key.status().message()), HasSubstr(why));
    EXPECT_THAT(std::string(key.status().message()), HasSubstr(path));
  }

  fs::path folder_;
};

constexpr fs::perms kPrivate = fs::perms::owner_read | fs::perms::owner_write;

TEST_F(MasterKey, IsMadeOnceAndFoundAgain) {
  const auto made = LoadOrCreateMasterKey(Path());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), 32U);
  EXPECT_EQ(fs::status(Path()).permissions(), kPrivate);
  EXPECT_EQ(*LoadOrCreateMasterKey(Path()), *made);
  EXPECT_NE(*LoadOrCreateMasterKey(Path("other.key")), *made);
}

TEST_F(MasterKey, AllWhoStartAtOnceGetTheSame) {
  for (int round = 0; round < 20; ++round) {
    const std::string path = Path("key" + std::to_string(round));
    std::vector<std::string> keys(8);
    {
      std::vector<std::jthread> threads;
      for (std::string& key : keys) {
        threads.emplace_back([&key, &path] { key = *LoadOrCreateMasterKey(path); });
      }
    }
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1U);
  }
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_)) ++files;
  EXPECT_EQ(files, 20U) << "drafts were left behind";
}

TEST_F(MasterKey, OfAnotherLengthIsRefusedAndLeftAlone) {
  for (const size_t length : {0, 31, 33, 64}) {
    Put(std::string(length, 'x'), kPrivate);
    ExpectInvalid(Path(), "exactly 32 bytes");
    EXPECT_EQ(fs::file_size(Path()), length);
  }
}

TEST_F(MasterKey, ThatOthersMayReadIsRefused) {
  Put(std::string(32, 'x'), kPrivate | fs::perms::group_read);
  ExpectInvalid(Path(), "chmod 600");
  fs::permissions(Path(), kPrivate);
  EXPECT_TRUE(LoadOrCreateMasterKey(Path()).ok());
}

TEST_F(MasterKey, MustBeAFileInAFolderThatIsThere) {
  ExpectInvalid(folder_.string(), "not a regular file");
  ExpectInvalid(Path("nowhere/master.key"), "No such file or directory");
}

}  // namespace
}  // namespace master_key_test
}  // namespace gratis::vault
