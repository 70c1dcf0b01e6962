#pragma once

#include <cstdint>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace gratis::cli {

// The rows of a file that could not be imported, in a file beside it: each as it was, followed by
// its line number, the reason and a sentence. Mended there, they can be imported from there: the
// three columns more do not disturb. The file is made with its first row; one that an earlier
// import left is taken away at the start. Thread-safe.
class RejectsFile {
 public:
  // Of a CSV file. `header` is the first line of the file that the rows come from, with `columns`
  // columns.
  RejectsFile(std::string path, std::string_view header, size_t columns, char separator);
  // Of a file of one JSON object a line: what is added are keys.
  explicit RejectsFile(std::string path);

  // `text` is the row as it stands in the file; `well_formed`, whether it has as many fields as
  // the header, or is an object.
  void Add(int64_t line, std::string_view text, bool well_formed, const absl::Status& error);

  int64_t count() const;
  const std::string& path() const { return path_; }
  // Whether every row could be written. Errors: FIELD_INVALID.
  absl::Status Close();

 private:
  void AddCsv(int64_t line, std::string_view text, bool well_formed, std::string_view reason,
              std::string_view sentence);
  void AddJson(int64_t line, std::string_view text, bool well_formed, std::string_view reason,
               std::string_view sentence);

  const std::string path_;
  const bool json_lines_ = false;
  const std::string header_;
  const size_t columns_ = 0;
  const char separator_ = ',';
  mutable std::mutex mutex_;
  std::ofstream file_;
  int64_t count_ = 0;
};

}  // namespace gratis::cli
