#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/points_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::SizeIs;

class Units : public Points {
 protected:
  v1::SetUnitRequest SetOf(const std::string& code) {
    v1::SetUnitRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_unit()->set_code(code);
    return request;
  }
  absl::StatusOr<v1::SetUnitResponse> Set(const v1::SetUnitRequest& request) {
    return Call(&v1::UnitService::Stub::SetUnit, request, admin_, "demo");
  }
  v1::ListUnitsResponse List(int32_t page_size = 0, const std::string& page_token = "") {
    v1::ListUnitsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    const auto units = Call(&v1::UnitService::Stub::ListUnits, request, till_);
    EXPECT_TRUE(units.ok()) << units.status();
    return units.value_or(v1::ListUnitsResponse());
  }
};

TEST_F(Units, EveryProgramBeginsWithPoints) {
  ASSERT_THAT(List().units(), SizeIs(1));
  const v1::Unit points = List().units(0);
  EXPECT_EQ(points.code(), "points");
  EXPECT_EQ(points.version(), 0);
  EXPECT_FALSE(points.has_expiry());
  EXPECT_EQ(points.clawback(), v1::CLAWBACK_DEBT);
  EXPECT_EQ(points.rounding(), v1::ROUNDING_DOWN);
  EXPECT_FALSE(points.transferable());
  EXPECT_EQ(points.max_hold_hours(), 720);
}

TEST_F(Units, AreMadeAndChangedVersionByVersion) {
  v1::SetUnitRequest stamps = SetOf("stamps");
  stamps.mutable_unit()->set_display_name("Stamps");
  stamps.mutable_unit()->mutable_expiry()->mutable_calendar()->set_month(12);
  stamps.mutable_unit()->mutable_expiry()->mutable_calendar()->set_day(31);
  stamps.mutable_unit()->set_rounding(v1::ROUNDING_UP);
  stamps.mutable_unit()->set_version(77);
  const auto made = Set(stamps);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->unit().version(), 1);
  EXPECT_TRUE(Set(stamps).ok());
  EXPECT_TRUE(replayed_);

  v1::SetUnitRequest points = SetOf("points");
  points.mutable_unit()->set_clawback(v1::CLAWBACK_REFUSE);
  EXPECT_EQ(Set(points)->unit().version(), 1);
  points.set_request_id(NextRequestId());
  points.mutable_unit()->mutable_expiry()->set_rolling_months(24);
  EXPECT_EQ(Set(points)->unit().version(), 2);

  const v1::ListUnitsResponse units = List();
  ASSERT_THAT(units.units(), SizeIs(2));
  EXPECT_EQ(units.units(0).code(), "points");
  EXPECT_EQ(units.units(0).clawback(), v1::CLAWBACK_REFUSE);
  EXPECT_EQ(units.units(0).expiry().rolling_months(), 24);
  EXPECT_EQ(units.units(0).version(), 2);
  EXPECT_EQ(units.units(1).SerializeAsString(), made->unit().SerializeAsString());
  ExpectSoundBooks();
}

TEST_F(Units, AreOnlyValidatedWhenAskedTo) {
  v1::SetUnitRequest request = SetOf("stamps");
  request.set_validate_only(true);
  const auto validated = Set(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->unit().version(), 1);
  EXPECT_THAT(List().units(), SizeIs(1));
  request.mutable_unit()->set_code("Stamps");
  EXPECT_THAT(Set(request), FailsWith(Reason::kFieldInvalid));
}

TEST_F(Units, PageByPage) {
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(Set(SetOf(absl::StrCat("unit_", i))).ok());
  const v1::ListUnitsResponse first = List(3);
  ASSERT_THAT(first.units(), SizeIs(3));
  const v1::ListUnitsResponse rest = List(3, first.next_page_token());
  ASSERT_THAT(rest.units(), SizeIs(2));
  EXPECT_EQ(rest.units(1).code(), "unit_4");
  EXPECT_EQ(rest.next_page_token(), "");
  EXPECT_EQ(List(5).next_page_token(), "");
}

TEST_F(Units, AProgramHasNoMoreThanNinetyNine) {
  for (int i = 2; i <= 99; ++i) ASSERT_TRUE(Set(SetOf(absl::StrCat("unit_", i))).ok());
  const auto refused = Set(SetOf("one_more"));
  EXPECT_THAT(refused, FailsWith(Reason::kFieldInvalid));
  EXPECT_EQ(FieldOf(refused.status()), "unit.code");
  EXPECT_TRUE(Set(SetOf("unit_99")).ok());
}

TEST_F(Units, OnlyAnAdminSetsThem) {
  EXPECT_THAT(Call(&v1::UnitService::Stub::SetUnit, SetOf("stamps"), backend_),
              FailsWith(Reason::kRoleNotAllowed));
}

