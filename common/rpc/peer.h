#pragma once

#include <string>
#include <string_view>

// Where a call comes from, of a peer as gRPC names it: "ipv4:203.0.113.9:51234".
namespace gratis::rpc {

// What of it one caller cannot change at will: an IPv4 address, the first half of an IPv6 address,
// in hexadecimal. Of what is neither, all of it.
std::string NeighborhoodOf(std::string_view peer);

// The network, which tells a shop from another and no person from their neighbors:
// "203.0.113.0/24", "2001:db8:1::/48". Of what is no address, and of this machine's own: "here".
std::string NetworkOf(std::string_view peer);

}  // namespace gratis::rpc
