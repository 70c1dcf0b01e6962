#include "services/thanks/wish_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::thanks {
namespace wish_rules_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const MemberId kMia{{{1}}};

Wish WishFor(const std::string& sku, const std::string& store = "") {
  return {.of = {kMia, sku, store}, .noted_at = kNow, .ended_at = std::nullopt, .purchase = {}};
}

Restock Back(const std::string& store = "", absl::Time at = kNow) {
  return {.id = {{9}},
          .sku = "moons",
          .store = store,
          .item = "Duvet \"Moons\"",
          .restocked_at = at,
          .recorded_at = at};
}

TEST(Meets, ARestockOfTheSameGoodsInItsStoreOrForAnywhere) {
  EXPECT_TRUE(Meets(Back(), WishFor("moons")));
  EXPECT_TRUE(Meets(Back("zurich-1"), WishFor("moons")));
  EXPECT_TRUE(Meets(Back("zurich-1"), WishFor("moons", "zurich-1")));
  EXPECT_FALSE(Meets(Back(), WishFor("stars")));
  EXPECT_FALSE(Meets(Back(), WishFor("moons", "zurich-1")));
  EXPECT_FALSE(Meets(Back("bern-2"), WishFor("moons", "zurich-1")));
  for (const WishKey& key : KeysMetBy(Back("zurich-1"), kMia)) {
    EXPECT_TRUE(Meets(Back("zurich-1"), WishFor(key.sku, key.store)));
  }
}

TEST(Meets, OnlyWhatWaitedBeforeAndNotForTooLong) {
  EXPECT_FALSE(Meets(Back("", kNow - absl::Microseconds(1)), WishFor("moons")));
  EXPECT_TRUE(Meets(Back("", kNow + kWishLife - absl::Microseconds(1)), WishFor("moons")));
  EXPECT_FALSE(Meets(Back("", kNow + kWishLife), WishFor("moons")));
  for (const WishState state : {WishState::kMet, WishState::kWithdrawn, WishState::kOvertaken}) {
    Wish ended = WishFor("moons");
    ended.state = state;
    EXPECT_FALSE(Meets(Back(), ended));
  }
}

TEST(Noted, WhatWasAskedForStaysSoWhileItWaits) {
  Wish noticed = WishFor("moons");
  noticed.origin = WishOrigin::kNoticed;
  noticed.noted_at = kNow + absl::Hours(1);
  noticed.purchase = {{{7}}};
  Wish asked = WishFor("moons");
  const Wish both = Noted(&asked, noticed);
  EXPECT_EQ(both.origin, WishOrigin::kAsked);
  EXPECT_TRUE(both.purchase.IsNil());
  EXPECT_EQ(both.noted_at, noticed.noted_at);
  asked.state = WishState::kMet;
  EXPECT_EQ(Noted(&asked, noticed), noticed);
  EXPECT_EQ(Noted(nullptr, noticed), noticed);
  EXPECT_EQ(Noted(&noticed, WishFor("moons")).origin, WishOrigin::kAsked);
}

TEST(StateAt, AWishLapses) {
  EXPECT_EQ(StateAt(WishFor("moons"), kNow + kWishLife - absl::Seconds(1)), WishState::kWaiting);
  EXPECT_EQ(StateAt(WishFor("moons"), kNow + kWishLife), WishState::kLapsed);
}

TEST(LackingIn, EachOnceAndOnlyWhatLacked) {
  Purchase purchase{
      .id = {{{7}}}, .member = kMia, .order = {.source = "till", .store = "zurich-1"}};
  purchase.purchased_at = kNow;
  purchase.lines = {{.sku = "stars"},
                    {.sku = "moons", .unfulfilled = 1},
                    {.sku = "moons", .unfulfilled = 2},
                    {.sku = "", .unfulfilled = 1}};
  Wish moons = WishFor("moons", "zurich-1");
  moons.origin = WishOrigin::kNoticed;
  moons.purchase = purchase.id;
  EXPECT_THAT(LackingIn(purchase), ElementsAre(moons));
  purchase.lines.clear();
  EXPECT_THAT(LackingIn(purchase), IsEmpty());
}

TEST(RestockFigures, SayWhatWhyAndByWhichPurpose) {
  const std::string asked = RestockFigures(Back("zurich-1"), WishFor("moons"));
  EXPECT_EQ(asked,
            "{\"template\":\"back-in-stock\",\"purpose\":\"service\",\"sku\":\"moons\","
            "\"restocked\":\"Duvet \\\"Moons\\\"\",\"store\":\"zurich-1\","
            "\"occurred_at\":\"2027-01-15T08:00:00.000000Z\",\"max_age_seconds\":604800}");
  Wish noticed = WishFor("moons");
  noticed.origin = WishOrigin::kNoticed;
  noticed.purchase = {{{7}}};
  EXPECT_THAT(RestockFigures(Back(), noticed),
              ::testing::AllOf(HasSubstr("\"purpose\":\"marketing\",\"by_profile\":true,"),
                               HasSubstr("\"purchase\":\"" + noticed.purchase.ToString() + "\"")));
  Restock unnamed = Back();
  unnamed.item.clear();
  EXPECT_THAT(RestockFigures(unnamed, WishFor("moons")), HasSubstr("\"restocked\":\"moons\""));
}

TEST(CheckWish, NamesTheField) {
  EXPECT_TRUE(CheckWish(WishFor("moons", "zurich-1")).ok());
  EXPECT_EQ(ReasonOf(CheckWish(WishFor(""))), Reason::kFieldMissing);
  EXPECT_EQ(FieldOf(CheckWish(WishFor(""))), "sku");
  EXPECT_EQ(FieldOf(CheckWish(WishFor(std::string(65, 's')))), "sku");
  EXPECT_EQ(FieldOf(CheckWish(WishFor("a\nb"))), "sku");
  EXPECT_EQ(FieldOf(CheckWish(WishFor("moons", std::string(65, 's')))), "store");
  Wish wish = WishFor("moons");
  wish.origin = {};
  EXPECT_EQ(FieldOf(CheckWish(wish)), "origin");
  wish.origin = static_cast<WishOrigin>(3);
  EXPECT_EQ(FieldOf(CheckWish(wish)), "origin");
  Restock restock = Back();
  EXPECT_TRUE(CheckRestock(restock).ok());
  restock.item = std::string(101, 'i');
  EXPECT_EQ(ReasonOf(CheckRestock(restock)), Reason::kFieldTooLong);
}

}  // namespace
}  // namespace wish_rules_test
}  // namespace gratis::thanks
