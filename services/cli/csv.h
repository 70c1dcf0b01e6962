#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gratis::cli {

// One record of a CSV file. A record that is not well formed has an `error` and, as `text`, its
// first physical line; the reader goes on with the line after it.
struct CsvRecord {
  int64_t line = 0;    // where it starts; the first line of the file is 1
  int64_t offset = 0;  // of its first byte
  std::string_view text;
  std::vector<std::string_view> fields;  // unquoted
  absl::Status error;
};

// Reads a file in the form of RFC 4180, record by record, in memory that does not grow with the
// file: lines end in LF or CRLF, also mixed; fields may be quoted, with "" for a quote, and may
// then hold separators and line ends; a byte-order mark is skipped; empty lines are skipped.
// Not thread-safe.
class CsvReader {
 public:
  struct Options {
    char separator = ',';
    size_t read_bytes = 256 << 10;  // how much is read at a time
  };

  // No record may be longer; a longer one is malformed. It bounds what a quote that is never
  // closed can swallow.
  static constexpr size_t kMaxRecordBytes = 64 << 10;

  // Errors: FIELD_INVALID (the file cannot be opened).
  static absl::StatusOr<CsvReader> Open(const std::string& path, Options options);

  // The next record, or false at the end of the file. What the record's views point at stays until
  // the next call.
  bool Next(CsvRecord& record);

  // Goes to the start of a record that was read before, for good or to come back to it.
  void Seek(int64_t offset, int64_t line);

  // How far the file has been read, for progress, and how long it is, in bytes.
  int64_t position() const { return base_ + static_cast<int64_t>(begin_); }
  int64_t size() const { return size_; }

 private:
  explicit CsvReader(Options options) : options_(options) {}

  // Makes bytes up to `count` after begin_ present, as far as the file has them.
  void Fill(size_t count);
  bool AtEnd(size_t i);
  bool SkipEmptyLines();
  // Parses the record at begin_. Returns its length with its line end, or 0 if it is malformed.
  size_t Parse(std::string_view& why);
  size_t ParseQuoted(size_t i, std::string_view& why);
  void RejectLine(CsvRecord& record, std::string_view why);

  Options options_;
  std::ifstream file_;
  int64_t size_ = 0;
  std::string buffer_;
  int64_t base_ = 0;  // the offset of buffer_[0]
  size_t begin_ = 0;  // where the next record starts in buffer_
  int64_t line_ = 1;
  int64_t lines_in_record_ = 0;
  // Where each field's text is: in buffer_ from begin_, or in unquoted_.
  struct Extent {
    bool unquoted;
    size_t from;
    size_t length;
  };
  std::vector<Extent> extents_;
  std::string unquoted_;
};

// `field` as it is written in a CSV file: quoted when it has to be.
std::string CsvField(std::string_view field);

}  // namespace gratis::cli
