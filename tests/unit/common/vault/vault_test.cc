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

TEST(Vault, KnowsItsDatabaseByTheCheckValue) {
  const std::string stored = Make('m').CheckValue();
  EXPECT_EQ(stored.size(), 32U);
  EXPECT_TRUE(Make('m').Check(stored).ok());
  EXPECT_EQ(ReasonOf(Make('n').Check(stored)), Reason::kMasterKeyInvalid);
  EXPECT_EQ(ReasonOf(Make('m').Check("")), Reason::kMasterKeyInvalid);
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
