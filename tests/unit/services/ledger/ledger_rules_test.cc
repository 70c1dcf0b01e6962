#include "services/ledger/ledger_rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ledger/fact.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

TEST(StatablePast, ReachesFurtherThanClocksDifferOnlyForWhoeverBringsInHistory) {
  for (int role = 1; role <= 9; ++role) {
    const auto as = static_cast<house::Role>(role);
    const bool history = as == house::Role::kAdmin || as == house::Role::kImport;
    EXPECT_EQ(StatablePast(as), history ? absl::InfiniteDuration() : absl::Minutes(5)) << role;
  }
}

TEST(Source, IsCountedInCharactersNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  EXPECT_EQ(CheckSource(umlauts), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckSource(umlauts + "x")), Reason::kFieldTooLong);
}

TEST(Program, LeftOutIsFilledIn) {
  EXPECT_EQ(CompleteProgram({.code = "demo"}).value(),
            (ProgramDraft{"demo", "demo", "USD", "UTC", 8}));
  const ProgramDraft full{"a-1", "Café", "CHF", "Europe/Zurich", 64};
  EXPECT_EQ(CompleteProgram(full).value(), full);
}

struct BadProgram {
  ProgramDraft draft;
  Reason reason;
  std::string field;
};

TEST(Program, WhatIsWrongIsNamedWithItsField) {
  const BadProgram kCases[] = {
      {{.code = ""}, Reason::kFieldMissing, "code"},
      {{.code = "a"}, Reason::kFieldInvalid, "code"},
      {{.code = "1a"}, Reason::kFieldInvalid, "code"},
      {{.code = "Demo"}, Reason::kFieldInvalid, "code"},
      {{.code = "de mo"}, Reason::kFieldInvalid, "code"},
      {{.code = "démo"}, Reason::kFieldInvalid, "code"},
      {{.code = std::string(41, 'a')}, Reason::kFieldInvalid, "code"},
      {{.code = "demo", .display_name = std::string(101, 'a')},
       Reason::kFieldTooLong,
       "display_name"},
      {{.code = "demo", .currency_code = "usd"}, Reason::kInvalidCurrency, "currency_code"},
      {{.code = "demo", .currency_code = "XXZ"}, Reason::kInvalidCurrency, "currency_code"},
      {{.code = "demo", .time_zone = "Mars/Olympus"}, Reason::kInvalidTimeZone, "time_zone"},
      {{.code = "demo", .partitions = -1}, Reason::kFieldInvalid, "partition_count"},
      {{.code = "demo", .partitions = 65}, Reason::kFieldInvalid, "partition_count"},
  };
  for (const BadProgram& bad : kCases) {
    const absl::Status status = CompleteProgram(bad.draft).status();
    EXPECT_EQ(ReasonOf(status), bad.reason) << bad.draft.code << " " << status;
    EXPECT_EQ(FieldOf(status), bad.field) << bad.draft.code;
  }
}

TEST(Key, IsOfARoleThatAKeyCanHave) {
  for (int role = 1; role <= 8; ++role) {
    EXPECT_EQ(CheckKey({static_cast<house::Role>(role), 2, "till 7"}, {}), absl::OkStatus())
        << role;
  }
  for (const int role : {-1, 0, 9, 10, 77}) {
    const absl::Status status = CheckKey({static_cast<house::Role>(role), 2, "till 7"}, {});
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << role;
    EXPECT_EQ(FieldOf(status), "role");
  }
}

TEST(Key, IsForAllProgramsOnlyAsAdminOrAuditor) {
  for (int role = 1; role <= 8; ++role) {
    const auto as = static_cast<house::Role>(role);
    const bool may = as == house::Role::kAdmin || as == house::Role::kAuditor;
    const absl::Status status = CheckKey({as, {}, ""}, {});
    EXPECT_EQ(status.ok(), may) << role;
    if (!may) {
      EXPECT_EQ(ReasonOf(status), Reason::kFieldMissing);
    }
  }
}

