#include "services/cli/csv.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

absl::StatusOr<CsvReader> CsvReader::Open(const std::string& path, Options options) {
  CsvReader reader(options);
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    reader.file_.open(path, std::ios::binary | std::ios::ate);
  }
  reader.size_ = reader.file_.is_open() ? static_cast<int64_t>(reader.file_.tellg()) : -1;
  if (reader.size_ < 0) {
    return FieldError(Reason::kFieldInvalid, "FILE",
                      absl::StrCat("\"", path, "\" cannot be opened; is the path right?"));
  }
  reader.file_.seekg(0);
  reader.Fill(kByteOrderMark.size());
  if (std::string_view(reader.buffer_).starts_with(kByteOrderMark)) {
    reader.begin_ = kByteOrderMark.size();
  }
  return reader;
}

void CsvReader::Fill(size_t count) {
  if (begin_ + count <= buffer_.size() || !file_) return;
  base_ += static_cast<int64_t>(begin_);
  buffer_.erase(0, begin_);
  begin_ = 0;
  while (buffer_.size() < count && file_) {
    const size_t held = buffer_.size();
    buffer_.resize(held + options_.read_bytes);
    file_.read(buffer_.data() + held, static_cast<std::streamsize>(options_.read_bytes));
    buffer_.resize(held + static_cast<size_t>(file_.gcount()));
  }
}

bool CsvReader::AtEnd(size_t i) {
  if (begin_ + i < buffer_.size()) return false;
  Fill(i + 1);
  return begin_ + i >= buffer_.size();
}

bool CsvReader::SkipEmptyLines() {
  while (!AtEnd(0)) {
    if (buffer_[begin_] == '\n') {
      ++line_;
    } else if (buffer_[begin_] != '\r') {
      return true;
    }
    ++begin_;
  }
  return false;
}

bool CsvReader::Next(CsvRecord& record) {
  record.fields.clear();
  record.error = absl::OkStatus();
  if (!SkipEmptyLines()) return false;
  record.line = line_;
  record.offset = position();
  std::string_view why;
  const size_t length = Parse(why);
  if (length == 0) {
    RejectLine(record, why);
    return true;
  }
  const std::string_view whole = std::string_view(buffer_).substr(begin_, length);
  record.text = whole.substr(0, whole.find_last_not_of("\r\n") + 1);
  for (const Extent& extent : extents_) {
    const std::string_view from = extent.unquoted ? unquoted_ : whole;
    record.fields.push_back(from.substr(extent.from, extent.length));
  }
  begin_ += length;
  line_ += lines_in_record_;
  return true;
}

size_t CsvReader::Parse(std::string_view& why) {
  extents_.clear();
  unquoted_.clear();
  lines_in_record_ = 0;
  size_t i = 0;
  while (true) {
    if (!AtEnd(i) && buffer_[begin_ + i] == '"') {
      i = ParseQuoted(i + 1, why);
      if (i == 0) return 0;
    } else {
      const size_t from = i;
      while (!AtEnd(i) && buffer_[begin_ + i] != options_.separator &&
             buffer_[begin_ + i] != '\n' && i <= kMaxRecordBytes) {
        ++i;
      }
      size_t length = i - from;
      const bool ends_line = AtEnd(i) || buffer_[begin_ + i] == '\n';
      if (ends_line && length > 0 && buffer_[begin_ + i - 1] == '\r') --length;
      extents_.push_back({false, from, length});
    }
    if (i > kMaxRecordBytes) {
      why = "it is longer than 64 KiB";
      return 0;
    }
    if (AtEnd(i)) {
      lines_in_record_ += 1;
      return i;
    }
    const char ended_by = buffer_[begin_ + i];
    ++i;
    if (ended_by == '\n') {
      lines_in_record_ += 1;
      return i;
    }
  }
}

// `i` is behind the opening quote. Returns where the separator or line end is; 0 if malformed.
size_t CsvReader::ParseQuoted(size_t i, std::string_view& why) {
  const size_t start = unquoted_.size();
  while (true) {
    if (AtEnd(i) || i > kMaxRecordBytes) {
      why = "a quote is opened and never closed";
      return 0;
    }
    const char c = buffer_[begin_ + i];
    ++i;
    if (c == '\n') ++lines_in_record_;
    if (c != '"') {
      unquoted_ += c;
    } else if (!AtEnd(i) && buffer_[begin_ + i] == '"') {
      unquoted_ += '"';
      ++i;
    } else {
      break;
    }
  }
  extents_.push_back({true, start, unquoted_.size() - start});
  if (!AtEnd(i) && buffer_[begin_ + i] == '\r' &&
      (AtEnd(i + 1) || buffer_[begin_ + i + 1] == '\n')) {
    ++i;
  }
  if (!AtEnd(i) && buffer_[begin_ + i] != options_.separator && buffer_[begin_ + i] != '\n') {
    why = "there is text behind a closing quote";
    return 0;
  }
  return i;
}

void CsvReader::RejectLine(CsvRecord& record, std::string_view why) {
  record.error = Error(Reason::kFieldInvalid,
                       absl::StrCat("the line is not well-formed CSV: ", base::Abs(why)));
  size_t length = 0;
  while (length < kMaxRecordBytes && !AtEnd(length) && buffer_[begin_ + length] != '\n') ++length;
  record.text = std::string_view(buffer_).substr(begin_, length);
  if (record.text.ends_with('\r')) record.text.remove_suffix(1);
  begin_ += length;
  if (length < kMaxRecordBytes || (begin_ < buffer_.size() && buffer_[begin_] == '\n')) return;
  // The rest of a line that is too long is dropped piece by piece; its start must stay readable
  // until the next call, so it is kept apart.
  unquoted_.assign(record.text);
  record.text = unquoted_;
  while (!AtEnd(0) && buffer_[begin_] != '\n') ++begin_;
}

void CsvReader::Seek(int64_t offset, int64_t line) {
  line_ = line;
  const int64_t in_buffer = offset - base_;
  if (in_buffer >= 0 && in_buffer <= static_cast<int64_t>(buffer_.size())) {
    begin_ = static_cast<size_t>(in_buffer);
    return;
  }
  buffer_.clear();
  begin_ = 0;
  base_ = offset;
  file_.clear();
  file_.seekg(offset);
}

std::string CsvField(std::string_view field) {
  if (field.find_first_of(",;\t\"\r\n") == std::string_view::npos) return std::string(field);
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

}  // namespace gratis::cli
