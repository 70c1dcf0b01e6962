#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "services/cli/order_columns.h"

namespace gratis::cli {

// A day of the year, and the year where somebody wants it known.
struct Birthday {
  int month = 0;
  int day = 0;
  std::optional<int> year;

  friend bool operator==(const Birthday&, const Birthday&) = default;
};

// "MM-DD" or "YYYY-MM-DD". Errors: INVALID_DATE.
absl::StatusOr<Birthday> ParseBirthday(std::string_view text);

// A row of a file of orders, checked.
struct Order {
  int64_t line = 0;
  std::string text;  // as it stands in the file
  std::string order_id;
  std::string customer_id;
  absl::CivilDay day;  // in the store's zone
  absl::Time purchased_at;
  bool day_alone = false;  // the row names no hour: it is the day's noon
  bool is_now = false;     // it names today, whose noon is still ahead
  base::Money total;
  int32_t item_count = 0;
  // What the row says about the customer, for when they are not a member yet.
  std::optional<Birthday> birthday;
  std::string email;
  std::string phone;
  std::string name;
};

// What a row leaves open.
struct OrderDefaults {
  std::string currency_code;
  absl::TimeZone zone;                    // the store's
  absl::Time now = absl::InfinitePast();  // by the program's clock, where that is asked for
};

// Checks a record and makes an order of it. A day without an hour counts as noon in the store's
// zone, or as now while today's is ahead; a time without a zone is in the store's. Errors, each
// with the column as its field: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_UTF8,
// INVALID_DATE, INVALID_AMOUNT, INVALID_CURRENCY.
absl::StatusOr<Order> ReadOrder(const CsvRecord& record, const OrderColumns& columns,
                                const OrderDefaults& defaults);

}  // namespace gratis::cli
