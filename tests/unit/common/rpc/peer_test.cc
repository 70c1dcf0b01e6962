#include "common/rpc/peer.h"

#include <gtest/gtest.h>

namespace gratis::rpc {
namespace {

TEST(Neighborhood, IsWhatACallerCannotChangeAtWill) {
  EXPECT_EQ(NeighborhoodOf("ipv4:203.0.113.9:51234"), "203.0.113.9");
  EXPECT_EQ(NeighborhoodOf("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:51234"), "20010db800010002");
  EXPECT_EQ(NeighborhoodOf("ipv6:[2001:db8:1:2::1]:51234"), "20010db800010002");
  EXPECT_EQ(NeighborhoodOf("ipv6:%5B::ffff:203.0.113.9%5D:51234"), "203.0.113.9");
  EXPECT_EQ(NeighborhoodOf("ipv6:%5Bfe80::1%25eth0%5D:51234"), "fe80000000000000");
  for (const char* other : {"", "unix:/run/x", "ipv4:", "ipv6:", "ipv6:x:1", "inproc"}) {
    EXPECT_EQ(NeighborhoodOf(other), other);
  }
}

TEST(Network, TellsAShopFromAnotherAndNoPersonFromTheirNeighbors) {
  EXPECT_EQ(NetworkOf("ipv4:203.0.113.9:51234"), "203.0.113.0/24");
  EXPECT_EQ(NetworkOf("ipv4:203.0.113.200:1"), NetworkOf("ipv4:203.0.113.9:51234"));
  EXPECT_EQ(NetworkOf("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:51234"), "2001:db8:1::/48");
  EXPECT_EQ(NetworkOf("ipv6:%5B::ffff:203.0.113.9%5D:51234"), "203.0.113.0/24");
  for (const char* here : {"ipv4:127.0.0.1:1", "ipv6:%5B::1%5D:1", "unix:/run/x", "", "inproc"}) {
    EXPECT_EQ(NetworkOf(here), "here");
  }
}

}  // namespace
}  // namespace gratis::rpc
