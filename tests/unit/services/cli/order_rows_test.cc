#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/base/civil.h"
#include "common/status/reasons.h"
#include "services/cli/order_columns.h"
#include "services/cli/order_file.h"
#include "services/cli/order_row.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace {

using testing::HasSubstr;

const std::vector<std::string_view> kHeader = {"order_id", "customer_id", "ordered_on",
                                               "quantity", "total",       "currency"};

OrderDefaults Defaults(const char* zone = "UTC") {
  return {.currency_code = "USD", .zone = *base::LoadZone(zone)};
}

OrderColumns Columns() { return *OrderColumns::FromHeader(kHeader, {}); }

CsvRecord Record(std::vector<std::string_view> fields) {
  CsvRecord record;
  record.line = 7;
  record.text = "as it stands";
  record.fields = std::move(fields);
  return record;
}

absl::StatusOr<Order> Read(std::vector<std::string_view> fields, const char* zone = "UTC") {
  return ReadOrder(Record(std::move(fields)), Columns(), Defaults(zone));
}

void ExpectRefused(const absl::StatusOr<Order>& order, Reason reason, std::string_view field) {
  EXPECT_EQ(ReasonOf(order.status()), reason) << order.status();
  EXPECT_EQ(FieldOf(order.status()).value_or(""), field);
}

TEST(OrderColumns, AreFoundByTheirNamesInAnyOrderAndCase) {
  const auto columns =
      OrderColumns::FromHeader({"Total", "note", " ORDER_ID ", "customer_id", "ordered_on"}, {});
  ASSERT_TRUE(columns.ok()) << columns.status();
  const CsvRecord record = Record({"1.50", "-", "A1", "c", "2027-01-31"});
  EXPECT_EQ(columns->Get(record, OrderColumn::kOrderId), "A1");
  EXPECT_EQ(columns->Get(record, OrderColumn::kTotal), "1.50");
  EXPECT_FALSE(columns->Has(OrderColumn::kCurrency));
  EXPECT_EQ(columns->Get(record, OrderColumn::kCurrency), "");
}

TEST(OrderColumns, AMappingNamesOtherTitles) {
  const auto mapping = ParseMapping("order_id=Bestellnummer, total = Betrag");
  ASSERT_TRUE(mapping.ok());
  const auto columns = OrderColumns::FromHeader(
      {"Bestellnummer", "customer_id", "ordered_on", "Betrag", "total"}, *mapping);
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_EQ(columns->Get(Record({"7", "c", "d", "1", "2"}), OrderColumn::kTotal), "1");
}

TEST(OrderColumns, SayWhatIsMissingAndWhatIsThere) {
  const absl::Status missing =
      OrderColumns::FromHeader({"order_id", "customer_id", "total"}, {}).status();
  EXPECT_EQ(ReasonOf(missing), Reason::kFieldMissing);
  EXPECT_EQ(FieldOf(missing), "ordered_on");
  EXPECT_THAT(missing.message(), HasSubstr("order_id, customer_id, total"));
}

TEST(OrderColumns, RefuseWhatCannotBeMeant) {
  const auto refused = [](const std::vector<std::string_view>& header, const char* map) {
    const auto mapping = ParseMapping(map);
    if (!mapping.ok()) return ReasonOf(mapping.status()) == Reason::kFieldInvalid;
    return ReasonOf(OrderColumns::FromHeader(header, *mapping).status()) == Reason::kFieldInvalid;
  };
  EXPECT_TRUE(refused(kHeader, "nonsense=total"));
  EXPECT_TRUE(refused(kHeader, "total=Betrag"));
  EXPECT_TRUE(refused(kHeader, "total"));
  EXPECT_TRUE(refused(kHeader, "total=a,total=b"));
  EXPECT_TRUE(refused({"order_id", "customer_id", "ordered_on", "total", "total"}, ""));
  EXPECT_FALSE(refused(kHeader, "quantity=quantity"));
}

TEST(OrderRow, IsReadWhole) {
  const auto order = Read({"CD1", "00007", "1997-01-12", "5", "77.00", "EUR"});
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->order_id, "CD1");
  EXPECT_EQ(order->customer_id, "00007");
  EXPECT_EQ(order->day, absl::CivilDay(1997, 1, 12));
  EXPECT_EQ(order->total, (base::Money{"EUR", 7700}));
  EXPECT_EQ(order->item_count, 5);
  EXPECT_EQ(order->line, 7);
  EXPECT_EQ(order->text, "as it stands");
}

