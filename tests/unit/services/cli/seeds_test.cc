#include "services/cli/seeds.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "services/cli/demo.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {
namespace {

TEST(DemoBirthday, IsTheSameForTheSameSeedAndCustomer) {
  EXPECT_EQ(DemoBirthday(7, "00042"), DemoBirthday(7, "00042"));
  // Kept in files and books: it must never change from one version to the next.
  EXPECT_EQ(DemoBirthday(7, "00042"), (Birthday{3, 21, std::nullopt}));
}

TEST(DemoBirthday, SpreadsOverTheYearWithSomeOnLeapDay) {
  constexpr int kCustomers = 50'000;
  std::map<std::pair<int, int>, int> count;
  for (int i = 0; i < kCustomers; ++i) {
    const Birthday birthday = DemoBirthday(1, absl::StrCat(i));
    EXPECT_TRUE(base::MakeDay(2000, birthday.month, birthday.day).ok());
    EXPECT_FALSE(birthday.year.has_value());
    ++count[{birthday.month, birthday.day}];
  }
  EXPECT_EQ(count.size(), 366);
  for (const auto& [day, members] : count) {
    const bool leap = day == std::pair(2, 29);
    const int expected = kCustomers * (leap ? 1 : 4) / 1461;
    EXPECT_NEAR(members, expected, expected / 2.0 + 10) << day.first << "-" << day.second;
  }
}

TEST(DemoBirthday, ChangesWithTheSeed) {
  int same = 0;
  for (int i = 0; i < 1000; ++i)
    same += DemoBirthday(1, absl::StrCat(i)) == DemoBirthday(2, absl::StrCat(i));
  EXPECT_LT(same, 30);
}

TEST(DemoShop, IsTheSameForTheSameSeedAndTime) {
  const absl::Time made_at = absl::FromUnixSeconds(1'800'000'000);
  const DemoShop one = MakeDemoShop(1, made_at, 200, 600);
  const DemoShop two = MakeDemoShop(1, made_at, 200, 600);
  ASSERT_EQ(one.members.size(), 200);
  ASSERT_EQ(one.purchases.size(), 600);
  for (size_t i = 0; i < one.members.size(); ++i) {
    EXPECT_EQ(one.members[i].SerializeAsString(), two.members[i].SerializeAsString());
  }
  for (size_t i = 0; i < one.purchases.size(); ++i) {
    EXPECT_EQ(one.purchases[i].request.SerializeAsString(),
              two.purchases[i].request.SerializeAsString());
  }
}

TEST(DemoShop, IsPastAndInTheOrderOfTimeAndPartlyFresh) {
  const absl::Time made_at = absl::FromUnixSeconds(1'800'000'000);
  const DemoShop shop = MakeDemoShop(1, made_at, 200, 600);
  absl::Time last = absl::InfinitePast();
  int fresh = 0;
  for (const DemoShop::DemoPurchase& purchase : shop.purchases) {
    const absl::Time bought = FromProto(purchase.request.purchased_at());
    EXPECT_LE(last, bought);
    EXPECT_LE(bought, made_at);
    const auto& buyer = shop.members.at(purchase.buyer);
    EXPECT_LT(FromProto(buyer.enrolled_at()), bought);
    fresh += made_at - bought < absl::Hours(7 * 24);
    last = bought;
  }
  EXPECT_GT(fresh, 0);
  EXPECT_LT(fresh, 100);
}

}  // namespace
}  // namespace gratis::cli
