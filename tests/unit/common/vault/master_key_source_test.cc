#include "common/vault/master_key_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/status/reasons.h"

namespace gratis::vault {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class MasterKeySourceTest : public ::testing::Test {
 protected:
  MasterKeySourceTest() {
    std::string pattern = (fs::temp_directory_path() / "gratis-keys-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~MasterKeySourceTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name = "master.key") const {
    return (folder_ / name).string();
  }
  void Put(const std::string& name, char fill) const {
    std::ofstream(Path(name), std::ios::binary) << std::string(32, fill);
    fs::permissions(Path(name), fs::perms::owner_read | fs::perms::owner_write);
  }
  static std::string Hex(char digit) { return std::string(64, digit); }

  fs::path folder_;
};

TEST_F(MasterKeySourceTest, ANewInstanceHasNoneAndReadingMakesNone) {
  const MasterKeySource source(Path(), "");
  const auto keys = source.Read();
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_TRUE(keys->empty());
  EXPECT_FALSE(fs::exists(Path()));
  ASSERT_TRUE(source.Make(1).ok());
  EXPECT_EQ(source.Read()->size(), 1U);
}

TEST_F(MasterKeySourceTest, FilesBesideTheFirstAreItsVersionsAndNothingElseIs) {
  Put("master.key", 'a');
  Put("master.key.10", 'c');
  Put("master.key.2", 'b');
  for (const char* other : {"master.key.bak", "master.key.02", "master.key.1", "master.key.2.old",
                            "master.key.1234567890123456", "other.key.3", "master.key.+4"}) {
    Put(other, 'x');
  }
  const auto keys = MasterKeySource(Path(), "").Read();
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ((*keys)[0].version, 1);
  EXPECT_EQ((*keys)[1].version, 2);
  EXPECT_EQ((*keys)[2].version, 10);
  EXPECT_EQ((*keys)[1].bytes.view(), std::string(32, 'b'));
  EXPECT_EQ((*keys)[1].origin, Path("master.key.2"));
}

TEST_F(MasterKeySourceTest, AVersionThatWasRemovedIsGoneAndTheOthersStay) {
  Put("master.key.2", 'b');
  const auto keys = MasterKeySource(Path(), "").Read();
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().version, 2);
}

TEST_F(MasterKeySourceTest, AFileThatOthersMayReadIsRefused) {
  Put("master.key", 'a');
  Put("master.key.2", 'b');
  fs::permissions(Path("master.key.2"), fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(ReasonOf(MasterKeySource(Path(), "").Read().status()), Reason::kMasterKeyInvalid);
}

TEST_F(MasterKeySourceTest, ASettingStandsInPlaceOfFiles) {
  Put("master.key", 'a');
  const MasterKeySource source(Path(), "2:" + Hex('b') + ",1:" + Hex('A'));
  const auto keys = source.Read();
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->front().version, 1);
  EXPECT_EQ(keys->front().bytes.view(), std::string(32, '\xaa'));
  EXPECT_EQ(keys->back().origin, "master-keys");
  EXPECT_EQ(ReasonOf(source.Make(3)), Reason::kMasterKeyInvalid);
}

TEST_F(MasterKeySourceTest, AMistakeInTheSettingIsSaidWithoutTheKey) {
  for (const std::string& text :
       {Hex('7'), "1:" + Hex('7') + ",1:" + Hex('8'), "1:" + std::string(63, '7'), "0:" + Hex('7'),
        "x:" + Hex('7'), "1:" + Hex('g'), "1:" + Hex('7') + ","}) {
    const auto keys = MasterKeySource(Path(), text).Read();
    EXPECT_EQ(ReasonOf(keys.status()), Reason::kMasterKeyInvalid) << text;
    EXPECT_THAT(std::string(keys.status().message()), Not(HasSubstr("777")));
  }
}

}  // namespace
}  // namespace gratis::vault