TEST(OrderRow, ADayIsNoonInTheStoresZone) {
  const auto order = Read({"1", "c", "1997-07-01", "", "1", ""}, "America/New_York");
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(base::FormatTime(order->purchased_at), "1997-07-01T16:00:00.000000Z");
  EXPECT_EQ(order->total, (base::Money{"USD", 100}));
  EXPECT_EQ(order->item_count, 0);
}

TEST(OrderRow, TodayIsNowWhileItsNoonIsAhead) {
  OrderDefaults defaults = Defaults("America/New_York");
  defaults.now = absl::FromCivil(absl::CivilHour(2026, 11, 30, 7), defaults.zone);
  const auto read = [&](std::string_view day) {
    return *ReadOrder(Record({"1", "c", day, "", "1", ""}), Columns(), defaults);
  };
  EXPECT_TRUE(read("2026-11-30").is_now);
  EXPECT_TRUE(read("2026-11-30").day_alone);
  EXPECT_FALSE(read("2026-11-29").is_now);
  EXPECT_FALSE(read("2026-12-01").is_now);
  EXPECT_FALSE(read("2026-11-30T23:00:00Z").is_now);
  defaults.now += absl::Hours(6);
  EXPECT_FALSE(read("2026-11-30").is_now);
}

TEST(OrderRow, ATimeIsThatTime) {
  const auto utc = Read({"1", "c", "2027-01-31T23:30:00+01:00", "1", "1", ""});
  ASSERT_TRUE(utc.ok()) << utc.status();
  EXPECT_EQ(base::FormatTime(utc->purchased_at), "2027-01-31T22:30:00.000000Z");
  const auto local = Read({"1", "c", "2027-02-01 00:15:00", "1", "1", ""}, "Europe/Zurich");
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ(base::FormatTime(local->purchased_at), "2027-01-31T23:15:00.000000Z");
  EXPECT_EQ(local->day, absl::CivilDay(2027, 2, 1));
}

TEST(OrderRow, SaysWhatIsWrongAndWhere) {
  const std::string long_id(129, 'x');
  ExpectRefused(Read({"", "c", "1997-01-01", "1", "1", ""}), Reason::kFieldMissing, "order_id");
  ExpectRefused(Read({"1", " ", "1997-01-01", "1", "1", ""}), Reason::kFieldMissing, "customer_id");
  ExpectRefused(Read({long_id, "c", "1997-01-01", "1", "1", ""}), Reason::kFieldTooLong,
                "order_id");
  ExpectRefused(Read({"1", "c", "1997-02-29", "1", "1", ""}), Reason::kInvalidDate, "ordered_on");
  ExpectRefused(Read({"1", "c", "yesterday at noon", "1", "1", ""}), Reason::kInvalidDate,
                "ordered_on");
  ExpectRefused(Read({"1", "c", "1997-01-01", "many", "1", ""}), Reason::kFieldInvalid, "quantity");
  ExpectRefused(Read({"1", "c", "1997-01-01", "-1", "1", ""}), Reason::kFieldInvalid, "quantity");
  ExpectRefused(Read({"1", "c", "1997-01-01", "1", "1.005", ""}), Reason::kInvalidAmount, "total");
  ExpectRefused(Read({"1", "c", "1997-01-01", "1", "-3", ""}), Reason::kInvalidAmount, "total");
  ExpectRefused(Read({"1", "c", "1997-01-01", "1", "", ""}), Reason::kInvalidAmount, "total");
  ExpectRefused(Read({"1", "c", "1997-01-01", "1", "1", "XYZ"}), Reason::kInvalidCurrency,
                "currency");
  ExpectRefused(Read({"1", "c", "1997-01-01", "1", "1"}), Reason::kFieldInvalid, "");
}

TEST(OrderRow, TextThatIsNotUtf8IsRefused) {
  CsvRecord record = Record({"1", "caf\xE9", "1997-01-01", "1", "1", ""});
  record.text = "1,caf\xE9,1997-01-01,1,1,";
  ExpectRefused(ReadOrder(record, Columns(), Defaults()), Reason::kInvalidUtf8, "");
}

TEST(OrderRow, ABirthdayNeedsNoYear) {
  EXPECT_EQ(*ParseBirthday("02-29"), (Birthday{2, 29, std::nullopt}));
  EXPECT_EQ(*ParseBirthday("1988-02-29"), (Birthday{2, 29, 1988}));
  for (const char* wrong : {"02-30", "1987-02-29", "13-01", "1-1", "", "02/29"}) {
    EXPECT_EQ(ReasonOf(ParseBirthday(wrong).status()), Reason::kInvalidDate) << wrong;
  }
}

