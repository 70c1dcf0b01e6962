#include "common/vault/vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::vault {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Vault Make(char fill = 'm', int version = 1) {
  absl::StatusOr<Vault> vault = Vault::FromMasterKey(std::string(32, fill), version);
  EXPECT_TRUE(vault.ok()) << vault.status();
  return *std::move(vault);
}

TEST(Vault, RefusesAMasterKeyOfAnotherLength) {
  for (const size_t length : {0, 31, 33}) {
    EXPECT_EQ(ReasonOf(Vault::FromMasterKey(std::string(length, 'm'), 1).status()),
              Reason::kMasterKeyInvalid);
  }
  EXPECT_EQ(ReasonOf(Vault::FromMasterKey(std::string(32, 'm'), 0).status()),
            Reason::kMasterKeyInvalid);
}

TEST(Vault, OpensWhatItSealed) {
  const Vault vault = Make();
  const SealedKey key = vault.NewDataKey("ann");
  EXPECT_EQ(key.bytes.size(), SealedKey::kBytes);
  for (const std::string& plain : {std::string(), std::string("Ann"), std::string(100'000, 'x')}) {
    const auto sealed = vault.Seal(key, "ann", plain);
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->size(), plain.size() + 28);
    EXPECT_EQ(*vault.Open(key, "ann", *sealed), plain);
  }
}

TEST(Vault, TheSameTextNeverLooksTheSameTwice) {
  const Vault vault = Make();
  const SealedKey key = vault.NewDataKey("ann");
  EXPECT_NE(vault.NewDataKey("ann"), key);
  EXPECT_NE(*vault.Seal(key, "ann", "Ann Example"), *vault.Seal(key, "ann", "Ann Example"));
  EXPECT_THAT(*vault.Seal(key, "ann", "Ann Example"), Not(HasSubstr("Ann")));
}

TEST(Vault, WhatBelongsToOneOwnerOpensForNoOther) {
  const Vault vault = Make();
  const SealedKey ann = vault.NewDataKey("ann");
  const SealedKey bob = vault.NewDataKey("bob");
  const std::string sealed = *vault.Seal(ann, "ann", "secret");
  EXPECT_EQ(ReasonOf(vault.Open(ann, "bob", sealed).status()), Reason::kBooksDamaged);
  EXPECT_EQ(ReasonOf(vault.Open(bob, "bob", sealed).status()), Reason::kBooksDamaged);
  EXPECT_EQ(ReasonOf(vault.Seal(ann, "bob", "secret").status()), Reason::kBooksDamaged);
}

TEST(Vault, EveryChangedByteOfKeyOrRecordIsNoticed) {
  const Vault vault = Make();
  const SealedKey key = vault.NewDataKey("ann");
  const std::string sealed = *vault.Seal(key, "ann", "secret");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(ReasonOf(vault.Open(key, "ann", changed).status()), Reason::kBooksDamaged) << i;
  }
  for (size_t i = 0; i < key.bytes.size(); ++i) {
    SealedKey changed = key;
    changed.bytes[i] = static_cast<char>(changed.bytes[i] ^ 1);
    EXPECT_FALSE(vault.Open(changed, "ann", sealed).ok()) << i;
  }
  EXPECT_EQ(ReasonOf(vault.Open(key, "ann", sealed.substr(0, 27)).status()), Reason::kBooksDamaged);
  EXPECT_EQ(ReasonOf(vault.Open(SealedKey{"short"}, "ann", sealed).status()),
            Reason::kBooksDamaged);
}

TEST(Vault, AnotherMasterKeyOpensNothing) {
  const Vault vault = Make('m');
  const SealedKey key = vault.NewDataKey("ann");
  const std::string sealed = *vault.Seal(key, "ann", "secret");
  EXPECT_FALSE(Make('n').Open(key, "ann", sealed).ok());
  EXPECT_EQ(ReasonOf(Make('m', 2).Open(key, "ann", sealed).status()), Reason::kMasterKeyInvalid);
}

TEST(Vault, KnowsEachVersionByItsCheckValue) {
  const std::string check = *Make('m').CheckValue(1);
  EXPECT_EQ(check.size(), 32U);
  EXPECT_EQ(*Make('m', 2).CheckValue(2), check);
  EXPECT_NE(*Make('n').CheckValue(1), check);
  EXPECT_EQ(ReasonOf(Make('m').CheckValue(2).status()), Reason::kMasterKeyInvalid);
}

// Master keys 1, 2 and so on, filled with 'a', 'b' and so on.
std::vector<MasterKey> Keys(std::initializer_list<int> versions) {
  std::vector<MasterKey> keys;
  for (const int version : versions) {
    keys.push_back(
        {version, Secret(std::string(32, static_cast<char>('a' + version - 1))), "test"});
  }
  return keys;
}

