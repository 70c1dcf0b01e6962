#include "services/cli/order_columns.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

constexpr std::array<std::string_view, kOrderColumns> kNames = {
    "order_id", "customer_id", "ordered_on", "total", "currency",
    "quantity", "birthday",    "email",      "phone", "name"};
constexpr size_t kRequired = 4;

std::string_view Trimmed(std::string_view text) {
  return base::Std(absl::StripAsciiWhitespace(base::Abs(text)));
}

absl::Status MapError(const std::string& message) {
  return FieldError(Reason::kFieldInvalid, "--map", message);
}

std::string Titles(const std::vector<std::string_view>& header) {
  return absl::StrJoin(header, ", ", [](std::string* out, std::string_view title) {
    absl::StrAppend(out, base::Abs(title));
  });
}

}  // namespace

std::string_view NameOf(OrderColumn column) { return kNames[static_cast<size_t>(column)]; }

std::string OrderColumnNames() {
  return Titles(std::vector<std::string_view>(kNames.begin(), kNames.end()));
}

absl::StatusOr<OrderColumns> OrderColumns::FromHeader(
    const std::vector<std::string_view>& header,
    const std::map<std::string, std::string>& mapping) {
  for (const auto& [name, title] : mapping) {
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      return MapError(
          absl::StrCat("\"", name, "\" is not a column; the columns are ", OrderColumnNames()));
    }
  }
  OrderColumns columns;
  columns.count_ = header.size();
  columns.at_.fill(-1);
  for (size_t c = 0; c < kOrderColumns; ++c) {
    const auto mapped = mapping.find(std::string(kNames[c]));
    const std::string_view title = mapped == mapping.end() ? kNames[c] : Trimmed(mapped->second);
    for (size_t i = 0; i < header.size(); ++i) {
      if (!absl::EqualsIgnoreCase(base::Abs(Trimmed(header[i])), base::Abs(title))) continue;
      if (columns.at_[c] >= 0) {
        return MapError(absl::StrCat("the header has \"", base::Abs(title), "\" twice"));
      }
      columns.at_[c] = static_cast<int>(i);
    }
    if (columns.at_[c] >= 0) continue;
    if (mapped != mapping.end()) {
      return MapError(
          absl::StrCat("the header has no \"", base::Abs(title), "\"; it has ", Titles(header)));
    }
    if (c < kRequired) {
      return FieldError(
          Reason::kFieldMissing, kNames[c],
          absl::StrCat("the header has no \"", base::Abs(kNames[c]), "\"; it has ", Titles(header),
                       "; name the column with --map ", base::Abs(kNames[c]), "=COLUMN"));
    }
  }
  return columns;
}

std::string_view OrderColumns::Get(const CsvRecord& record, OrderColumn column) const {
  const int at = at_[static_cast<size_t>(column)];
  if (at < 0 || static_cast<size_t>(at) >= record.fields.size()) return {};
  return Trimmed(record.fields[static_cast<size_t>(at)]);
}

absl::StatusOr<std::map<std::string, std::string>> ParseMapping(std::string_view text) {
  std::map<std::string, std::string> mapping;
  for (const auto piece : absl::StrSplit(base::Abs(text), ',', absl::SkipWhitespace())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(piece, absl::MaxSplits('=', 1));
    const std::string name(absl::StripAsciiWhitespace(pair.first));
    const std::string title(absl::StripAsciiWhitespace(pair.second));
    if (name.empty() || title.empty()) {
      return MapError(absl::StrCat("\"", piece, "\" is not of the form order_id=COLUMN"));
    }
    if (!mapping.emplace(name, title).second) {
      return MapError(absl::StrCat("\"", name, "\" is mapped twice"));
    }
  }
  return mapping;
}

}  // namespace gratis::cli
