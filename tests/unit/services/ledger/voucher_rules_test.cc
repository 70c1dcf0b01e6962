#include "services/ledger/voucher_rules.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/status/reasons.h"
#include "services/ledger/budgets.h"
#include "services/ledger/voucher_convert.h"

namespace gratis::ledger_service {
namespace {

using ledger::VoucherKind;
using ledger::VoucherTerms;

VoucherTerms Terms(VoucherKind kind, int32_t basis_points, std::string item) {
  VoucherTerms terms;
  terms.kind = kind;
  terms.basis_points = basis_points;
  terms.item = std::move(item);
  return terms;
}

TEST(VoucherWorth, IsMoneyOfTheProgram) {
  EXPECT_EQ(WorthOf({"CHF", 1}, "CHF", "fixed").value(), 1);
  EXPECT_EQ(WorthOf({"CHF", 1'000'000'000'000}, "CHF", "fixed").value(), 1'000'000'000'000);
  const absl::Status foreign = WorthOf({"USD", 1}, "CHF", "fixed").status();
  EXPECT_EQ(ReasonOf(foreign), Reason::kInvalidCurrency);
  EXPECT_EQ(FieldOf(foreign), "fixed.currency_code");
  for (const int64_t minor_units :
       {int64_t{0}, int64_t{-1}, int64_t{1'000'000'000'001}, std::numeric_limits<int64_t>::min()}) {
    const absl::Status status = WorthOf({"CHF", minor_units}, "CHF", "amount").status();
    EXPECT_EQ(ReasonOf(status), Reason::kInvalidAmount) << minor_units;
    EXPECT_EQ(FieldOf(status), "amount.minor_units");
  }
}

TEST(VoucherTerms, APercentageIsMoreThanNothingAndAtMostAll) {
  for (const int32_t good : {1, 1250, 10'000}) {
    EXPECT_EQ(CheckTerms(Terms(VoucherKind::kPercentage, good, "")), absl::OkStatus()) << good;
  }
  for (const int32_t bad : {-1, 0, 10'001}) {
    const absl::Status status = CheckTerms(Terms(VoucherKind::kPercentage, bad, ""));
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << bad;
    EXPECT_EQ(FieldOf(status), "basis_points");
  }
}

TEST(VoucherTerms, AnItemHasAName) {
  EXPECT_EQ(CheckTerms(Terms(VoucherKind::kItem, 0, std::string(64, 'x'))), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckTerms(Terms(VoucherKind::kItem, 0, ""))), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckTerms(Terms(VoucherKind::kItem, 0, std::string(65, 'x')))),
            Reason::kFieldTooLong);
}

TEST(VoucherTerms, OneLivesOnlyOfAnOriginThatIsNamed) {
  VoucherTerms terms = Terms(VoucherKind::kFixed, 0, "");
  EXPECT_EQ(CheckTerms(terms), absl::OkStatus());
  terms.one_live = true;
  EXPECT_EQ(ReasonOf(CheckTerms(terms)), Reason::kFieldMissing);
  terms.origin = std::string(64, 'x');
  EXPECT_EQ(CheckTerms(terms), absl::OkStatus());
  terms.origin += "x";
  EXPECT_EQ(ReasonOf(CheckTerms(terms)), Reason::kFieldTooLong);
}

TEST(Voucher, EndsAfterItBegan) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_EQ(CheckExpiry(now + absl::Microseconds(1), now), absl::OkStatus());
  EXPECT_EQ(CheckExpiry(absl::InfiniteFuture(), now), absl::OkStatus());
  EXPECT_EQ(FieldOf(CheckExpiry(now, now)), "expires_at");
}

TEST(VoucherHold, LastsASecondToAMonth) {
  EXPECT_EQ(CheckLife(1), absl::OkStatus());
  EXPECT_EQ(CheckLife(30 * 24 * 3600), absl::OkStatus());
  for (const int32_t bad : {-1, 0, 30 * 24 * 3600 + 1}) {
    EXPECT_EQ(ReasonOf(CheckLife(bad)), Reason::kFieldInvalid) << bad;
  }
}

TEST(VoucherWords, HaveTheirLengths) {
  EXPECT_EQ(CheckOrderId(""), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckOrderId(std::string(129, 'x'))), Reason::kFieldTooLong);
}

TEST(VoucherUse, OnlyMoneyIsUsedInParts) {
  const VoucherTerms fixed = Terms(VoucherKind::kFixed, 0, "");
  EXPECT_EQ(AskedOf(fixed, 300).value(), 300);
  EXPECT_EQ(AskedOf(fixed, std::nullopt).value(), std::nullopt);
  for (const VoucherTerms& whole :
       {Terms(VoucherKind::kPercentage, 100, ""), Terms(VoucherKind::kItem, 0, "mug")}) {
    EXPECT_EQ(AskedOf(whole, std::nullopt).value(), 1);
    const absl::Status status = AskedOf(whole, 300).status();
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
    EXPECT_EQ(FieldOf(status), "amount");
  }
}

TEST(VoucherStanding, IsWhatIsLeftAndElseWhatBecameOfIt) {
  ledger::Lot lot;
  lot.points = 10;
  lot.available = 10;
  EXPECT_EQ(StandingOf(lot, false), Standing::kLive);
  lot.available = 4;
  lot.held = 6;
  EXPECT_EQ(StandingOf(lot, false), Standing::kLive);
  lot.available = 0;
  lot.spent = 4;
  EXPECT_EQ(StandingOf(lot, false), Standing::kHeld);
  lot.held = 0;
  lot.expired = 6;
  EXPECT_EQ(StandingOf(lot, false), Standing::kExpired);
  lot.expired = 0;
  lot.spent = 10;
  EXPECT_EQ(StandingOf(lot, false), Standing::kUsedUp);
  EXPECT_EQ(StandingOf(lot, true), Standing::kVoided);
  lot.available = 4;
  lot.spent = 6;
  EXPECT_EQ(StandingOf(lot, true), Standing::kLive);
}

TEST(VoucherCodes, AreForThoseWhoSendThemAndNotForThoseWhoRead) {
  for (int role = 1; role <= 9; ++role) {
    const auto as = static_cast<house::Role>(role);
    EXPECT_EQ(SeesCodes(as), as == house::Role::kAdmin || as == house::Role::kBackend ||
                                 as == house::Role::kSupport)
        << role;
  }
}

TEST(Budget, HasACodeAndALimit) {
  for (const std::string& good : {std::string("ab"), std::string("7-up"), std::string(40, 'x')}) {
    EXPECT_EQ(CheckBudgetCode(good), absl::OkStatus()) << good;
  }
  for (const std::string& bad : {std::string("a"), std::string(41, 'x'), std::string("Ab"),
                                 std::string("a b"), std::string("a_b"), std::string("é")}) {
    EXPECT_EQ(ReasonOf(CheckBudgetCode(bad)), Reason::kFieldInvalid) << bad;
  }
  EXPECT_EQ(ReasonOf(CheckBudgetCode("")), Reason::kFieldMissing);
  EXPECT_EQ(CheckLimit(0), absl::OkStatus());
  EXPECT_EQ(CheckLimit(1'000'000'000'000'000), absl::OkStatus());
  EXPECT_EQ(FieldOf(CheckLimit(-1)), "limit");
  EXPECT_EQ(ReasonOf(CheckLimit(1'000'000'000'000'001)), Reason::kFieldInvalid);
}

}  // namespace
}  // namespace gratis::ledger_service
