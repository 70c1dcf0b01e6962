#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gratis::rpc {

struct Certificates {
  std::string ca_path;  // what clients check the server by
  std::string ca_pem;
  std::string certificate_path;
  std::string certificate_pem;
  std::string private_key_path;
  std::string private_key_pem;
};

// A certificate authority of our own and a certificate of the server's from it, in `dir`:
//
//   ca.pem  ca.key  server.pem  server.key      elliptic curve P-256; 0600, all but ca.pem
//
// What is there is used; what is missing is made. The server's certificate is made anew when it
// ends within 30 days or does not name all `hosts` (DNS names or IP addresses). Several processes
// may do this at once. Errors: CONFIG_INVALID (a file that cannot be read, written or understood).
absl::StatusOr<Certificates> EnsureCertificates(const std::string& dir,
                                                const std::vector<std::string>& hosts,
                                                absl::Time now);

// How often files of certificates are looked at while a server or a channel's credentials live.
inline constexpr unsigned kLookForCertificatesSeconds = 1;

// Whether the two files hold a certificate and its key. Errors: CONFIG_INVALID.
absl::Status CheckPair(const std::string& certificate_path, const std::string& private_key_path);
// Whether the file holds at least one certificate. Errors: CONFIG_INVALID.
absl::Status CheckAuthorities(const std::string& path);

// "localhost", "127.0.0.1", "::1" and this machine's host name.
std::vector<std::string> LocalHosts();

}  // namespace gratis::rpc
