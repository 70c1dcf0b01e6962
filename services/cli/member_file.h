#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/cli/columns.h"
#include "services/cli/csv.h"
#include "services/cli/json_lines.h"
#include "services/cli/member_row.h"
#include "services/cli/rejects.h"

namespace gratis::cli {

// How a file of members is written.
enum class MemberFormat { kCsv, kJsonLines };

// "csv" or "jsonl"; empty: what the file's name says, ".jsonl" and ".ndjson" for JSON lines.
// Errors: FIELD_INVALID (usage).
absl::StatusOr<MemberFormat> FormatOf(const std::string& word, const std::string& path);

// A file of members, opened and its columns understood. Not thread-safe.
class MemberFile {
 public:
  // `separator` is for CSV. Errors: FIELD_INVALID, FIELD_MISSING (the file or its header; see
  // Columns).
  static absl::StatusOr<MemberFile> Open(const std::string& path, MemberFormat format,
                                         char separator,
                                         const std::map<std::string, std::string>& mapping);

  // A file for the rows of this one that are rejected.
  std::unique_ptr<RejectsFile> MakeRejects(std::string path) const;

  // The next row that is a member; the ones before it that are none go to `rejects`. False at the
  // end.
  bool Next(const MemberDefaults& defaults, RejectsFile& rejects, MemberRow& row);

  int64_t position() const { return csv_ ? csv_->position() : json_->position(); }
  int64_t size() const { return csv_ ? csv_->size() : json_->size(); }

 private:
  MemberFile() = default;

  // The next row's texts; nothing at the end of the file.
  struct Texts {
    int64_t line;
    std::string_view text;
    bool well_formed;
    absl::Status error;
    MemberTexts texts;
  };
  std::optional<Texts> NextCsv();
  std::optional<Texts> NextJson();

  char separator_ = ',';
  std::optional<CsvReader> csv_;
  std::optional<Columns> columns_;
  std::string header_;
  CsvRecord record_;

  std::optional<JsonLinesReader> json_;
  std::array<std::string, kMemberColumns> keys_;
  JsonLine line_;
};

}  // namespace gratis::cli
