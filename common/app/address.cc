#include "common/app/address.h"

#include "absl/strings/str_cat.h"

namespace gratis::app {

bool IsWildcard(const std::string& host) {
  return host == "0.0.0.0" || host == "::" || host == "[::]";
}

bool IsLoopback(const std::string& host) {
  return host == "127.0.0.1" || host == "::1" || host == "[::1]" || host == "localhost";
}

std::string WithPort(const std::string& host, int port) {
  const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return bare_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

std::string Reachable(const std::string& host, int port) {
  return WithPort(IsWildcard(host) || IsLoopback(host) ? "localhost" : host, port);
}

}  // namespace gratis::app
