#include "services/cli/rejects.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/cli/csv.h"

namespace gratis::cli {

RejectsFile::RejectsFile(std::string path, std::string_view header, size_t columns, char separator)
    : path_(std::move(path)), header_(header), columns_(columns), separator_(separator) {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void RejectsFile::Add(int64_t line, std::string_view text, bool well_formed,
                      const absl::Status& error) {
  const auto reason = ReasonOf(error);
  const auto field = FieldOf(error);
  std::string sentence(error.message());
  if (field) sentence = absl::StrCat(*field, ": ", sentence);
  const std::scoped_lock lock(mutex_);
  if (count_++ == 0) {
    file_.open(path_, std::ios::binary | std::ios::trunc);
    file_ << header_ << separator_ << "line" << separator_ << "reason" << separator_ << "message\n";
  }
  if (well_formed) {
    file_ << text;
  } else {
    file_ << CsvField(text) << std::string(columns_ > 0 ? columns_ - 1 : 0, separator_);
  }
  file_ << separator_ << line << separator_ << (reason ? Describe(*reason).name : "UNKNOWN")
        << separator_ << CsvField(sentence) << "\n";
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
