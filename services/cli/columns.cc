#include "services/cli/columns.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/failure.h"

namespace gratis::cli {
namespace {

std::string_view Trimmed(std::string_view text) {
  return base::Std(absl::StripAsciiWhitespace(base::Abs(text)));
}

absl::Status MapError(const std::string& message) {
  return FieldError(Reason::kFieldInvalid, "--map", message);
}

// Where the title stands in the header; -1 if it does not. Errors: FIELD_INVALID (twice).
absl::StatusOr<int> PlaceOf(std::string_view title, const std::vector<std::string_view>& header) {
  int place = -1;
  for (size_t i = 0; i < header.size(); ++i) {
    if (!absl::EqualsIgnoreCase(base::Abs(Trimmed(header[i])), base::Abs(title))) continue;
    if (place >= 0) {
      return MapError(absl::StrCat("the header has \"", base::Abs(title), "\" twice"));
    }
    place = static_cast<int>(i);
  }
  return place;
}

}  // namespace

std::string ColumnNames(absl::Span<const std::string_view> names) {
  return absl::StrJoin(names, ", ", [](std::string* out, std::string_view title) {
    absl::StrAppend(out, base::Abs(title));
  });
}

absl::Status CheckMapping(const std::map<std::string, std::string>& mapping,
                          absl::Span<const std::string_view> names) {
  for (const auto& [name, title] : mapping) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return MapError(
          absl::StrCat("\"", name, "\" is not a column; the columns are ", ColumnNames(names)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Columns> Columns::FromHeader(const std::vector<std::string_view>& header,
                                            const std::map<std::string, std::string>& mapping,
                                            absl::Span<const std::string_view> names,
                                            size_t required) {
  RETURN_IF_ERROR(CheckMapping(mapping, names));
  Columns columns;
  columns.count_ = header.size();
  for (size_t c = 0; c < names.size(); ++c) {
    const auto mapped = mapping.find(std::string(names[c]));
    const std::string_view title = mapped == mapping.end() ? names[c] : Trimmed(mapped->second);
    ASSIGN_OR_RETURN(const int place, PlaceOf(title, header));
    columns.at_.push_back(place);
    if (place >= 0) continue;
    if (mapped != mapping.end()) {
      return MapError(absl::StrCat("the header has no \"", base::Abs(title), "\"; it has ",
                                   ColumnNames(header)));
    }
    if (c < required) {
      return FieldError(Reason::kFieldMissing, names[c],
                        absl::StrCat("the header has no \"", base::Abs(names[c]), "\"; it has ",
                                     ColumnNames(header), "; name the column with --map ",
                                     base::Abs(names[c]), "=COLUMN"));
    }
  }
  return columns;
}

std::string_view Columns::Get(const std::vector<std::string_view>& fields, size_t column) const {
  const int at = at_[column];
  if (at < 0 || static_cast<size_t>(at) >= fields.size()) return {};
  return Trimmed(fields[static_cast<size_t>(at)]);
}

absl::StatusOr<std::map<std::string, std::string>> ParseMapping(std::string_view text) {
  std::map<std::string, std::string> mapping;
  for (const auto piece : absl::StrSplit(base::Abs(text), ',', absl::SkipWhitespace())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(piece, absl::MaxSplits('=', 1));
    const std::string name(absl::StripAsciiWhitespace(pair.first));
    const std::string title(absl::StripAsciiWhitespace(pair.second));
    if (name.empty() || title.empty()) {
      return MapError(absl::StrCat("\"", piece, "\" is not of the form NAME=COLUMN"));
    }
    if (!mapping.emplace(name, title).second) {
      return MapError(absl::StrCat("\"", name, "\" is mapped twice"));
    }
  }
  return mapping;
}

absl::StatusOr<char> ParseSeparator(const std::string& text) {
  if (text == "tab") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text[0];
  return UsageError("--separator", "it is one character, or the word tab");
}

}  // namespace gratis::cli