Vault WithKeys(std::initializer_list<int> versions, int current) {
  auto vault = Vault::FromRoot(Secret(std::string(32, 'r')), Keys(versions), current);
  EXPECT_TRUE(vault.ok()) << vault.status();
  return *std::move(vault);
}

TEST(Vault, ARewrappedKeyOpensWithoutTheOldVersionAndTheOldWrapDoesNot) {
  const Vault before = WithKeys({1}, 1);
  const SealedKey old_key = before.NewDataKey("ann");
  const std::string sealed = *before.Seal(old_key, "ann", "secret");
  EXPECT_EQ(old_key.version(), 1);

  const Vault during = WithKeys({1, 2}, 2);
  EXPECT_EQ(*during.Open(old_key, "ann", sealed), "secret");
  const SealedKey key = *during.Rewrap(old_key, "ann");
  EXPECT_EQ(key.version(), 2);
  EXPECT_EQ(ReasonOf(during.Rewrap(old_key, "bob").status()), Reason::kBooksDamaged);

  const Vault after = WithKeys({2}, 2);
  EXPECT_EQ(*after.Open(key, "ann", sealed), "secret");
  EXPECT_EQ(ReasonOf(after.Open(old_key, "ann", sealed).status()), Reason::kMasterKeyInvalid);
  EXPECT_EQ(after.NewDataKey("bob").version(), 2);
}

TEST(Vault, WhatIsDerivedSurvivesEveryRotation) {
  const Vault before = WithKeys({1}, 1);
  const SealedKey root = *WithKeys({1, 2}, 1).WrapRoot(2);
  const std::vector<MasterKey> second = Keys({2});
  auto unwrapped = Vault::UnwrapRoot(root, second.front());
  ASSERT_TRUE(unwrapped.ok()) << unwrapped.status();
  const Vault after = *Vault::FromRoot(*std::move(unwrapped), second, 2);
  EXPECT_EQ(after.Derive("chain"), before.Derive("chain"));
  EXPECT_EQ(after.LookupKey(7, "email", "a"), before.LookupKey(7, "email", "a"));
  EXPECT_EQ(ReasonOf(Vault::UnwrapRoot(root, Keys({1}).front()).status()), Reason::kBooksDamaged);
}

TEST(Vault, FollowsAnotherProcessToAVersionThatItHas) {
  Vault vault = WithKeys({1, 2}, 1);
  const std::string check = *vault.CheckValue(2);
  EXPECT_EQ(ReasonOf(vault.WrapBy(2, *vault.CheckValue(1))), Reason::kMasterKeyInvalid);
  EXPECT_EQ(vault.version(), 1);
  ASSERT_TRUE(vault.WrapBy(2, check).ok());
  EXPECT_EQ(vault.NewDataKey("ann").version(), 2);
  ASSERT_TRUE(vault.WrapBy(1, *vault.CheckValue(1)).ok());
  EXPECT_EQ(vault.version(), 2) << "never back";
  EXPECT_EQ(ReasonOf(vault.WrapBy(3, check)), Reason::kMasterKeyInvalid);
}

// Directory, chain and page tokens outlive the process: what is derived may never change.
TEST(Vault, DerivesTheSameForever) {
  const Vault vault = Make();
  EXPECT_EQ(base::Hex(vault.Derive("chain")),
            "3fba54158e65592825276d71a883fcd7792324ff71948e7f0b51ca51c7e7cf2a");
  EXPECT_EQ(base::Hex(vault.LookupKey(7, "email", "ann@example.com")),
            "6a3f8ee391a1876b44c70389f0057ba4");
}

TEST(Vault, EachPurposeProgramKindAndValueHasAKeyOfItsOwn) {
  const Vault vault = Make();
  EXPECT_NE(vault.Derive("chain"), vault.Derive("service"));
  EXPECT_EQ(vault.Derive("chain").size(), 32U);
  const std::set<std::string> keys = {
      vault.LookupKey(1, "email", "a"),    vault.LookupKey(2, "email", "a"),
      vault.LookupKey(1, "phone", "a"),    vault.LookupKey(1, "email", "b"),
      vault.LookupKey(1, "emai", "la"),    vault.LookupKey(1, "email", ""),
      Make('n').LookupKey(1, "email", "a")};
  EXPECT_EQ(keys.size(), 7U);
  for (const std::string& key : keys) EXPECT_EQ(key.size(), 16U);
}

}  // namespace
}  // namespace gratis::vault
