#include "services/messages/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

constexpr int kV4Bits = 32;
constexpr int kBits = 128;
constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

// What is not the public internet: the special-purpose registries of IANA for IPv4 and IPv6, with
// the ways to write an IPv4 address as an IPv6 one (mapped ones are compared as IPv4). The first
// has no address at all: unspecified.
constexpr const char* kPrivate[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",       "2001::/23",
    "2001:db8::/32", "2002::/16",       "3fff::/20",      "5f00::/16",      "fc00::/7",
    "fe80::/10",     "fec0::/10",       "ff00::/8",
};

// The address as 16 bytes; empty if it is of another family.
std::string BytesOf(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return std::string(kMapped) +
           std::string(reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return std::string(reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr);
  }
  return "";
}

}  // namespace

absl::StatusOr<AddressGuard::Network> AddressGuard::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  int bits = 0;
  Network network;
  in_addr v4;
  in6_addr v6;
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  const int most = is_v4 ? kV4Bits : kBits;
  const bool sized = slash != std::string_view::npos &&
                     absl::SimpleAtoi(base::Abs(text.substr(slash + 1)), &bits) && bits >= 0 &&
                     bits <= most;
  if ((!is_v4 && !is_v6) || !sized) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("webhook-allow: \"", base::Abs(text),
                              "\" is not a network, such as 127.0.0.0/8 or fd00::/8"),
                 {{"key", "webhook-allow"}});
  }
  if (is_v4) {
    network.bytes = std::string(kMapped) + std::string(reinterpret_cast<const char*>(&v4), 4);
    network.bits = kBits - kV4Bits + bits;
  } else {
    network.bytes = std::string(reinterpret_cast<const char*>(&v6), 16);
    network.bits = bits;
  }
  return network;
}

bool AddressGuard::Holds(const Network& network, std::string_view address) {
  const size_t whole = static_cast<size_t>(network.bits / 8);
  if (address.substr(0, whole) != std::string_view(network.bytes).substr(0, whole)) return false;
  const int rest = network.bits % 8;
  if (rest == 0) return true;
  const auto top = [rest](char byte) { return static_cast<uint8_t>(byte) >> (8 - rest); };
  return top(address[whole]) == top(network.bytes[whole]);
}

const std::vector<AddressGuard::Network>& AddressGuard::Private() {
  static const std::vector<Network> networks = [] {
    std::vector<Network> parsed;
    for (const char* text : kPrivate) parsed.push_back(*Parse(text));
    return parsed;
  }();
  return networks;
}

absl::StatusOr<AddressGuard> AddressGuard::Of(const std::vector<std::string>& allowed) {
  AddressGuard guard;
  for (const std::string& text : allowed) {
    ASSIGN_OR_RETURN(Network network, Parse(text));
    guard.allowed_.push_back(std::move(network));
  }
  return guard;
}

bool AddressGuard::Allows(const sockaddr& address, bool plain) const {
  const std::string bytes = BytesOf(address);
  if (bytes.empty()) return false;
  const auto holds = [&](const Network& network) { return Holds(network, bytes); };
  if (std::any_of(allowed_.begin(), allowed_.end(), holds)) return true;
  return !plain && std::none_of(Private().begin(), Private().end(), holds);
}

}  // namespace gratis::messages
