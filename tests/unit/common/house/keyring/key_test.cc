#include "common/house/keyring/key.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/random.h"
#include "common/status/reasons.h"

namespace gratis::house {
namespace {

KeyId SomeKey(uint8_t number) {
  KeyId id;
  id.uuid.bytes[15] = number;
  return id;
}

TEST(KeyText, LeadsBackToItsKey) {
  base::RandomIds ids;
  for (int i = 0; i < 100; ++i) {
    const KeyId id{ids.Next(absl::FromUnixSeconds(1'800'000'000))};
    const std::string text = MakeKeyText(id, "secret");
    EXPECT_EQ(text.substr(0, 3), "gk_");
    EXPECT_EQ(*KeyIdIn(text), id) << text;
  }
}

TEST(KeyText, IsTheSameWheneverItIsMadeAndAnotherInAnotherHouse) {
  EXPECT_EQ(MakeKeyText(SomeKey(1), "secret"), MakeKeyText(SomeKey(1), "secret"));
  EXPECT_NE(MakeKeyText(SomeKey(1), "secret"), MakeKeyText(SomeKey(1), "another"));
  EXPECT_NE(MakeKeyText(SomeKey(1), "secret").substr(29),
            MakeKeyText(SomeKey(2), "secret").substr(29));
}

TEST(KeyText, OfEachGenerationIsAnother) {
  std::set<std::string> texts;
  for (int generation = 1; generation <= 5; ++generation) {
    const std::string text = MakeKeyText(SomeKey(1), "secret", generation);
    EXPECT_EQ(*KeyIdIn(text), SomeKey(1));
    EXPECT_TRUE(texts.insert(text).second) << generation;
  }
  EXPECT_EQ(MakeKeyText(SomeKey(1), "secret", 1), MakeKeyText(SomeKey(1), "secret"));
}

TEST(KeyText, IsNotInItsHash) {
  const std::string text = MakeKeyText(SomeKey(1), "secret");
  EXPECT_EQ(KeyHash(text).size(), 32U);
  EXPECT_NE(KeyHash(text), KeyHash(text + "x"));
}

TEST(KeyText, WhatHasNotItsFormIsNoKey) {
  const std::string good = MakeKeyText(SomeKey(1), "secret");
  std::string other_prefix = good;
  other_prefix[1] = 'x';
  std::string other_id = good;
  other_id[5] = 'u';  // not in Crockford's alphabet
  std::string no_separator = good;
  no_separator[29] = '-';
  for (const std::string& bad : {std::string(), std::string("gk_"), good + "x", good.substr(1),
                                 good.substr(0, good.size() - 1), other_prefix, other_id,
                                 no_separator, std::string(73, '\xff')}) {
    EXPECT_EQ(ReasonOf(KeyIdIn(bad).status()), Reason::kKeyInvalid) << bad;
  }
}

TEST(Roles, HaveNames) {
  std::set<std::string_view> names;
  for (int role = 0; role <= static_cast<int>(Role::kMember); ++role) {
    names.insert(RoleName(static_cast<Role>(role)));
  }
  EXPECT_EQ(names.size(), 11U);
  EXPECT_EQ(RoleName(static_cast<Role>(99)), "unspecified");
}

}  // namespace
}  // namespace gratis::house
