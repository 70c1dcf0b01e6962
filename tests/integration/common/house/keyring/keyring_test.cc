#include "common/house/keyring/keyring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/house/house_migrations.h"
#include "common/house/keyring/key_table.h"
#include "common/house/keyring/key_use.h"
#include "common/pg/listener.h"
#include "common/pg/migrations.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::house {
namespace {

constexpr char kSecret[] = "api-key secret";

// A house's table of keys as a service's role sees it, and a keyring whose clock the test moves.
class KeyringTest : public ::testing::Test {
 protected:
  absl::Time Deadline() const { return real_.Now() + absl::Seconds(30); }

  NewKey MakeKey(Role role, std::optional<int32_t> program) {
    NewKey key;
    key.record.key_id = KeyId{ids_.Next(real_.Now())};
    key.record.role = role;
    key.record.program = program;
    key.record.label = "test";
    key.record.created_at = now_;
    key.hash = KeyHash(TextOf(key));
    return key;
  }
  static std::string TextOf(const NewKey& key) { return MakeKeyText(key.record.key_id, kSecret); }

  NewKey Insert(Role role = Role::kPos, std::optional<int32_t> program = 2) {
    const NewKey key = MakeKey(role, program);
    EXPECT_TRUE(Run([&](pg::Tx& tx) {
                  InsertKeys(tx, {key});
                  return absl::OkStatus();
                }).ok());
    return key;
  }

  void Write(const ChangedKey& key) {
    EXPECT_TRUE(Run([&](pg::Tx& tx) {
                  WriteKeys(tx, {key});
                  return absl::OkStatus();
                }).ok());
  }

  void Revoke(const NewKey& key) {
    ChangedKey changed{.record = key.record, .new_hash = {}};
    changed.record.revoked_at = now_;
    Write(changed);
  }

  // Returns the new secret.
  std::string Rotate(NewKey& key, std::optional<absl::Time> previous_until) {
    ++key.record.generation;
    key.record.rotated_at = now_;
    key.record.previous_until = previous_until;
    std::string text = MakeKeyText(key.record.key_id, kSecret, key.record.generation);
    Write({.record = key.record, .new_hash = KeyHash(text)});
    return text;
  }

  KeyRecord Stored(const NewKey& key) {
    std::vector<KeyRecord> found;
    EXPECT_TRUE(Run([&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(found, ReadKeys(tx, {key.record.key_id}));
                  return absl::OkStatus();
                }).ok());
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? KeyRecord() : found[0];
  }

  absl::Status Run(absl::FunctionRef<absl::Status(pg::Tx&)> body) {
    return pg::RunTx(pool_, {.deadline = Deadline()}, body);
  }

  std::optional<Reason> Refusal(const std::string& text) {
    return ReasonOf(keyring_.Find(text, Deadline()).status());
  }

