#include "services/cli/order_columns.h"

#include <array>

#include "common/status/macros.h"

namespace gratis::cli {
namespace {

constexpr std::array<std::string_view, kOrderColumns> kOrderColumnNames = {
    "order_id", "customer_id", "ordered_on", "total", "currency",
    "quantity", "birthday",    "email",      "phone", "name"};
constexpr size_t kRequired = 4;

}  // namespace

std::string_view NameOf(OrderColumn column) {
  return kOrderColumnNames[static_cast<size_t>(column)];
}

std::string OrderColumnNames() { return ColumnNames(kOrderColumnNames); }

absl::StatusOr<OrderColumns> OrderColumns::FromHeader(
    const std::vector<std::string_view>& header,
    const std::map<std::string, std::string>& mapping) {
  ASSIGN_OR_RETURN(Columns columns,
                   Columns::FromHeader(header, mapping, kOrderColumnNames, kRequired));
  return OrderColumns(std::move(columns));
}

}  // namespace gratis::cli
