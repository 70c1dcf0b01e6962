#include "services/members/erasure_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ErasureLogTest : public ::testing::Test {
 protected:
  ErasureLogTest() {
    std::string pattern = (fs::temp_directory_path() / "gratis-erasures-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ErasureLogTest() override { fs::remove_all(folder_); }

  std::string Path() const { return (folder_ / "erasures").string(); }
  LoggedErasure Someone(int second) {
    return {absl::FromUnixSeconds(1'800'000'000 + second), 2,
            MemberId{ids_.Next(absl::FromUnixSeconds(second))}};
  }
  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(Path(), std::ios::binary).rdbuf();
    return text.str();
  }
  void Put(const std::string& text) const { std::ofstream(Path(), std::ios::binary) << text; }
  absl::StatusOr<std::vector<LoggedErasure>> ReadAnew(const std::string& key = "key") const {
    return ErasureLog(Path(), key).Read();
  }

  base::RandomIds ids_;
  fs::path folder_;
};

TEST_F(ErasureLogTest, WhatWasAppendedIsReadByWhoeverComesLater) {
  ErasureLog log(Path(), "key");
  EXPECT_THAT(*log.Read(), IsEmpty());
  EXPECT_FALSE(fs::exists(Path())) << "reading makes nothing";
  const LoggedErasure ann = Someone(1), bob = Someone(2), cleo = Someone(3);
  ASSERT_TRUE(log.Append({ann, bob}).ok());
  ASSERT_TRUE(log.Append({cleo}).ok());
  EXPECT_THAT(*log.Read(), ElementsAre(ann, bob, cleo));
  EXPECT_THAT(*ReadAnew(), ElementsAre(ann, bob, cleo));
  EXPECT_EQ(fs::status(Path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ErasureLogTest, NobodyIsInItTwice) {
  ErasureLog log(Path(), "key");
  const LoggedErasure ann = Someone(1);
  ASSERT_TRUE(log.Append({ann, ann}).ok());
  ASSERT_TRUE(log.Append({ann}).ok());
  EXPECT_THAT(*ReadAnew(), ElementsAre(ann));
}

TEST_F(ErasureLogTest, ProcessesThatShareItKeepOneChain) {
  constexpr int kEach = 50;
  std::vector<std::thread> processes;
  for (int p = 0; p < 4; ++p) {
    processes.emplace_back([this, p] {
      ErasureLog log(Path(), "key");
      base::RandomIds ids;
      for (int i = 0; i < kEach; ++i) {
        ASSERT_TRUE(log.Append({LoggedErasure{absl::FromUnixSeconds(i), p,
                                              MemberId{ids.Next(absl::UnixEpoch())}}})
                        .ok());
      }
    });
  }
  for (std::thread& process : processes) process.join();
  const auto all = ReadAnew();
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->size(), 4U * kEach);
}

TEST_F(ErasureLogTest, AnyLineThatIsChangedSwappedOrTakenOutIsNoticed) {
  ErasureLog log(Path(), "key");
  ASSERT_TRUE(log.Append({Someone(1), Someone(2), Someone(3)}).ok());
  const std::string whole = Text();
  ASSERT_TRUE(ReadAnew().ok());
  for (size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] == '\n') continue;
    std::string changed = whole;
    changed[i] = changed[i] == '1' ? '2' : '1';
    Put(changed);
    EXPECT_EQ(ReasonOf(ReadAnew().status()), Reason::kBooksDamaged) << i;
  }
  const size_t line = whole.find('\n') + 1;
  Put(whole.substr(line));
  EXPECT_EQ(ReasonOf(ReadAnew().status()), Reason::kBooksDamaged) << "without the first";
  Put(whole);
  EXPECT_EQ(ReasonOf(ReadAnew("another").status()), Reason::kBooksDamaged);
  EXPECT_EQ(ReadAnew()->size(), 3U);
}

TEST_F(ErasureLogTest, ALineThatACrashCutOffGoesAndTheNextOneFits) {
  ErasureLog log(Path(), "key");
  const LoggedErasure ann = Someone(1), bob = Someone(2), cleo = Someone(3);
  ASSERT_TRUE(log.Append({ann, bob}).ok());
  const std::string whole = Text();
  for (size_t cut = whole.find('\n') + 2; cut < whole.size(); cut += 7) {
    Put(whole.substr(0, cut));
    ErasureLog later(Path(), "key");
    EXPECT_THAT(*later.Read(), ElementsAre(ann)) << cut;
    ASSERT_TRUE(later.Append({cleo}).ok());
    EXPECT_THAT(*ReadAnew(), ElementsAre(ann, cleo));
  }
}

TEST_F(ErasureLogTest, AnOldOnePutInItsPlaceWhileItIsUsedIsNoticedAndNotWrittenTo) {
  ErasureLog log(Path(), "key");
  const LoggedErasure ann = Someone(1), bob = Someone(2), cleo = Someone(3);
  ASSERT_TRUE(log.Append({ann}).ok());
  const std::string old = Text();
  ASSERT_TRUE(log.Append({bob}).ok());
  Put(old);
  EXPECT_EQ(ReasonOf(log.Append({cleo})), Reason::kBooksDamaged);
  EXPECT_EQ(Text(), old);
  // Whoever starts anew goes on from what is there.
  ErasureLog later(Path(), "key");
  ASSERT_TRUE(later.Append({bob, cleo}).ok());
  EXPECT_THAT(*ReadAnew(), ElementsAre(ann, bob, cleo));
}

TEST_F(ErasureLogTest, WhatCannotBeWrittenIsSaidAndCanBeTriedAgain) {
  fs::create_directory(folder_ / "erasures");
  ErasureLog log(Path(), "key");
  EXPECT_FALSE(log.Append({Someone(1)}).ok());
  fs::remove(folder_ / "erasures");
  const LoggedErasure ann = Someone(1);
  ASSERT_TRUE(log.Append({ann}).ok());
  EXPECT_THAT(*ReadAnew(), ElementsAre(ann));
}

}  // namespace
}  // namespace gratis::members
