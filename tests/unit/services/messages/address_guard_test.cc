#include "services/messages/address_guard.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

bool Allows(const AddressGuard& guard, const std::string& text, bool plain = false) {
  sockaddr_storage address{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&address, &v4, sizeof v4);
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
    std::memcpy(&address, &v6, sizeof v6);
  }
  return guard.Allows(reinterpret_cast<const sockaddr&>(address), plain);
}

TEST(AddressGuard, LetsPublicAddressesThroughWithTlsOnly) {
  const AddressGuard guard = *AddressGuard::Of({});
  for (const char* address : {"8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1",
                              "2606:4700:4700::1111", "2a00:1450:4001:831::200e"}) {
    EXPECT_TRUE(Allows(guard, address)) << address;
    EXPECT_FALSE(Allows(guard, address, /*plain=*/true)) << address;
  }
}

TEST(AddressGuard, RefusesWhatIsNotPublicHoweverItIsWritten) {
  const AddressGuard guard = *AddressGuard::Of({});
  for (const char* address : {"0.0.0.0",
                              "127.0.0.1",
                              "127.255.255.254",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "198.18.0.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "192.0.0.8",
                              "::1",
                              "::",
                              "::127.0.0.1",
                              "fe80::1",
                              "fd00::1",
                              "fec0::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "64:ff9b::a00:1",
                              "2002:7f00:1::",
                              "2001:db8::1",
                              "::ffff:169.254.169.254"}) {
    EXPECT_FALSE(Allows(guard, address)) << address;
  }
}

TEST(AddressGuard, LetsAllowedNetworksThroughAlsoWithoutTls) {
  const AddressGuard guard = *AddressGuard::Of({"127.0.0.0/8", "10.1.2.0/23", "fd00:1::/32"});
  EXPECT_TRUE(guard.AllowsAny());
  for (const char* address :
       {"127.0.0.1", "::ffff:127.0.0.1", "10.1.2.0", "10.1.3.255", "fd00:1::5"}) {
    EXPECT_TRUE(Allows(guard, address)) << address;
    EXPECT_TRUE(Allows(guard, address, /*plain=*/true)) << address;
  }
  for (const char* address : {"10.1.1.255", "10.1.4.0", "fd00:2::5", "192.168.0.1"}) {
    EXPECT_FALSE(Allows(guard, address)) << address;
  }
}

TEST(AddressGuard, RefusesOtherFamilies) {
  sockaddr_storage address{};
  address.ss_family = AF_UNIX;
  const AddressGuard guard = *AddressGuard::Of({"0.0.0.0/0", "::/0"});
  EXPECT_FALSE(guard.Allows(reinterpret_cast<const sockaddr&>(address), false));
  EXPECT_TRUE(Allows(guard, "10.0.0.1"));
}

TEST(AddressGuard, SaysWhichNetworkIsNone) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.0/33", "fd00::/129", "localhost/8",
                           "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x"}) {
    const auto guard = AddressGuard::Of({text});
    EXPECT_EQ(ReasonOf(guard.status()), Reason::kConfigInvalid) << text;
  }
}

}  // namespace
}  // namespace gratis::messages