TEST_F(Units, HaveBalancesOfTheirOwn) {
  v1::SetUnitRequest stamps = SetOf("stamps");
  stamps.mutable_unit()->set_rounding(v1::ROUNDING_HALF_UP);
  ASSERT_TRUE(Set(stamps).ok());
  ASSERT_TRUE(Send(EarnOf(100)).ok());
  v1::EarnRequest earn = EarnOf(0);
  earn.set_milli_points(7'500);
  earn.set_unit("stamps");
  const auto earned = SendTwice(earn);
  ASSERT_TRUE(earned.ok());
  EXPECT_EQ(earned->earned_points(), 8);
  EXPECT_EQ(earned->available_points(), 8);
  v1::SpendRequest spend = SpendOf(9);
  spend.set_unit("stamps");
  Refuses(spend, Reason::kInsufficientPoints);
  spend.set_points(3);
  const auto spent = SendTwice(spend);
  ASSERT_TRUE(spent.ok());
  EXPECT_EQ(spent->available_points(), 5);
  EXPECT_EQ(BalanceOf(member_, "stamps").available_points(), 5);
  EXPECT_EQ(Balance(), 100);
  const auto reversed = Send(ReverseOf(earned->transaction_id()));
  ASSERT_TRUE(reversed.ok()) << reversed.status();
  EXPECT_EQ(reversed->debt_points(), 3);
  const v1::GetTrialBalanceResponse trial = Trial();
  EXPECT_FALSE(trial.balances().empty());
  for (const v1::AccountBalance& balance : trial.balances()) {
    EXPECT_TRUE(balance.unit() == "points" || balance.unit() == "stamps") << balance.unit();
  }
  ExpectSoundBooks();
}

TEST_F(Units, ThatAreNotThereAreUnknown) {
  for (const std::string unit : {"stamps", "voucher-money", "voucher-uses"}) {
    v1::EarnRequest earn = EarnOf(1);
    earn.set_unit(unit);
    Refuses(earn, Reason::kUnitNotFound, "unit");
    v1::SpendRequest spend = SpendOf(1);
    spend.set_unit(unit);
    Refuses(spend, Reason::kUnitNotFound, "unit");
    v1::PlaceHoldRequest hold = HoldOf(1);
    hold.set_unit(unit);
    Refuses(hold, Reason::kUnitNotFound, "unit");
    v1::AdjustRequest adjust = AdjustOf(1);
    adjust.set_unit(unit);
    Refuses(adjust, Reason::kUnitNotFound, "unit");
    v1::GetBalanceRequest balance;
    balance.set_member_id(member_);
    balance.set_unit(unit);
    EXPECT_THAT(Call(&v1::LedgerService::Stub::GetBalance, balance, backend_),
                FailsWith(Reason::kUnitNotFound));
  }
}

TEST_F(Units, SayWhenPointsEnd) {
  v1::SetUnitRequest request = SetOf("points");
  request.mutable_unit()->mutable_expiry()->set_rolling_months(1);
  ASSERT_TRUE(Set(request).ok());
  ASSERT_TRUE(Send(EarnOf(10)).ok());
  v1::EarnRequest longer = EarnOf(5);
  rpc::SetTime(clock_.Now() + absl::Hours(24 * 400), *longer.mutable_expires_at());
  ASSERT_TRUE(Send(longer).ok());
  SetClock(clock_.Now() + absl::Hours(24 * 35));
  EXPECT_EQ(Balance(), 5);
  Refuses(SpendOf(6), Reason::kInsufficientPoints);
  SetClock(clock_.Now() + absl::Hours(24 * 500));
  EXPECT_EQ(Balance(), 0);
  ExpectSoundBooks();
}

TEST_F(Units, AnEarnSaysWhatItMeans) {
  v1::EarnRequest request = EarnOf(1);
  request.clear_amount();
  Refuses(request, Reason::kFieldMissing, "points");
  request.set_milli_points(0);
  Refuses(request, Reason::kPointsNotPositive, "milli_points");
  request.set_milli_points(999);
  Refuses(request, Reason::kPointsNotPositive, "points");
  request.set_milli_points(1'999);
  EXPECT_EQ(Send(request)->earned_points(), 1);
  request = EarnOf(1);
  request.set_origin(static_cast<v1::Origin>(9));
  Refuses(request, Reason::kFieldInvalid, "origin");
  request = EarnOf(1);
  request.set_budget_id("bgt_x");
  Refuses(request, Reason::kInvalidId, "budget_id");
  request.set_budget_id(BudgetId{ids_.Next(clock_.Now())}.ToString());
  Refuses(request, Reason::kBudgetNotFound, "budget_id");
  request = EarnOf(1);
  rpc::SetTime(clock_.Now() - absl::Seconds(10), *request.mutable_expires_at());
  Refuses(request, Reason::kFieldInvalid, "expires_at");
}

}  // namespace
}  // namespace gratis::ledger_service
