#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace gratis::cli {

// Which title of a header holds which of the columns that an importer knows. Immutable.
class Columns {
 public:
  // `names` are the columns' names, the first `required` of which must be there. `mapping` names
  // the header's title for a column where it differs from the column's own name: {"order_id":
  // "Bestellnummer"}. Titles are compared without regard to case and to spaces around them. Other
  // titles are left alone.
  // Errors: FIELD_INVALID (unknown column, title not in the header, title twice), FIELD_MISSING (a
  // required column that is not there).
  static absl::StatusOr<Columns> FromHeader(const std::vector<std::string_view>& header,
                                            const std::map<std::string, std::string>& mapping,
                                            absl::Span<const std::string_view> names,
                                            size_t required);

  bool Has(size_t column) const { return at_[column] >= 0; }
  // The field among those of a record, without spaces around it; empty when there is none.
  std::string_view Get(const std::vector<std::string_view>& fields, size_t column) const;
  // How many titles the header has.
  size_t count() const { return count_; }

 private:
  std::vector<int> at_;  // by column; -1: nowhere
  size_t count_ = 0;
};

// "order_id, customer_id, …"
std::string ColumnNames(absl::Span<const std::string_view> names);

// "order_id=Nr,total=Betrag" as a mapping. Errors: FIELD_INVALID.
absl::StatusOr<std::map<std::string, std::string>> ParseMapping(std::string_view text);

// Errors: FIELD_INVALID of --map (a name that is no column).
absl::Status CheckMapping(const std::map<std::string, std::string>& mapping,
                          absl::Span<const std::string_view> names);

// What stands between fields: a character, or "tab". Errors: FIELD_INVALID (usage).
absl::StatusOr<char> ParseSeparator(const std::string& text);

}  // namespace gratis::cli
