#include "common/rpc/peer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"

namespace gratis::rpc {
namespace {

constexpr size_t kHalfOfV6 = 8;  // the rest is a network's own to choose
constexpr size_t kNetworkOfV4 = 3;
constexpr size_t kNetworkOfV6 = 6;

// Four bytes, or sixteen.
using Bytes = std::basic_string<unsigned char>;

// What stands between a scheme and the port.
std::string_view HostOf(std::string_view peer, std::string_view scheme) {
  if (!peer.starts_with(scheme)) return {};
  const size_t colon = peer.rfind(':');
  return colon < scheme.size() ? std::string_view()
                               : peer.substr(scheme.size(), colon - scheme.size());
}

std::optional<Bytes> AddressOf(std::string_view peer) {
  in_addr v4{};
  const std::string dotted(HostOf(peer, "ipv4:"));
  if (inet_pton(AF_INET, dotted.c_str(), &v4) == 1) {
    return Bytes(reinterpret_cast<const unsigned char*>(&v4), sizeof v4);
  }
  // gRPC writes the brackets as %5B and %5D, and a zone after %25.
  std::string host = absl::StrReplaceAll(base::Abs(HostOf(peer, "ipv6:")),
                                         {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
  host = host.substr(0, host.find('%'));
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return std::nullopt;
  const Bytes bytes(v6.s6_addr, sizeof v6.s6_addr);
  return IN6_IS_ADDR_V4MAPPED(&v6) ? bytes.substr(12) : bytes;
}

std::string Written(Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  return text.data();
}

bool IsHere(const Bytes& address) {
  static const Bytes& loopback = *new Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return address.size() == 4 ? address[0] == 127 : address == loopback;
}

}  // namespace

std::string NeighborhoodOf(std::string_view peer) {
  const std::optional<Bytes> address = AddressOf(peer);
  if (!address) return std::string(peer);
  if (address->size() == 4) return Written(*address);
  return base::Hex({reinterpret_cast<const char*>(address->data()), kHalfOfV6});
}

std::string NetworkOf(std::string_view peer) {
  std::optional<Bytes> address = AddressOf(peer);
  if (!address || IsHere(*address)) return "here";
  const size_t kept = address->size() == 4 ? kNetworkOfV4 : kNetworkOfV6;
  std::fill(address->begin() + static_cast<std::ptrdiff_t>(kept), address->end(), 0);
  return absl::StrCat(Written(*std::move(address)), "/", kept * 8);
}

}  // namespace gratis::rpc
