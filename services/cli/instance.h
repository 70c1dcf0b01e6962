#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace gratis::cli {

// One process of the engine, as the file that it keeps in $GRATIS_HOME/run says.
struct Process {
  std::string name;                   // "gratisd", "gratis-members"
  std::string address;                // "localhost:8470"
  std::vector<std::string> services;  // "gratis.members.v1.MemberService"
  std::string ca_path;
  std::string metrics_address;
  int64_t pid = 0;
  bool development_clock = false;
  bool alive = false;  // whether such a process is there; a killed one leaves its file behind
};

// What such a file holds. Errors: CONFIG_INVALID.
absl::StatusOr<Process> ParseRunFile(std::string_view name, std::string_view json);

// What was given on the command line or in the environment; empty where nothing was.
struct InstanceOptions {
  std::string home;
  std::string address;
  std::string ca_path;
  std::string key_file;
  std::string certificate_path;  // what an engine is shown that asks clients for a certificate
  std::string certificate_key_path;
};

// A running instance: where each service is, and what it takes to be let in.
struct Instance {
  std::string home;
  std::vector<Process> processes;
  std::map<std::string, std::string> address_of;  // by service; empty with a given address
  std::string only_address;                       // given: serves everything
  std::string ca_path;
  std::string certificate_path;  // empty: none to show
  std::string certificate_key_path;
  std::string key_path;
  std::string key;
  absl::Status key_status;  // why there is no key. Errors: KEY_MISSING.

  // Errors: PEER_UNAVAILABLE (no process of the instance serves it).
  absl::StatusOr<std::string> AddressOf(std::string_view service) const;
  // Whether there is an engine to call and a key to call it with. Errors: PEER_UNAVAILABLE,
  // KEY_MISSING.
  absl::Status Ready() const;
};

// Reads $HOME/run/*.json, the key and the path of the certificate. `home` is where the instance
// lives. What is missing is no error yet: see Ready. Errors: CONFIG_INVALID (a run file that cannot
// be understood).
absl::StatusOr<Instance> FindInstance(const InstanceOptions& options);

}  // namespace gratis::cli
