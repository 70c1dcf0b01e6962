#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/columns.h"
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
  // Errors: those of Columns::FromHeader.
  static absl::StatusOr<OrderColumns> FromHeader(const std::vector<std::string_view>& header,
                                                 const std::map<std::string, std::string>& mapping);

  bool Has(OrderColumn column) const { return columns_.Has(static_cast<size_t>(column)); }
  // The field, without spaces around it; empty when the file has no such column.
  std::string_view Get(const CsvRecord& record, OrderColumn column) const {
    return columns_.Get(record.fields, static_cast<size_t>(column));
  }
  size_t count() const { return columns_.count(); }

 private:
  explicit OrderColumns(Columns columns) : columns_(std::move(columns)) {}

  Columns columns_;
};

}  // namespace gratis::cli
