#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gratis::cli {

// One line of a file of JSON objects. A line that is no object, or holds what cannot be used, has
// an `error`.
struct JsonLine {
  int64_t line = 0;  // the first line of the file is 1
  std::string text;
  // What each key holds: a text, a number or yes or no as one item; a list of them; null as none.
  // Other values are an error, and so are numbers of more digits than JSON keeps.
  struct Held {
    bool is_list = false;
    std::vector<std::string> items;
  };
  std::map<std::string, Held> values;
  bool is_object = false;
  absl::Status error;
};

// Reads a file of one JSON object a line, in memory that does not grow with the file; empty lines
// are skipped. Not thread-safe.
class JsonLinesReader {
 public:
  // No line may be longer; a longer one is malformed, and only its beginning is kept.
  static constexpr size_t kMaxLineBytes = 64 << 10;

  // Errors: FIELD_INVALID (the file cannot be opened).
  static absl::StatusOr<JsonLinesReader> Open(const std::string& path);

  // The next line, or false at the end of the file.
  bool Next(JsonLine& line);

  // How far the file has been read, for progress, and how long it is, in bytes.
  int64_t position() const { return position_; }
  int64_t size() const { return size_; }

 private:
  JsonLinesReader() = default;
  // The next line without its end; nothing is kept beyond the bound. False at the end of the file.
  bool ReadLine(std::string& text, bool& whole);

  std::ifstream file_;
  int64_t size_ = 0;
  int64_t position_ = 0;
  int64_t line_ = 0;
};

}  // namespace gratis::cli
