#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace gratis::config {

// One `key = value` of a settings file.
struct FileEntry {
  std::string section;  // as in [section]; empty above the first
  std::string key;
  std::vector<std::string> values;  // one, or those of an array
  int line = 0;                     // from 1
};

// Reads TOML as far as settings need it: comments from # (or ; at the start of a line), [sections],
// "strings" with \" \\ \n \t, 'literal strings', bare words and numbers, and arrays of these on one
// line. Errors: CONFIG_INVALID, with the line's number.
absl::StatusOr<std::vector<FileEntry>> ParseFile(std::string_view text);

}  // namespace gratis::config
