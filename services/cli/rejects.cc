#include "services/cli/rejects.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/cli/csv.h"
#include "services/cli/json.h"

namespace gratis::cli {
namespace {

void Forget(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace

RejectsFile::RejectsFile(std::string path, std::string_view header, size_t columns, char separator)
    : path_(std::move(path)), header_(header), columns_(columns), separator_(separator) {
  Forget(path_);
}

RejectsFile::RejectsFile(std::string path) : path_(std::move(path)), json_lines_(true) {
  Forget(path_);
}

void RejectsFile::Add(int64_t line, std::string_view text, bool well_formed,
                      const absl::Status& error) {
  const auto reason = ReasonOf(error);
  const auto field = FieldOf(error);
  std::string sentence(error.message());
  if (field) sentence = absl::StrCat(*field, ": ", sentence);
  const std::string_view name = reason ? Describe(*reason).name : "UNKNOWN";
  const std::scoped_lock lock(mutex_);
  if (count_++ == 0) file_.open(path_, std::ios::binary | std::ios::trunc);
  if (json_lines_) return AddJson(line, text, well_formed, name, sentence);
  AddCsv(line, text, well_formed, name, sentence);
}

void RejectsFile::AddCsv(int64_t line, std::string_view text, bool well_formed,
                         std::string_view reason, std::string_view sentence) {
  if (count_ == 1) {
    file_ << header_ << separator_ << "line" << separator_ << "reason" << separator_ << "message\n";
  }
  if (well_formed) {
    file_ << text;
  } else {
    file_ << CsvField(text) << std::string(columns_ > 0 ? columns_ - 1 : 0, separator_);
  }
  file_ << separator_ << line << separator_ << reason << separator_ << CsvField(sentence) << "\n";
}

void RejectsFile::AddJson(int64_t line, std::string_view text, bool well_formed,
                          std::string_view reason, std::string_view sentence) {
  JsonWriter more;
  more.BeginObject().Field("line", line).Field("reason", reason).Field("message", sentence);
  if (!well_formed) {
    more.Field("text", base::IsValidUtf8(text) ? text : std::string_view("not UTF-8"));
  }
  more.EndObject();
  if (!well_formed) {
    file_ << more.text() << "\n";
    return;
  }
  // The object goes on where it ended.
  std::string_view open = base::Std(absl::StripTrailingAsciiWhitespace(base::Abs(text)));
  open.remove_suffix(1);
  open = base::Std(absl::StripTrailingAsciiWhitespace(base::Abs(open)));
  const bool empty = open.ends_with('{');
  file_ << open << (empty ? "" : ",") << more.text().substr(1) << "\n";
}

int64_t RejectsFile::count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

absl::Status RejectsFile::Close() {
  const std::scoped_lock lock(mutex_);
  if (count_ == 0) return absl::OkStatus();
  file_.close();
  if (!file_.fail()) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "--rejects",
                    absl::StrCat(path_, " cannot be written; ", count_,
                                 " rejected rows are not in it; name another file"));
}

}  // namespace gratis::cli
