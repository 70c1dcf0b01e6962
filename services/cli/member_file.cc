#include "services/cli/member_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/failure.h"

namespace gratis::cli {
namespace {

constexpr size_t kIdentifiers = 3;  // the first columns, one of which must be there

absl::StatusOr<Columns> ColumnsOf(const CsvRecord& header,
                                  const std::map<std::string, std::string>& mapping) {
  ASSIGN_OR_RETURN(Columns columns,
                   Columns::FromHeader(header.fields, mapping, MemberColumnNames(), 0));
  for (size_t c = 0; c < kIdentifiers; ++c) {
    if (columns.Has(c)) return columns;
  }
  return FieldError(
      Reason::kFieldMissing, "FILE",
      absl::StrCat("the header has none of external_id, email and phone; it has ",
                   ColumnNames(header.fields), "; name a column with --map external_id=COLUMN"));
}

}  // namespace

absl::StatusOr<MemberFormat> FormatOf(const std::string& word, const std::string& path) {
  if (word == "csv") return MemberFormat::kCsv;
  if (word == "jsonl") return MemberFormat::kJsonLines;
  if (!word.empty()) return UsageError("--format", "it is csv or jsonl");
  const bool json = path.ends_with(".jsonl") || path.ends_with(".ndjson");
  return json ? MemberFormat::kJsonLines : MemberFormat::kCsv;
}

absl::StatusOr<MemberFile> MemberFile::Open(const std::string& path, MemberFormat format,
                                            char separator,
                                            const std::map<std::string, std::string>& mapping) {
  MemberFile file;
  if (format == MemberFormat::kJsonLines) {
    RETURN_IF_ERROR(CheckMapping(mapping, MemberColumnNames()));
    for (size_t c = 0; c < kMemberColumns; ++c) {
      const std::string name(MemberColumnNames()[c]);
      const auto mapped = mapping.find(name);
      file.keys_[c] = mapped == mapping.end() ? name : mapped->second;
    }
    ASSIGN_OR_RETURN(file.json_, JsonLinesReader::Open(path));
    return file;
  }
  file.separator_ = separator;
  ASSIGN_OR_RETURN(file.csv_, CsvReader::Open(path, {.separator = separator}));
  CsvRecord header;
  if (!file.csv_->Next(header)) {
    return FieldError(Reason::kFieldInvalid, "FILE", "the file is empty; it needs a header");
  }
  RETURN_IF_ERROR(InField(header.error, "FILE"));
  ASSIGN_OR_RETURN(file.columns_, ColumnsOf(header, mapping));
  file.header_ = header.text;
  return file;
}

std::unique_ptr<RejectsFile> MemberFile::MakeRejects(std::string path) const {
  if (json_) return std::make_unique<RejectsFile>(std::move(path));
  return std::make_unique<RejectsFile>(std::move(path), header_, columns_->count(), separator_);
}

std::optional<MemberFile::Texts> MemberFile::NextCsv() {
  if (!csv_->Next(record_)) return std::nullopt;
  Texts row{record_.line, record_.text, true, record_.error, {}};
  if (row.error.ok() && !base::IsValidUtf8(record_.text)) {
    row.error =
        Error(Reason::kInvalidUtf8, "the line is not UTF-8, or holds a NUL; save the file so");
  }
  row.well_formed = record_.error.ok() && record_.fields.size() == columns_->count();
  if (row.error.ok() && !row.well_formed) {
    row.error =
        Error(Reason::kFieldInvalid, absl::StrCat("the line has ", record_.fields.size(),
                                                  " fields and the header ", columns_->count()));
  }
  if (!row.error.ok()) return row;
  for (size_t c = 0; c < kMemberColumns; ++c) row.texts[c] = columns_->Get(record_.fields, c);
  return row;
}

std::optional<MemberFile::Texts> MemberFile::NextJson() {
  if (!json_->Next(line_)) return std::nullopt;
  Texts row{line_.line, line_.text, line_.is_object, line_.error, {}};
  if (!row.error.ok()) return row;
  for (size_t c = 0; c < kMemberColumns; ++c) {
    const auto values = line_.values.find(keys_[c]);
    if (values == line_.values.end()) continue;
    // A text is as in a CSV file; in a list, each item is one thing.
    const JsonLine::Held& held = values->second;
    if (held.is_list) {
      row.texts[c] = JoinList(held.items);
    } else if (!held.items.empty()) {
      row.texts[c] = held.items.front();
    }
  }
  return row;
}

bool MemberFile::Next(const MemberDefaults& defaults, RejectsFile& rejects, MemberRow& row) {
  while (std::optional<Texts> next = csv_ ? NextCsv() : NextJson()) {
    absl::StatusOr<MemberRow> read =
        next->error.ok() ? ReadMember(next->texts, defaults) : next->error;
    if (read.ok()) {
      row = *std::move(read);
      row.line = next->line;
      row.text = next->text;
      return true;
    }
    rejects.Add(next->line, next->text, next->well_formed, read.status());
  }
  return false;
}

}  // namespace gratis::cli
