#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/vault/master_key_source.h"

namespace gratis::config {
class Environment;
class Settings;
}  // namespace gratis::config

namespace gratis::app {

inline constexpr int kMaxPort = 65535;

// The settings of a binary. What each means is said where it is declared, in config.cc.
struct Config {
  std::string home;
  std::string listen = "127.0.0.1";
  int port = 8470;
  std::string metrics_listen = "127.0.0.1";
  int metrics_port = -1;
  std::vector<std::string> peers;
  std::string database_url;
  int database_wait_seconds = 60;
  int pool_size = 8;
  std::string master_key_file;  // empty: the home's own
  std::string master_keys;
  std::string postgres_bin;
  std::string postgres_user = "postgres";
  bool keep_postgres = false;
  int workers = 16;
  int drain_seconds = 30;
  std::vector<std::string> tls_names;
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_ca;
  std::string tls_client_ca;
  std::string tls_client_certificate;
  std::string tls_client_key;
  std::string smtp_url;  // empty: no letters go out
  std::string smtp_user;
  std::string smtp_password;
  std::string smtp_password_file;
  std::string smtp_sender;
  std::string smtp_tls = "required";
  std::string smtp_ca;
  std::vector<std::string> webhook_allow;
  std::string webhook_ca;
  bool development_clock = false;
  std::string log_format = "human";
  std::string log_level = "info";

  // Whether PostgreSQL is the process's own business.
  bool embedded() const { return database_url.empty(); }
};

// The defaults of `program`, in this environment.
Config DefaultConfig(std::string_view program, const config::Environment& environment);

// Binds the settings to `config`, which must outlive them.
config::Settings DeclareSettings(std::string_view program, Config& config);

// Where the versions of the master key are.
vault::MasterKeySource MasterKeysOf(const Config& config);

// What no setting can say alone. Errors: CONFIG_INVALID.
absl::Status CheckConfig(const Config& config);

// Addresses by module, "members" -> "host:port": those of `config.peers`, and for the others the
// one they listen on by default. Errors: CONFIG_INVALID.
absl::StatusOr<std::map<std::string, std::string>> PeerAddresses(const Config& config);

}  // namespace gratis::app
