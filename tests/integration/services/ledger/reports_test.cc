#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/points_house.h"

// What is read of the books through the contract.
namespace gratis::ledger_service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Reading : public Points {
 protected:
  using Statement = v1::StatementService::Stub;
  using Report = v1::ReportService::Stub;

  Reading() { Pass(0); }

  void Pass(int days) {
    now_ += absl::Hours(24 * days);
    SetClock(now_);
  }
  absl::Time Now() const { return now_; }
  v1::GetBalancesResponse Balances(std::optional<absl::Time> as_of = {},
                                   v1::Basis basis = v1::BASIS_UNSPECIFIED) {
    v1::GetBalancesRequest request;
    request.set_member_id(member_);
    if (as_of) rpc::SetTime(*as_of, *request.mutable_as_of());
    request.set_basis(basis);
    const auto answer = Call(&Statement::GetBalances, request, support_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : v1::GetBalancesResponse();
  }
  static type::v1::CivilDay Day(int year, int month, int day) {
    type::v1::CivilDay proto;
    rpc::SetDay(absl::CivilDay(year, month, day), proto);
    return proto;
  }
  absl::StatusOr<v1::ClosePeriodResponse> Close(const type::v1::CivilDay& through) {
    v1::ClosePeriodRequest request;
    request.set_request_id(NextRequestId());
    *request.mutable_through() = through;
    return Call(&Report::ClosePeriod, request, finance_);
  }
  absl::StatusOr<v1::SetRateResponse> SetRate(int64_t minor_units, int64_t per_points) {
    v1::SetRateRequest request;
    request.set_request_id(NextRequestId());
    request.set_minor_units(minor_units);
    request.set_per_points(per_points);
    return Call(&Report::SetRate, request, finance_);
  }
  absl::StatusOr<v1::GetLiabilityResponse> Liability(const v1::GetLiabilityRequest& request = {}) {
    return Call(&Report::GetLiability, request, finance_);
  }

  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2027, 1, 10, 12), absl::UTCTimeZone());
};

TEST_F(Reading, BalancesOfThePastAreTheBookOrWhatIsKnownByNow) {
  ASSERT_TRUE(Send(EarnOf(100)).ok());
  const absl::Time then = Now();
  Pass(5);
  v1::EarnRequest late = EarnOf(7);
  rpc::SetTime(then - absl::Hours(1), *late.mutable_effective_at());
  ASSERT_TRUE(Send(late, importer_).ok());
  EXPECT_EQ(Balances().units(0).available_points(), 107);
  EXPECT_EQ(Balances(then).units(0).available_points(), 100);
  EXPECT_EQ(Balances(then, v1::BASIS_RECORDED).units(0).available_points(), 100);
  EXPECT_EQ(Balances(then, v1::BASIS_EFFECTIVE).units(0).available_points(), 107);
  EXPECT_EQ(Balances(then, v1::BASIS_EFFECTIVE).units(0).unit(), "points");
  EXPECT_THAT(Balances(then - absl::Hours(1)).units(), IsEmpty());

  v1::GetBalancesRequest ahead;
  ahead.set_member_id(member_);
  rpc::SetTime(Now() + absl::Seconds(1), *ahead.mutable_as_of());
  EXPECT_THAT(Call(&Statement::GetBalances, ahead, support_), FailsWith(Reason::kFutureDate));
}

TEST_F(Reading, WhatWasSetDownForTheProgramIsExplained) {
  for (int day = 1; day <= 5; ++day) {
    const auto closed = Close(Day(2027, 1, day));
    ASSERT_TRUE(closed.ok()) << closed.status();
    v1::ExplainTransactionRequest request;
    request.set_transaction_id(closed->period().transaction_id());
    const auto explained = Call(&Statement::ExplainTransaction, request, finance_);
    ASSERT_TRUE(explained.ok()) << explained.status();
    EXPECT_EQ(explained->transactions(0).entries(0).entry().kind(), v1::ENTRY_KIND_PERIOD_CLOSED);
  }
}