TEST(Key, ReachesNoFurtherThanTheKeyThatMadeIt) {
  EXPECT_EQ(CheckKey({house::Role::kAdmin, 2, ""}, 2), absl::OkStatus());
  for (const std::optional<int32_t> program : {std::optional<int32_t>(), {3}}) {
    const absl::Status status = CheckKey({house::Role::kAdmin, program, ""}, 2);
    EXPECT_EQ(ReasonOf(status), Reason::kProgramNotFound);
    EXPECT_EQ(FieldOf(status), "program");
  }
}

TEST(Key, IsNeverForTheHouseItself) {
  EXPECT_EQ(ReasonOf(CheckKey({house::Role::kBackend, 1, ""}, {})), Reason::kProgramNotFound);
}

TEST(Key, LabelHasALimit) {
  EXPECT_EQ(CheckKey({house::Role::kPos, 2, std::string(100, 'x')}, {}), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckKey({house::Role::kPos, 2, std::string(101, 'x')}, {})),
            Reason::kFieldTooLong);
}

TEST(Key, StoreIsNamedAsItsOrdersAre) {
  const auto check = [](std::optional<int32_t> program, const std::string& store) {
    return CheckKey({.role = house::Role::kAdmin, .program = program, .label = "", .store = store},
                    {});
  };
  EXPECT_EQ(check(2, "basel-2_b"), absl::OkStatus());
  EXPECT_EQ(check(2, std::string(40, 'x')), absl::OkStatus());
  for (const std::string& bad : {std::string("Basel"), std::string("a b"), std::string(41, 'x')}) {
    EXPECT_EQ(ReasonOf(check(2, bad)), Reason::kFieldInvalid) << bad;
    EXPECT_EQ(FieldOf(check(2, bad)), "store");
  }
  EXPECT_EQ(ReasonOf(check(std::nullopt, "basel")), Reason::kFieldMissing);
}

