#include "services/messages/text_keys.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/house/master_keys/key_use.h"
#include "common/house/master_keys/master_keys.h"
#include "tests/integration/services/messages/content_house.h"

namespace gratis::messages {
namespace {

// A process that was started with the first version of the master key, and was given another since.
class TextKeysTest : public ContentHouse {
 protected:
  TextKeysTest() { Begin(1); }
  void SetUp() override {
    ASSERT_TRUE(SetTemplate(Note("ceo-note", {"Thank you, {{member.name}}."})).ok());
    ASSERT_TRUE(keys_.Announce(program_, Soon()).ok());
  }

  static vault::Vault Given(const std::map<int, char>& keys, int current) {
    std::vector<vault::MasterKey> given;
    for (const auto& [version, byte] : keys) {
      given.push_back({.version = version, .bytes = vault::Secret(std::string(32, byte))});
    }
    return *vault::Vault::FromRoot(vault::Secret(std::string(32, 'r')), given, current);
  }

  // What another process writes down when it begins with a version.
  void Begin(int version) {
    const absl::Status begun =
        pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
          ASSIGN_OR_RETURN(std::string check_value, running_.CheckValue(version));
          ASSIGN_OR_RETURN(vault::SealedKey root, running_.WrapRoot(version));
          house::InsertMasterKey(tx, {.version = version,
                                      .check_value = std::move(check_value),
                                      .root = std::move(root),
                                      .since = real_clock_.Now(),
                                      .retired_at = std::nullopt});
          return absl::OkStatus();
        });
    EXPECT_TRUE(begun.ok()) << begun;
  }

  MemberId Thanked(const std::string& name, const std::string& at) {
    const MemberId member = AddMember(name);
    Thanks(member, At(at));
    Keep(At(at));
    const auto report = running_sending_.SendDue(program_, At(at), Soon(), {});
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report.value_or(Sending::Report{}).sent, 1);
    return member;
  }

  int64_t Wrapped(int version) {
    return Count(absl::StrCat("gratis_messages.message WHERE get_byte(data_key, 3) = ", version));
  }
  // The oldest version that texts may need, as the house knows it.
  int Oldest() {
    std::map<std::string, int> oldest;
    const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(oldest, house::ReadOldestVersions(tx));
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return oldest["messages"];
  }
  int64_t Follow() {
    const auto rewrapped = keys_.Follow(Soon(), {});
    EXPECT_TRUE(rewrapped.ok()) << rewrapped.status();
    return rewrapped.value_or(-1);
  }

  vault::Vault running_ = Given({{1, 'm'}, {2, 'n'}}, 1);
  Sending running_sending_{pool_, recipients_, outbox_, running_, tokens_};
  TextKeys keys_{pool_, running_};
};

TEST_F(TextKeysTest, WhatIsSealedAfterARotationIsUnderTheNewVersion) {
  Thanked("ada", "2026-11-28 09:00");
  EXPECT_EQ(Wrapped(1), 1);
  Begin(2);
  Thanked("bob", "2026-11-28 09:05");
  EXPECT_EQ(Wrapped(1), 1);
  EXPECT_EQ(Wrapped(2), 1);
}

TEST_F(TextKeysTest, WhatWasSealedBeforeFollowsInAProcessThatRuns) {
  const MemberId ada = Thanked("ada", "2026-11-28 09:00");
  EXPECT_EQ(Follow(), 0);
  EXPECT_EQ(Oldest(), 1);
  Begin(2);
  EXPECT_EQ(Oldest(), 1);
  EXPECT_EQ(Follow(), 1);
  EXPECT_EQ(Wrapped(2), 1);
  EXPECT_EQ(Oldest(), 2) << "nothing needs the first any more";
  EXPECT_EQ(Follow(), 0);

  const vault::Vault alone = Given({{2, 'n'}}, 2);
  const auto seen = Messages(pool_, recipients_, alone, tokens_)
                        .Get(program_, MessagesOf(ada)[0].message.id, Soon());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->text->text(), "Thank you, ada.");
}

TEST_F(TextKeysTest, WhoeverWasErasedIsNotWrappedAgainAndHoldsTheOldVersionUntilTheTextIsGone) {
  const MemberId ada = Thanked("ada", "2026-11-28 09:00");
  Thanked("bob", "2026-11-28 09:05");
  Erase(ada, At("2026-11-28 10:00"));
  Begin(2);
  EXPECT_EQ(Follow(), 1);
  EXPECT_EQ(Wrapped(1), 1);
  EXPECT_EQ(Oldest(), 1);
  Keep(At("2026-11-28 10:01"));
  EXPECT_EQ(Follow(), 0);
  EXPECT_EQ(Wrapped(1), 0);
  EXPECT_EQ(Oldest(), 2);
}

TEST_F(TextKeysTest, AProgramThatIsAnnouncedAgainStaysAsFarAsItIs) {
  Begin(2);
  EXPECT_EQ(Follow(), 0);
  EXPECT_EQ(Oldest(), 2);
  ASSERT_TRUE(keys_.Announce(program_, Soon()).ok());
  EXPECT_EQ(Oldest(), 2);
}

TEST_F(TextKeysTest, WithoutTheNewVersionNothingIsSealedByTheOldOne) {
  vault::Vault lacking = Given({{1, 'm'}}, 1);
  Sending sending(pool_, recipients_, outbox_, lacking, tokens_);
  Begin(2);
  const MemberId ada = AddMember("ada");
  Thanks(ada, At("2026-11-28 09:00"));
  Keep(At("2026-11-28 09:00"));
  EXPECT_EQ(ReasonOf(sending.SendDue(program_, At("2026-11-28 09:00"), Soon(), {}).status()),
            Reason::kMasterKeyInvalid);
  EXPECT_EQ(ReasonOf(TextKeys(pool_, lacking).Follow(Soon(), {}).status()),
            Reason::kMasterKeyInvalid);
  EXPECT_EQ(FatesOf(ada), "waiting 0");
}

}  // namespace
}  // namespace gratis::messages
