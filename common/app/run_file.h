#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace gratis::app {

// What a process that serves says about itself in $GRATIS_HOME/run/<program>.json.
struct RunFile {
  std::string address;                // "localhost:8470"
  std::vector<std::string> services;  // full names: "gratis.ledger.v1.LedgerService"
  std::string ca;                     // the path of the certificates to check the server's against
  std::string metrics;                // "127.0.0.1:9470"; empty: none
  int pid = 0;
  bool development_clock = false;
};

std::string ToJson(const RunFile& file);

}  // namespace gratis::app
