#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/cli/csv.h"
#include "services/cli/order_columns.h"
#include "services/cli/order_row.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

// A file of orders: whatever is in it, it is read to its end, the same way however much is read at
// a time, and a row that becomes an order is one.
namespace gratis::cli {
namespace {

using fuzz::MemoryFile;
using fuzz::Require;

// Everything that was read, as one text; `orders` are made of it on the way.
std::string ReadAll(const MemoryFile& file, CsvReader::Options options) {
  absl::StatusOr<CsvReader> reader = CsvReader::Open(file.path(), options);
  Require(reader.ok(), "the file opens");
  std::string all;
  std::optional<OrderColumns> columns;
  const OrderDefaults defaults{.currency_code = "USD", .zone = absl::UTCTimeZone()};
  int64_t line = 0;
  CsvRecord record;
  while (reader->Next(record)) {
    Require(record.line > line, "lines go forward");
    line = record.line;
    absl::StrAppend(&all, record.line, ":", record.offset, record.error.ok() ? "" : "!", "[");
    for (const std::string_view field : record.fields) {
      absl::StrAppend(&all, std::string(field), "|");
    }
    if (!record.error.ok()) continue;
    Require(!record.fields.empty(), "a record has a field");
    if (!columns) {
      const auto header = OrderColumns::FromHeader(record.fields, {});
      if (!header.ok()) break;
      columns = *header;
      continue;
    }
    const absl::StatusOr<Order> order = ReadOrder(record, *columns, defaults);
    if (!order.ok()) continue;
    Require(!order->order_id.empty() && !order->customer_id.empty(), "an order has its ids");
    Require(order->line == record.line, "an order knows its line");
  }
  return all;
}

}  // namespace
}  // namespace gratis::cli

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::cli::ReadAll;
  using gratis::fuzz::MemoryFile;
  if (size == 0) return 0;
  const char separator = ",;\t|"[data[0] & 3];
  const MemoryFile file(gratis::fuzz::TextOf(data + 1, size - 1));
  const std::string at_once = ReadAll(file, {.separator = separator});
  const std::string bit_by_bit = ReadAll(file, {.separator = separator, .read_bytes = 7});
  gratis::fuzz::Require(at_once == bit_by_bit, "it is read the same way, whole and bit by bit");
  return 0;
}
