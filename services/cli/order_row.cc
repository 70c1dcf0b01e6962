#include "services/cli/order_row.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {
namespace {

constexpr size_t kMaxIdCharacters = 128;

absl::StatusOr<std::string> ReadId(const CsvRecord& record, const OrderColumns& columns,
                                   OrderColumn column) {
  const std::string_view id = columns.Get(record, column);
  if (id.empty()) return FieldError(Reason::kFieldMissing, NameOf(column), "it is empty");
  if (base::CodePoints(id) > kMaxIdCharacters) {
    return FieldError(Reason::kFieldTooLong, NameOf(column), "it has more than 128 characters");
  }
  return std::string(id);
}

absl::Status ReadTime(std::string_view text, const OrderDefaults& defaults, Order& order) {
  ASSIGN_OR_RETURN(order.purchased_at, ParseTime(text, defaults.zone, DayAs::kNoon));
  order.day = base::DayOf(order.purchased_at, defaults.zone);
  order.day_alone = IsDayAlone(text);
  order.is_now = MeansNow(text, defaults.zone, DayAs::kNoon, defaults.now);
  return absl::OkStatus();
}

absl::Status ReadQuantity(std::string_view text, Order& order) {
  if (text.empty()) return absl::OkStatus();
  if (!absl::SimpleAtoi(base::Abs(text), &order.item_count) || order.item_count < 0) {
    return Error(Reason::kFieldInvalid,
                 absl::StrCat("\"", base::Abs(text), "\" is not a whole number of items"));
  }
  return absl::OkStatus();
}

absl::Status ReadCustomer(const CsvRecord& record, const OrderColumns& columns, Order& order) {
  order.email = columns.Get(record, OrderColumn::kEmail);
  order.phone = columns.Get(record, OrderColumn::kPhone);
  order.name = columns.Get(record, OrderColumn::kName);
  const std::string_view birthday = columns.Get(record, OrderColumn::kBirthday);
  if (birthday.empty()) return absl::OkStatus();
  absl::StatusOr<Birthday> parsed = ParseBirthday(birthday);
  if (!parsed.ok()) return InField(parsed.status(), NameOf(OrderColumn::kBirthday));
  order.birthday = *parsed;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Birthday> ParseBirthday(std::string_view text) {
  // 2000 was a leap year: "02-29" must pass.
  const bool with_year = text.size() == 10;
  const std::string whole = with_year ? std::string(text) : absl::StrCat("2000-", base::Abs(text));
  const absl::StatusOr<absl::CivilDay> day = base::ParseDay(whole);
  if (!day.ok()) {
    return Error(
        Reason::kInvalidDate,
        absl::StrCat("\"", base::Abs(text), "\" is not a birthday; write MM-DD or YYYY-MM-DD"));
  }
  Birthday birthday{day->month(), day->day(), std::nullopt};
  if (with_year) birthday.year = static_cast<int>(day->year());
  return birthday;
}

absl::StatusOr<Order> ReadOrder(const CsvRecord& record, const OrderColumns& columns,
                                const OrderDefaults& defaults) {
  RETURN_IF_ERROR(record.error);
  if (!base::IsValidUtf8(record.text)) {
    return Error(Reason::kInvalidUtf8, "the line is not UTF-8, or holds a NUL; save the file so");
  }
  if (record.fields.size() != columns.count()) {
    return Error(Reason::kFieldInvalid, absl::StrCat("the line has ", record.fields.size(),
                                                     " fields and the header ", columns.count()));
  }
  Order order;
  order.line = record.line;
  order.text = record.text;
  ASSIGN_OR_RETURN(order.order_id, ReadId(record, columns, OrderColumn::kOrderId));
  ASSIGN_OR_RETURN(order.customer_id, ReadId(record, columns, OrderColumn::kCustomerId));
  RETURN_IF_ERROR(InField(ReadTime(columns.Get(record, OrderColumn::kOrderedOn), defaults, order),
                          "ordered_on"));
  std::string_view currency = columns.Get(record, OrderColumn::kCurrency);
  if (currency.empty()) currency = defaults.currency_code;
  RETURN_IF_ERROR(InField(base::CurrencyExponent(currency).status(), "currency"));
  absl::StatusOr<base::Money> total =
      base::ParseMoney(columns.Get(record, OrderColumn::kTotal), currency);
  if (total.ok() && total->minor_units < 0) {
    total = Error(Reason::kInvalidAmount, "a purchase is 0 or more; returns are not orders");
  }
  RETURN_IF_ERROR(InField(total.status(), "total"));
  order.total = *std::move(total);
  RETURN_IF_ERROR(
      InField(ReadQuantity(columns.Get(record, OrderColumn::kQuantity), order), "quantity"));
  RETURN_IF_ERROR(ReadCustomer(record, columns, order));
  return order;
}

}  // namespace gratis::cli
