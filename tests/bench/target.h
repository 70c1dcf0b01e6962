#pragma once

#include <string>

namespace gratis::bench {

// The engine under load, as a shop's back end reaches it: TLS, and the key of one program.
struct Target {
  std::string address;  // host:port
  std::string ca_pem;
  std::string api_key;
};

}  // namespace gratis::bench