  const pg::testing::TestDatabase database_{
      pg::testing::TemplateOf({{"house", Migrations(), "ledger"}})};
  const base::SystemClock real_;
  base::RandomIds ids_;
  const absl::Time now_ = base::TruncateToMicros(absl::FromUnixSeconds(1'800'000'000));
  base::ManualClock clock_{real_.Now()};
  pg::Pool pool_{{.conninfo = database_.conninfo(),
                  .role = std::string(pg::kPosterRole),
                  .application_name = "test"}};
  Keyring keyring_{pool_, kSecret, clock_};
};

TEST_F(KeyringTest, FindsAKeyWithWhatItMayDo) {
  const NewKey key = Insert(Role::kFinance, 7);
  const auto found = keyring_.Find(TextOf(key), Deadline());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->key_id, key.record.key_id);
  EXPECT_EQ(found->role, Role::kFinance);
  EXPECT_EQ(found->program, 7);
  EXPECT_EQ(found->label, "test");
  EXPECT_EQ(found->created_at, now_);
}

TEST_F(KeyringTest, AKeyForAllProgramsIsBoundToNone) {
  const NewKey key = Insert(Role::kAdmin, std::nullopt);
  EXPECT_EQ(keyring_.Find(TextOf(key), Deadline())->program, std::nullopt);
}

TEST_F(KeyringTest, AKeyWorksAsSoonAsItIsMade) {
  Insert();
  const NewKey before = Insert();
  ASSERT_TRUE(keyring_.Find(TextOf(before), Deadline()).ok());
  // The clock stands still, so the copy is as fresh as can be.
  const NewKey after = Insert();
  EXPECT_TRUE(keyring_.Find(TextOf(after), Deadline()).ok());
}

TEST_F(KeyringTest, AnotherHousesKeyIsRefused) {
  const NewKey key = Insert();
  EXPECT_EQ(Refusal(MakeKeyText(key.record.key_id, "another secret")), Reason::kKeyInvalid);
  EXPECT_EQ(Refusal(TextOf(MakeKey(Role::kPos, 2))), Reason::kKeyInvalid);
  EXPECT_EQ(Refusal("garbage"), Reason::kKeyInvalid);
}

// Keys outlive a change of the secret that new ones are made with: what counts is the stored hash.
TEST_F(KeyringTest, AKeyOfAnOlderSecretStillWorks) {
  NewKey key = MakeKey(Role::kPos, 2);
  const std::string text = MakeKeyText(key.record.key_id, "older secret");
  key.hash = KeyHash(text);
  ASSERT_TRUE(Run([&](pg::Tx& tx) {
                InsertKeys(tx, {key});
                return absl::OkStatus();
              }).ok());
  EXPECT_TRUE(keyring_.Find(text, Deadline()).ok());
}

TEST_F(KeyringTest, ARevokedKeyIsRefusedWithinASecond) {
  const NewKey key = Insert();
  ASSERT_TRUE(keyring_.Find(TextOf(key), Deadline()).ok());
  Revoke(key);
  clock_.Advance(absl::Seconds(1) + absl::Microseconds(1));
  EXPECT_EQ(Refusal(TextOf(key)), Reason::kKeyRevoked);
}

// The clock stands still, so only being told makes a difference.
TEST_F(KeyringTest, ARevokedKeyIsRefusedAtOnceByWhoeverIsTold) {
  const NewKey key = Insert();
  ASSERT_TRUE(keyring_.Find(TextOf(key), Deadline()).ok());
  Revoke(key);
  EXPECT_TRUE(keyring_.Find(TextOf(key), Deadline()).ok());
  keyring_.Forget();
  EXPECT_EQ(Refusal(TextOf(key)), Reason::kKeyRevoked);
}

// The clock stands still, so this keyring would never look by itself.
TEST_F(KeyringTest, AProcessThatListensRefusesARevokedKeyWithoutBeingTold) {
  const NewKey key = Insert();
  std::atomic<int> heard = 0;
  const pg::Listener listener({.conninfo = database_.conninfo(),
                               .role = std::string(pg::kPosterRole),
                               .application_name = "test",
                               .channel = kKeysChannel},
                              {.heard = [&] {
                                keyring_.Forget();
                                ++heard;
                              }});
  const absl::Time patience = Deadline();
  while (heard == 0) ASSERT_TRUE(pg::Pause(absl::Milliseconds(1), patience));
  ASSERT_TRUE(keyring_.Find(TextOf(key), Deadline()).ok());
  Revoke(key);
  while (Refusal(TextOf(key)) != Reason::kKeyRevoked) {
    ASSERT_TRUE(pg::Pause(absl::Milliseconds(1), patience)) << "it never heard of it";
  }
}

TEST_F(KeyringTest, ANewSecretWorksAtOnceAndTheOneBeforeBesideItForAWhile) {
  NewKey key = Insert();
  const std::string first = TextOf(key);
  ASSERT_TRUE(keyring_.Find(first, Deadline()).ok());
  const std::string second = Rotate(key, clock_.Now() + absl::Hours(1));
  EXPECT_TRUE(keyring_.Find(second, Deadline()).ok());
  clock_.Advance(absl::Minutes(59));
  EXPECT_TRUE(keyring_.Find(first, Deadline()).ok());
  EXPECT_TRUE(keyring_.Find(second, Deadline()).ok());
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Refusal(first), Reason::kKeyRevoked);
  EXPECT_TRUE(keyring_.Find(second, Deadline()).ok());
}

TEST_F(KeyringTest, ASecretReplacedWithoutOverlapEnds) {
  NewKey key = Insert();
  const std::string first = TextOf(key);
  const std::string second = Rotate(key, std::nullopt);
  EXPECT_EQ(Refusal(first), Reason::kKeyInvalid);
  EXPECT_TRUE(keyring_.Find(second, Deadline()).ok());
}

TEST_F(KeyringTest, ASecondRotationEndsTheOldestSecret) {
  NewKey key = Insert();
  const std::string first = TextOf(key);
  const std::string second = Rotate(key, clock_.Now() + absl::Hours(1));
  const std::string third = Rotate(key, clock_.Now() + absl::Hours(1));
  keyring_.Forget();
  EXPECT_EQ(Refusal(first), Reason::kKeyInvalid);
  EXPECT_TRUE(keyring_.Find(second, Deadline()).ok());
  EXPECT_TRUE(keyring_.Find(third, Deadline()).ok());
}

TEST_F(KeyringTest, RevokingEndsEverySecret) {
  NewKey key = Insert();
  const std::string first = TextOf(key);
  const std::string second = Rotate(key, clock_.Now() + absl::Hours(1));
  key.record.previous_until = std::nullopt;
  Revoke(key);
  keyring_.Forget();
  EXPECT_FALSE(keyring_.Find(first, Deadline()).ok());
  EXPECT_EQ(Refusal(second), Reason::kKeyRevoked);
}

TEST_F(KeyringTest, WhatIsSetOfAKeyLeavesItsSecretAlone) {
  NewKey key = Insert();
  const std::string first = TextOf(key);
  const std::string second = Rotate(key, clock_.Now() + absl::Hours(1));
  key.record.label = "renamed";
  key.record.limit = {.calls_per_second = 3, .burst_calls = 9};
  Write({.record = key.record, .new_hash = {}});
  for (const std::string& text : {first, second}) {
    const auto found = keyring_.Find(text, Deadline());
    ASSERT_TRUE(found.ok()) << found.status();
  }
  keyring_.Forget();
  const auto found = keyring_.Find(second, Deadline());
  EXPECT_EQ(found->label, "renamed");
  EXPECT_EQ(found->limit, key.record.limit);
  EXPECT_EQ(found->generation, 2);
}

TEST_F(KeyringTest, AKeyIsKnownByItsIdAsLongAsItIsGood) {
  ASSERT_TRUE(keyring_.Find(TextOf(Insert()), Deadline()).ok());
  const NewKey younger = Insert(Role::kBackend);
  const auto found = keyring_.Get(younger.record.key_id, Deadline());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->role, Role::kBackend);
  Revoke(younger);
  keyring_.Forget();
  EXPECT_EQ(ReasonOf(keyring_.Get(younger.record.key_id, Deadline()).status()),
            Reason::kKeyRevoked);
  EXPECT_EQ(ReasonOf(keyring_.Get(MakeKey(Role::kPos, 2).record.key_id, Deadline()).status()),
            Reason::kKeyInvalid);
}

