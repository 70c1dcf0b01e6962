#include "services/ledger/ledger_rules.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"
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

}  // namespace
}  // namespace gratis::ledger_service
