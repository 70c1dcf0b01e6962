#pragma once

#include <string>

namespace gratis::app {

// Whether listening on `host` means all of the machine's addresses, or only its own ones.
bool IsWildcard(const std::string& host);
bool IsLoopback(const std::string& host);

// "127.0.0.1:8470", "[::1]:8470".
std::string WithPort(const std::string& host, int port);

// How clients reach what listens on `host`: by a name that the certificate has.
std::string Reachable(const std::string& host, int port);

}  // namespace gratis::app
