#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/csv.h"
#include "services/cli/order_columns.h"
#include "services/cli/order_row.h"
#include "services/cli/rejects.h"

namespace gratis::cli {

// A CSV file of orders, opened and its header understood. Not thread-safe.
class OrderFile {
 public:
  // Errors: FIELD_INVALID, FIELD_MISSING (the file or its header; see OrderColumns).
  static absl::StatusOr<OrderFile> Open(const std::string& path, char separator,
                                        const std::map<std::string, std::string>& mapping);

  // The header as it stands in the file, and how many columns it has.
  const std::string& header() const { return header_; }
  const OrderColumns& columns() const { return columns_; }

  // The next row that is an order; the ones before it that are none go to `rejects`. False at the
  // end.
  bool Next(const OrderDefaults& defaults, RejectsFile& rejects, Order& order);

  // Where a row is, and when it was bought: all that sorting needs, so that a file larger than
  // memory can be lived through in the order of time.
  struct Place {
    int64_t at_seconds;  // since 1970
    int64_t offset;
    int64_t line;
  };
  // Reads all rows from here on, in the order of time and, within a second, of the file.
  std::vector<Place> PlacesByTime(const OrderDefaults& defaults, RejectsFile& rejects);
  // The order at a place that PlacesByTime returned.
  absl::StatusOr<Order> At(const Place& place, const OrderDefaults& defaults);

  int64_t position() const { return reader_.position(); }
  int64_t size() const { return reader_.size(); }

 private:
  OrderFile(CsvReader reader, OrderColumns columns, std::string header)
      : reader_(std::move(reader)), columns_(columns), header_(std::move(header)) {}

  CsvReader reader_;
  OrderColumns columns_;
  std::string header_;
  CsvRecord record_;
};

// "cdnow-orders" for "/data/CDNOW orders.csv": a name as OrderKey.source allows it.
std::string SourceNamed(const std::string& path);

// A source's name as a program's code allows it.
std::string ProgramNamed(std::string_view source);

// "/data/orders.rejects.csv" for "/data/orders.csv".
std::string RejectsPathOf(const std::string& path);

}  // namespace gratis::cli