TEST_F(KeyringTest, TheHourOfLastUseIsNotedWhenAsked) {
  KeyUse use(keyring_, pool_, clock_);
  const NewKey used = Insert();
  const NewKey unused = Insert();
  ASSERT_TRUE(keyring_.Find(TextOf(used), Deadline()).ok());
  EXPECT_EQ(Stored(used).last_used_at, std::nullopt) << "no call waits for it";
  ASSERT_TRUE(use.Write(Deadline()).ok());
  const absl::Time noted = *Stored(used).last_used_at;
  EXPECT_EQ(absl::ToUnixSeconds(noted) % 3600, 0);
  EXPECT_LE(clock_.Now() - noted, absl::Hours(1));
  EXPECT_EQ(Stored(unused).last_used_at, std::nullopt);

  clock_.Advance(absl::Hours(5));
  ASSERT_TRUE(use.Write(Deadline()).ok());
  EXPECT_EQ(Stored(used).last_used_at, noted) << "it was not used since";
  ASSERT_TRUE(keyring_.Find(TextOf(used), Deadline()).ok());
  ASSERT_TRUE(use.Write(Deadline()).ok());
  EXPECT_EQ(Stored(used).last_used_at, noted + absl::Hours(5));
}

TEST_F(KeyringTest, AnotherProcessesNoteIsNotTurnedBack) {
  const NewKey key = Insert();
  const absl::Time late = base::TruncateToMicros(absl::FromUnixSeconds(1'900'000'800));
  const auto note = [&](absl::Time hour) {
    EXPECT_TRUE(Run([&](pg::Tx& tx) {
                  NoteUse(tx, {key.record.key_id}, {hour});
                  return absl::OkStatus();
                }).ok());
  };
  note(late);
  note(late - absl::Hours(1));
  EXPECT_EQ(Stored(key).last_used_at, late);
}

TEST_F(KeyringTest, KeysAreListedNewestFirstInPages) {
  std::vector<KeyId> made;
  for (int i = 0; i < 5; ++i) made.push_back(Insert(Role::kPos, i % 2).record.key_id);
  ASSERT_TRUE(Run([&](pg::Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const auto first, ListKeys(tx, std::nullopt, std::nullopt, 2));
                EXPECT_EQ(first.size(), 2U);
                EXPECT_EQ(first[0].key_id, made[4]);
                EXPECT_EQ(first[1].key_id, made[3]);
                ASSIGN_OR_RETURN(const auto rest, ListKeys(tx, made[3], std::nullopt, 10));
                EXPECT_EQ(rest.size(), 3U);
                EXPECT_EQ(rest[0].key_id, made[2]);
                ASSIGN_OR_RETURN(const auto of_one, ListKeys(tx, std::nullopt, 1, 10));
                EXPECT_EQ(of_one.size(), 2U);
                return absl::OkStatus();
              }).ok());
}

TEST_F(KeyringTest, ManyAskAtOnce) {
  const NewKey key = Insert();
  std::vector<std::thread> askers;
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        const auto found = keyring_.Find(TextOf(key), Deadline());
        EXPECT_TRUE(found.ok()) << found.status();
        clock_.Advance(absl::Milliseconds(50));
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
}

TEST(KeyringWithoutADatabase, SaysThatItIsTheDatabase) {
  const base::SystemClock clock;
  pg::Pool pool{{.conninfo = "host=/nowhere", .application_name = "test"}};
  Keyring keyring(pool, kSecret, clock);
  KeyId id;
  id.uuid.bytes[0] = 1;
  EXPECT_EQ(
      ReasonOf(keyring.Find(MakeKeyText(id, kSecret), clock.Now() + absl::Seconds(30)).status()),
      Reason::kDatabaseUnavailable);
}

}  // namespace
}  // namespace gratis::house
