#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace CLI {
class App;
}

namespace gratis::cli {

// What is said of an import, whatever the file has.
struct FileImportOptions {
  std::string file;
  std::string map;
  std::string source;
  std::string zone;
  std::string rejects;
  std::string separator = ",";
  int batch = 500;
  int lanes = 4;
  int patience_seconds = 60;
  bool dry_run = false;
  bool strict = false;

  absl::Duration patience() const { return absl::Seconds(patience_seconds); }
};

// How the help speaks of the rows of one kind of file.
struct ImportWords {
  std::string file;     // what the file may be
  std::string columns;  // what --map may name
  std::string source;
  std::string zone;
  std::string rejects;  // where they go if nothing is said
  std::string items;    // "Purchases"
};

void Declare(CLI::App& command, FileImportOptions& options, const ImportWords& words);

// Where rejected rows go: where the options say, else to `usual`. Errors: a usage error, if that is
// the file itself.
absl::StatusOr<std::string> RejectsPathOf(const FileImportOptions& options,
                                          const std::string& usual);

// What a strict import ends with when rows were rejected; else OK.
absl::Status CheckStrict(const FileImportOptions& options, int64_t rejected);

}  // namespace gratis::cli