TEST(OrderFile, RowsThatAreNoneGoToTheRejectsAndStopNothing) {
  const TempFile file(
      "order_id,customer_id,ordered_on,total\n"
      "1,c,1997-01-01,1.00\n"
      "2,c,1997-02-30,1.00\n"
      "\"3,c,1997-01-01,1.00\n"
      "4,c,1997-01-01\n"
      "5,c,1997-01-01,5.00\n");
  auto orders = OrderFile::Open(file.path(), ',', {});
  ASSERT_TRUE(orders.ok()) << orders.status();
  const std::string path = RejectsPathOf(file.path());
  EXPECT_EQ(path, file.Beside("orders.rejects.csv"));
  RejectsFile rejects(path, orders->header(), orders->columns().count(), ',');
  std::vector<std::string> ids;
  Order order;
  while (orders->Next(Defaults(), rejects, order)) ids.push_back(order.order_id);
  EXPECT_THAT(ids, testing::ElementsAre("1", "5"));
  EXPECT_EQ(rejects.count(), 3);
  ASSERT_TRUE(rejects.Close().ok());
  EXPECT_EQ(ReadAll(path),
            "order_id,customer_id,ordered_on,total,line,reason,message\n"
            "2,c,1997-02-30,1.00,3,INVALID_DATE,ordered_on: 1997-02-30 is not a day of the "
            "calendar\n"
            "\"\"\"3,c,1997-01-01,1.00\",,,,4,FIELD_INVALID,the line is not well-formed CSV: a "
            "quote is opened and never closed\n"
            "\"4,c,1997-01-01\",,,,5,FIELD_INVALID,the line has 3 fields and the header 4\n");
}

TEST(OrderFile, RejectsThatWereMendedAreImportedFromWhereTheyAre) {
  const TempFile file(
      "order_id,customer_id,ordered_on,total,line,reason,message\n"
      "2,c,1997-02-28,1.00,3,INVALID_DATE,ordered_on: 1997-02-30 is not a day of the calendar\n",
      "orders.rejects.csv");
  auto orders = OrderFile::Open(file.path(), ',', {});
  ASSERT_TRUE(orders.ok());
  RejectsFile rejects(RejectsPathOf(file.path()), orders->header(), 7, ',');
  Order order;
  ASSERT_TRUE(orders->Next(Defaults(), rejects, order));
  EXPECT_EQ(order.order_id, "2");
  EXPECT_EQ(SourceNamed(file.path()), "orders");
}

TEST(OrderFile, AnEarlierImportsRejectsAreTakenAway) {
  const TempFile file("order_id,customer_id,ordered_on,total\n", "stale.rejects.csv");
  RejectsFile rejects(file.path(), "order_id,customer_id,ordered_on,total", 4, ',');
  EXPECT_TRUE(rejects.Close().ok());
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(OrderFile, RejectsThatCannotBeWrittenAreSaid) {
  RejectsFile rejects("/nowhere/at/all.csv", "a", 1, ',');
  rejects.Add(2, "x", true, Error(Reason::kFieldInvalid, "no"));
  EXPECT_EQ(FieldOf(rejects.Close()), "--rejects");
}

TEST(OrderFile, PlacesAreInTheOrderOfTime) {
  const TempFile file(
      "order_id,customer_id,ordered_on,total\n"
      "1,a,1997-03-01,1\n"
      "2,b,1997-01-01,1\n"
      "3,a,1997-03-01,1\n"
      "4,c,1997-02-01,1\n");
  auto orders = OrderFile::Open(file.path(), ',', {});
  ASSERT_TRUE(orders.ok());
  RejectsFile rejects(RejectsPathOf(file.path()), orders->header(), 4, ',');
  std::string ids;
  for (const OrderFile::Place& place : orders->PlacesByTime(Defaults(), rejects)) {
    const auto order = orders->At(place, Defaults());
    ASSERT_TRUE(order.ok());
    ids += order->order_id;
  }
  EXPECT_EQ(ids, "2413");
}

TEST(OrderFile, NamesItsSourceAndProgram) {
  EXPECT_EQ(SourceNamed("/data/cdnow-orders.csv"), "cdnow-orders");
  EXPECT_EQ(SourceNamed("My Orders (2027).CSV"), "my-orders-2027");
  EXPECT_EQ(SourceNamed("ä.csv"), "orders");
  EXPECT_EQ(SourceNamed(std::string(60, 'x') + ".csv").size(), 40);
  EXPECT_EQ(ProgramNamed("cdnow-orders"), "cdnow-orders");
  EXPECT_EQ(ProgramNamed("2027_orders"), "replay-2027-orders");
  EXPECT_EQ(ProgramNamed("a"), "replay-a");
}

}  // namespace
}  // namespace gratis::cli