TEST(KeyLimit, HasABurstOfTwoSecondsUnlessOneIsNamed) {
  EXPECT_EQ(*CompleteLimit({}), house::CallLimit());
  EXPECT_EQ(*CompleteLimit({.calls_per_second = 5}), (house::CallLimit{5, 10}));
  EXPECT_EQ(*CompleteLimit({.calls_per_second = 5, .burst_calls = 5}), (house::CallLimit{5, 5}));
  EXPECT_EQ(*CompleteLimit({.calls_per_second = 100'000, .burst_calls = 60'000'000}),
            (house::CallLimit{100'000, 60'000'000}));
}

TEST(KeyLimit, IsRefusedWhenItMakesNoSense) {
  const std::vector<house::CallLimit> all_bad = {{-1, 0},    {100'001, 0}, {5, 4},
                                                 {5, 3'001}, {0, 1},       {5, -1}};
  for (const house::CallLimit& bad : all_bad) {
    EXPECT_EQ(ReasonOf(CompleteLimit(bad).status()), Reason::kFieldInvalid)
        << bad.calls_per_second << " " << bad.burst_calls;
  }
}

TEST(Overlap, IsThirtyDaysAtMost) {
  EXPECT_EQ(*OverlapOf(0), absl::ZeroDuration());
  EXPECT_EQ(*OverlapOf(30 * 86'400), absl::Hours(720));
  EXPECT_EQ(ReasonOf(OverlapOf(-1).status()), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(OverlapOf(30 * 86'400 + 1).status()), Reason::kFieldInvalid);
}

TEST(Reason, OfAnAdjustmentIsNeverEmpty) {
  EXPECT_EQ(CheckReason("sorry"), absl::OkStatus());
  EXPECT_EQ(CheckReason(std::string(128, 'x')), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckReason("")), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckReason(std::string(129, 'x'))), Reason::kFieldTooLong);
}

TEST(Clawback, IsChosenByWhoeverAnswersForIt) {
  for (int role = 1; role <= 9; ++role) {
    const auto as = static_cast<house::Role>(role);
    const bool may =
        as == house::Role::kAdmin || as == house::Role::kBackend || as == house::Role::kSupport;
    EXPECT_EQ(MayChooseClawback(as), may) << role;
  }
}

TEST(Adjustment, GivesOrTakesSomething) {
  for (const int64_t points : {int64_t{1}, int64_t{-1}, ledger::kMaxPoints, -ledger::kMaxPoints}) {
    EXPECT_EQ(CheckAdjustment(points), absl::OkStatus()) << points;
  }
  EXPECT_EQ(ReasonOf(CheckAdjustment(0)), Reason::kPointsNotPositive);
  for (const int64_t points :
       {ledger::kMaxPoints + 1, -ledger::kMaxPoints - 1, std::numeric_limits<int64_t>::min()}) {
    EXPECT_EQ(ReasonOf(CheckAdjustment(points)), Reason::kPointsOverflow) << points;
  }
}

TEST(Adjustment, IsReadFromTheJournalAsItWasWritten) {
  for (const int64_t points : {int64_t{501}, int64_t{-501}, ledger::kMaxPoints}) {
    EXPECT_EQ(PointsOfAdjustment(AdjustmentDetail(points)), points);
  }
  EXPECT_EQ(AdjustmentDetail(-501), R"({"points":-501})");
  for (const char* other : {"", "{}", R"({"points":0})", R"({"points":x})", R"({"points":5},)",
                            R"({"points":1000000000001})"}) {
    EXPECT_EQ(PointsOfAdjustment(other), std::nullopt) << other;
  }
  EXPECT_EQ(ResolutionDetail("key_1"), R"({"requested_by":"key_1"})");
  EXPECT_EQ(ResolutionDetail("key_1", "as \"agreed\""),
            R"({"requested_by":"key_1","why":"as \"agreed\""})");
}

TEST(Unit, LeftOutIsFilledIn) {
  const ledger::Unit made =
      CompleteUnit({.code = "stamps", .display_name = "", .max_hold_hours = 0}).value();
  EXPECT_EQ(made.display_name, "stamps");
  EXPECT_EQ(made.max_hold_hours, 720);
  EXPECT_EQ(made.clawback, ledger::Clawback::kDebt);
}

struct BadUnit {
  std::function<void(ledger::Unit&)> spoil;
  Reason reason;
  std::string field;
};

void Calendar(ledger::Unit& unit, int32_t month, int32_t day, int32_t months = 0) {
  unit.expiry = ledger::ExpiryKind::kCalendarDay;
  unit.expiry_month = month;
  unit.expiry_day = day;
  unit.expiry_months = months;
}

void Months(ledger::Unit& unit, ledger::ExpiryKind kind, int32_t months) {
  unit.expiry = kind;
  unit.expiry_months = months;
}

TEST(Unit, WhatIsWrongIsNamedWithItsField) {
  using ledger::ExpiryKind;
  const BadUnit kCases[] = {
      {[](auto& u) { u.code = ""; }, Reason::kFieldMissing, "unit.code"},
      {[](auto& u) { u.code = "a"; }, Reason::kFieldInvalid, "unit.code"},
      {[](auto& u) { u.code = "1a"; }, Reason::kFieldInvalid, "unit.code"},
      {[](auto& u) { u.code = "_a"; }, Reason::kFieldInvalid, "unit.code"},
      {[](auto& u) { u.code = "Stamps"; }, Reason::kFieldInvalid, "unit.code"},
      {[](auto& u) { u.code = "voucher-money"; }, Reason::kFieldInvalid, "unit.code"},
      {[](auto& u) { u.code = std::string(33, 'a'); }, Reason::kFieldInvalid, "unit.code"},
      {[](auto& u) { u.display_name = std::string(101, 'a'); }, Reason::kFieldTooLong,
       "unit.display_name"},
      {[](auto& u) { Months(u, ExpiryKind::kRollingMonths, 0); }, Reason::kFieldInvalid,
       "unit.expiry.rolling_months"},
      {[](auto& u) { Months(u, ExpiryKind::kRollingMonths, 121); }, Reason::kFieldInvalid,
       "unit.expiry.rolling_months"},
      {[](auto& u) { Months(u, ExpiryKind::kInactivity, 0); }, Reason::kFieldInvalid,
       "unit.expiry.inactivity_months"},
      {[](auto& u) { Months(u, ExpiryKind::kInactivity, 121); }, Reason::kFieldInvalid,
       "unit.expiry.inactivity_months"},
      {[](auto& u) { Calendar(u, 0, 1); }, Reason::kFieldInvalid, "unit.expiry.calendar.month"},
      {[](auto& u) { Calendar(u, 13, 1); }, Reason::kFieldInvalid, "unit.expiry.calendar.month"},
      {[](auto& u) { Calendar(u, 1, 0); }, Reason::kFieldInvalid, "unit.expiry.calendar.day"},
      {[](auto& u) { Calendar(u, 2, 30); }, Reason::kFieldInvalid, "unit.expiry.calendar.day"},
      {[](auto& u) { Calendar(u, 4, 31); }, Reason::kFieldInvalid, "unit.expiry.calendar.day"},
      {[](auto& u) { Calendar(u, 12, 32); }, Reason::kFieldInvalid, "unit.expiry.calendar.day"},
      {[](auto& u) { Calendar(u, 12, 31, -1); }, Reason::kFieldInvalid,
       "unit.expiry.calendar.after_months"},
      {[](auto& u) { Calendar(u, 12, 31, 121); }, Reason::kFieldInvalid,
       "unit.expiry.calendar.after_months"},
      {[](auto& u) { u.adjust_limit = -1; }, Reason::kFieldInvalid, "unit.adjust_limit_points"},
      {[](auto& u) { u.adjust_limit = ledger::kMaxPoints + 1; }, Reason::kFieldInvalid,
       "unit.adjust_limit_points"},
      {[](auto& u) { u.max_hold_hours = -1; }, Reason::kFieldInvalid, "unit.max_hold_hours"},
      {[](auto& u) { u.max_hold_hours = 8785; }, Reason::kFieldInvalid, "unit.max_hold_hours"},
      {[](auto& u) { u.return_grace_days = -1; }, Reason::kFieldInvalid, "unit.return_grace_days"},
      {[](auto& u) { u.return_grace_days = 367; }, Reason::kFieldInvalid, "unit.return_grace_days"},
  };
  for (const BadUnit& bad : kCases) {
    ledger::Unit draft{.code = "stamps"};
    bad.spoil(draft);
    const absl::Status status = CompleteUnit(draft).status();
    EXPECT_EQ(ReasonOf(status), bad.reason) << bad.field << " " << status;
    EXPECT_EQ(FieldOf(status), bad.field);
  }
}

TEST(Unit, BoundsAreInside) {
  using ledger::ExpiryKind;
  const std::function<void(ledger::Unit&)> kCases[] = {
      [](auto& u) { u.code = "a_1"; },
      [](auto& u) { u.code = std::string(32, 'a'); },
      [](auto& u) { Months(u, ExpiryKind::kRollingMonths, 1); },
      [](auto& u) { Months(u, ExpiryKind::kInactivity, 120); },
      [](auto& u) { Calendar(u, 2, 29); },
      [](auto& u) { Calendar(u, 12, 31, 120); },
      [](auto& u) { u.adjust_limit = ledger::kMaxPoints; },
      [](auto& u) { u.max_hold_hours = 8784; },
      [](auto& u) { u.return_grace_days = 366; },
  };
  for (const auto& change : kCases) {
    ledger::Unit draft{.code = "stamps", .display_name = "Stamps"};
    change(draft);
    const auto made = CompleteUnit(draft);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(*made, draft);
  }
}

}  // namespace
}  // namespace gratis::ledger_service
