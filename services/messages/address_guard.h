#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

struct sockaddr;

namespace gratis::messages {

// Which addresses webhooks may go to: public ones, and the private networks that the settings name.
// It is asked about each connection, with the address that the name turned out to have, so no name
// leads inside whatever it resolves to, and when.
class AddressGuard {
 public:
  // `allowed`: networks such as "127.0.0.0/8" and "fd00::/8". Errors: CONFIG_INVALID (with the one
  // that is none).
  static absl::StatusOr<AddressGuard> Of(const std::vector<std::string>& allowed);

  // Whether to connect there; `plain`: without TLS, which only an allowed network may be without.
  bool Allows(const sockaddr& address, bool plain) const;

  // Whether any private network is allowed.
  bool AllowsAny() const { return !allowed_.empty(); }

 private:
  struct Network {
    std::string bytes;  // 16, of IPv4 as of ::ffff:0:0/96
    int bits = 0;
  };
  static absl::StatusOr<Network> Parse(std::string_view text);
  static bool Holds(const Network& network, std::string_view address);
  static const std::vector<Network>& Private();

  std::vector<Network> allowed_;
};

}  // namespace gratis::messages