TEST_F(Reading, AStatementIsFiltered) {
  ASSERT_TRUE(Send(EarnOf(100)).ok());
  const auto held = Send(HoldOf(30));
  ASSERT_TRUE(held.ok());
  Pass(1);
  ASSERT_TRUE(Send(SpendOf(10)).ok());
  v1::ListEntriesRequest request;
  request.set_member_id(member_);
  request.set_unit("points");
  request.add_kinds(v1::ENTRY_KIND_HOLD_PLACED);
  request.add_kinds(v1::ENTRY_KIND_SPEND);
  auto entries = Call(&v1::LedgerService::Stub::ListEntries, request, support_);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(entries->entries(), SizeIs(2));
  EXPECT_EQ(entries->entries(0).kind(), v1::ENTRY_KIND_SPEND);
  EXPECT_EQ(entries->entries(1).about_id(), held->hold_id());
  EXPECT_EQ(entries->entries(1).held_points(), 30);
  EXPECT_EQ(entries->entries(1).unit(), "points");
  rpc::SetTime(Now(), *request.mutable_recorded_until());
  entries = Call(&v1::LedgerService::Stub::ListEntries, request, support_);
  EXPECT_THAT(entries->entries(), SizeIs(1));
  *request.mutable_recorded_from() = request.recorded_until();
  request.clear_recorded_until();
  entries = Call(&v1::LedgerService::Stub::ListEntries, request, support_);
  EXPECT_THAT(entries->entries(), SizeIs(1));
  request.set_unit("nights");
  EXPECT_THAT(Call(&v1::LedgerService::Stub::ListEntries, request, support_),
              FailsWith(Reason::kUnitNotFound));
}

TEST_F(Reading, LotsAndWhatLiesAheadArePaged) {
  for (int i = 1; i <= 5; ++i) {
    v1::EarnRequest earn = EarnOf(10 * i);
    rpc::SetTime(Now() + absl::Hours(24 * i), *earn.mutable_expires_at());
    ASSERT_TRUE(Send(earn).ok());
  }
  std::vector<int64_t> lots, ahead;
  v1::ListLotsRequest request;
  request.set_member_id(member_);
  request.set_page_size(2);
  do {
    const auto page = Call(&Statement::ListLots, request, support_);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& lot : page->lots()) lots.push_back(lot.available_points());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(lots, ElementsAre(10, 20, 30, 40, 50));

  v1::ListUpcomingRequest upcoming;
  upcoming.set_member_id(member_);
  upcoming.set_page_size(2);
  rpc::SetTime(Now() + absl::Hours(24 * 4), *upcoming.mutable_until());
  do {
    const auto page = Call(&Statement::ListUpcoming, upcoming, support_);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& event : page->events()) {
      EXPECT_EQ(event.kind(), v1::ENTRY_KIND_EXPIRED);
      ahead.push_back(event.points());
    }
    upcoming.set_page_token(page->next_page_token());
  } while (!upcoming.page_token().empty());
  EXPECT_THAT(ahead, ElementsAre(10, 20, 30, 40));
  EXPECT_EQ(Balance(), 150) << "looking ahead posts nothing";
  Pass(2);
  EXPECT_EQ(Balance(), 120);
}

TEST_F(Reading, APostingIsExplained) {
  const auto earned = Send(EarnOf(100));
  const auto spent = Send(SpendOf(40));
  ASSERT_TRUE(spent.ok());
  const auto undone = Send(ReverseOf(spent->transaction_id(), 15));
  ASSERT_TRUE(undone.ok());
  v1::ExplainTransactionRequest request;
  request.set_transaction_id(spent->transaction_id());
  const auto explained = Call(&Statement::ExplainTransaction, request, support_);
  ASSERT_TRUE(explained.ok()) << explained.status();
  const v1::ExplainedTransaction& asked = explained->transactions(0);
  EXPECT_THAT(asked.led_by(), ElementsAre(earned->transaction_id()));
  EXPECT_THAT(asked.followed_by(), ElementsAre(undone->transaction_id()));
  ASSERT_THAT(asked.entries(), SizeIs(1));
  EXPECT_EQ(asked.entries(0).undone_points(), 15);
  EXPECT_EQ(asked.entries(0).parts(0).from_transaction_id(), earned->transaction_id());
  EXPECT_EQ(asked.entries(0).parts(0).points(), 40);
  request.set_transaction_id("txn_0000000000000000000000000z");
  EXPECT_THAT(Call(&Statement::ExplainTransaction, request, support_),
              FailsWith(Reason::kTransactionNotFound));
}

