#include "common/config/file.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::config {
namespace {

using base::Abs;
using base::Std;

// What is left of one line.
class Line {
 public:
  Line(std::string_view text, int number) : rest_(text), number_(number) { SkipSpace(); }

  absl::Status Wrong(std::string_view what) const {
    return Error(Reason::kConfigInvalid, absl::StrCat("line ", number_, ": ", Abs(what)));
  }

  bool AtEnd() const { return rest_.empty() || rest_.front() == '#'; }
  bool AtComment() const { return AtEnd() || rest_.front() == ';'; }

  bool Take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    SkipSpace();
    return true;
  }

  // Everything up to one of `ends`, without the space around it.
  std::string TakeUntil(std::string_view ends) {
    const std::string_view taken = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(taken.size());
    return std::string(absl::StripAsciiWhitespace(Abs(taken)));
  }

  absl::StatusOr<std::vector<std::string>> TakeValues() {
    std::vector<std::string> values;
    if (!Take('[')) {
      ASSIGN_OR_RETURN(values.emplace_back(), TakeValue("#"));
      return values;
    }
    while (!Take(']')) {
      if (AtEnd()) return Wrong("the array does not end; write it on one line");
      ASSIGN_OR_RETURN(values.emplace_back(), TakeValue(",]#"));
      if (!Take(',') && (rest_.empty() || rest_.front() != ']')) {
        return Wrong("between the values of an array there is a comma");
      }
    }
    return values;
  }

 private:
  void SkipSpace() { rest_ = Std(absl::StripAsciiWhitespace(Abs(rest_))); }

  absl::StatusOr<std::string> TakeValue(std::string_view ends) {
    if (rest_.empty()) return Wrong("there is no value");
    const char quote = rest_.front();
    if (quote == '"' || quote == '\'') return TakeQuoted(quote);
    std::string bare = TakeUntil(ends);
    if (bare.empty()) return Wrong("there is no value");
    return bare;
  }

  absl::StatusOr<std::string> TakeQuoted(char quote) {
    rest_.remove_prefix(1);
    std::string text;
    while (!rest_.empty() && rest_.front() != quote) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\' && quote == '"') {
        if (rest_.empty()) break;
        const char escaped = rest_.front();
        rest_.remove_prefix(1);
        switch (escaped) {
          case 'n':
            c = '\n';
            break;
          case 't':
            c = '\t';
            break;
          case '"':
          case '\\':
            c = escaped;
            break;
          default:
            return Wrong("a backslash stands before one of \" \\ n t");
        }
      }
      text.push_back(c);
    }
    if (!Take(quote)) return Wrong("a quote is not closed");
    return text;
  }

  std::string_view rest_;
  const int number_;
};

}  // namespace

absl::StatusOr<std::vector<FileEntry>> ParseFile(std::string_view text) {
  std::vector<FileEntry> entries;
  std::string section;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(Abs(text), '\n')) {
    Line line(Std(raw), ++number);
    if (line.AtComment()) continue;
    if (line.Take('[')) {
      section = line.TakeUntil("]#");
      if (section.empty() || !line.Take(']')) return line.Wrong("a section is written [name]");
    } else {
      FileEntry entry{section, line.TakeUntil("=#"), {}, number};
      if (entry.key.empty() || !line.Take('='))
        return line.Wrong("a setting is written key = value");
      ASSIGN_OR_RETURN(entry.values, line.TakeValues());
      entries.push_back(std::move(entry));
    }
    if (!line.AtEnd()) return line.Wrong("there is more after the value than a comment");
  }
  return entries;
}

}  // namespace gratis::config
