#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/csv.h"

namespace gratis::cli {

// What the importer can take from a file of orders.
enum class OrderColumn {
  kOrderId,     // required
  kCustomerId,  // required
  kOrderedOn,   // required
  kTotal,       // required
  kCurrency,
  kQuantity,
  kBirthday,
  kEmail,
  kPhone,
  kName,
};
inline constexpr size_t kOrderColumns = 10;

// The name of a column in --map, which is also its name in a file's header: "order_id".
std::string_view NameOf(OrderColumn column);

// "order_id, customer_id, …"
std::string OrderColumnNames();

// Which field of a record holds what. Immutable.
class OrderColumns {
 public:
  // `mapping` names the header's title for a column where it differs from the column's own name:
  // {"order_id": "Bestellnummer"}. Titles are compared without regard to case and to spaces around
  // them. Other titles are left alone.
  // Errors: FIELD_INVALID (unknown column, title not in the header, title twice), FIELD_MISSING (a
  // required column that is not there).
  static absl::StatusOr<OrderColumns> FromHeader(const std::vector<std::string_view>& header,
                                                 const std::map<std::string, std::string>& mapping);

  bool Has(OrderColumn column) const { return at_[static_cast<size_t>(column)] >= 0; }
  // The field, without spaces around it; empty when the file has no such column.
  std::string_view Get(const CsvRecord& record, OrderColumn column) const;
  size_t count() const { return count_; }

 private:
  std::array<int, kOrderColumns> at_{};
  size_t count_ = 0;
};

// "order_id=Nr,total=Betrag" as a mapping. Errors: FIELD_INVALID.
absl::StatusOr<std::map<std::string, std::string>> ParseMapping(std::string_view text);

}  // namespace gratis::cli