TEST_F(Reading, WhatIsOutstandingIsWorthItsRateRoundedDownPerLine) {
  v1::EarnRequest bought = EarnOf(99);
  bought.set_origin(v1::ORIGIN_PURCHASE);
  ASSERT_TRUE(Send(bought).ok());
  ASSERT_TRUE(Send(EarnOf(50)).ok());
  auto found = Liability();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->totals(0).has_worth()) << "without a rate";
  const auto set = SetRate(5, 100);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->rate().version(), 1);
  found = Liability();
  ASSERT_THAT(found->lines(), SizeIs(2));
  EXPECT_EQ(found->lines(0).origin(), v1::ORIGIN_PURCHASE);
  EXPECT_EQ(found->lines(0).points(), 99);
  EXPECT_EQ(found->lines(0).worth().minor_units(), 4);
  EXPECT_EQ(found->lines(1).worth().minor_units(), 2);
  EXPECT_EQ(found->totals(0).points(), 149);
  EXPECT_EQ(found->totals(0).worth().minor_units(), 6);
  EXPECT_EQ(found->totals(0).rate().version(), 1);
  EXPECT_THAT(SetRate(5, 0), FailsWith(Reason::kFieldInvalid));
  EXPECT_THAT(Call(&Report::GetLiability, v1::GetLiabilityRequest(), till_),
              FailsWith(Reason::kRoleNotAllowed));
  ExpectSoundBooks();
}

TEST_F(Reading, AClosedPeriodIsToldAsItWasClosed) {
  ASSERT_TRUE(Send(EarnOf(100)).ok());
  ASSERT_TRUE(Send(SpendOf(30)).ok());
  EXPECT_THAT(Close(Day(2027, 1, 31)), FailsWith(Reason::kPeriodNotOver));
  Pass(24);
  const auto closed = Close(Day(2027, 1, 31));
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->period().number(), 1);
  EXPECT_FALSE(closed->period().has_begin());
  EXPECT_THAT(Close(Day(2027, 1, 31)), FailsWith(Reason::kPeriodClosed));
  v1::EarnRequest late = EarnOf(7);
  rpc::SetTime(Now() - absl::Hours(24 * 20), *late.mutable_effective_at());
  ASSERT_TRUE(Send(late, importer_).ok());

  v1::GetMovementsRequest january;
  *january.mutable_through() = Day(2027, 1, 31);
  const auto moved = Call(&Report::GetMovements, january, finance_);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_TRUE(moved->closed());
  ASSERT_THAT(moved->units(), SizeIs(1));
  EXPECT_EQ(moved->units(0).issued_points(), 100);
  EXPECT_EQ(moved->units(0).redeemed_points(), -30);
  EXPECT_EQ(moved->units(0).closing_points(), 70);
  EXPECT_EQ(moved->units(0).unexplained_points(), 0);
  v1::GetMovementsRequest february;
  *february.mutable_from() = Day(2027, 2, 1);
  *february.mutable_through() = Day(2027, 2, 3);
  const auto later = Call(&Report::GetMovements, february, finance_);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_FALSE(later->closed());
  EXPECT_EQ(later->units(0).opening_points(), 70);
  EXPECT_EQ(later->units(0).issued_points(), 7);
  EXPECT_EQ(later->units(0).closing_points(), 77);

  v1::GetLiabilityRequest end;
  *end.mutable_as_of_day() = Day(2027, 1, 31);
  const auto liability = Liability(end);
  EXPECT_TRUE(liability->closed());
  EXPECT_EQ(liability->totals(0).points(), 70);
  end.mutable_as_of_day()->set_day(30);
  EXPECT_FALSE(Liability(end)->closed());
  EXPECT_EQ(Liability(end)->totals(0).points(), 70) << "what is recorded late counts later";

  v1::SetRateRequest rate;
  rate.set_request_id(NextRequestId());
  rate.set_minor_units(1);
  rate.set_per_points(1);
  rpc::SetTime(Now() - absl::Hours(24 * 10), *rate.mutable_effective_from());
  EXPECT_THAT(Call(&Report::SetRate, rate, finance_), FailsWith(Reason::kPeriodClosed));
  const auto periods = Call(&Report::ListPeriods, v1::ListPeriodsRequest(), finance_);
  ASSERT_THAT(periods->periods(), SizeIs(1));
  EXPECT_EQ(periods->periods(0).last_sequences_size(), program_.partitions);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger_service
