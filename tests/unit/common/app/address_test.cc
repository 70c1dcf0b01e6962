#include "common/app/address.h"

#include <gtest/gtest.h>

namespace gratis::app {
namespace {

TEST(Address, Ipv6StandsInBracketsBeforeAPort) {
  EXPECT_EQ(WithPort("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(WithPort("::1", 80), "[::1]:80");
  EXPECT_EQ(WithPort("[::1]", 80), "[::1]:80");
}

TEST(Address, ClientsReachAMachineByANameThatItsCertificateHas) {
  EXPECT_EQ(Reachable("127.0.0.1", 8470), "localhost:8470");
  EXPECT_EQ(Reachable("0.0.0.0", 8470), "localhost:8470");
  EXPECT_EQ(Reachable("[::]", 8470), "localhost:8470");
  EXPECT_EQ(Reachable("10.1.2.3", 8470), "10.1.2.3:8470");
  EXPECT_EQ(Reachable("shop.example", 8470), "shop.example:8470");
}

}  // namespace
}  // namespace gratis::app
