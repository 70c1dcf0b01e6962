#include "services/thanks/return_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;

Purchase Plain(int64_t paid, int64_t points) {
  return {.total = {"USD", paid},
          .earning = {.points = points},
          .traces = {{.paid_minor = paid, .base_minor = paid, .points = points}}};
}

// Lines of (quantity, paid, points).
struct TestLine {
  int64_t quantity, paid, points;
};
Purchase Lines(const std::vector<TestLine>& lines) {
  Purchase purchase{.total = {"USD", 0}};
  for (const TestLine& line : lines) {
    purchase.lines.push_back({.quantity = line.quantity});
    purchase.traces.push_back({.paid_minor = line.paid, .points = line.points});
    purchase.total.minor_units += line.paid;
    purchase.earning.points += line.points;
  }
  return purchase;
}

Returned Nothing(const Purchase& purchase) { return SumOf(purchase, {}); }

Returning Pieces(int32_t line, int64_t quantity) { return {.lines = {{line, quantity, 0}}}; }
Returning Amount(int64_t minor) { return {.amount_minor = minor, .currency_code = "USD"}; }
Returning Everything() { return {.everything = true}; }

Returned After(const Purchase& purchase, const std::vector<Returning>& returnings) {
  Returned returned = Nothing(purchase);
  for (const Returning& returning : returnings) {
    const absl::StatusOr<Returned> sum = Plus(purchase, returned, returning);
    EXPECT_TRUE(sum.ok()) << sum.status();
    if (sum.ok()) returned = *sum;
  }
  return returned;
}

TEST(UndoneBy, TakesOfEachLineTheFloorOfItsShare) {
  const Purchase purchase = Lines({{3, 1'000, 10}, {1, 500, 5}});
  EXPECT_THAT(UndoneBy(purchase, After(purchase, {Pieces(1, 1)})).line_points, ElementsAre(3, 0));
  // 666 of 1,000 minor units.
  EXPECT_THAT(UndoneBy(purchase, After(purchase, {Pieces(1, 2)})).line_points, ElementsAre(6, 0));
  const Undone all = UndoneBy(purchase, After(purchase, {Pieces(1, 2), Pieces(1, 1)}));
  EXPECT_THAT(all.line_points, ElementsAre(10, 0));
  EXPECT_EQ(all.returned_minor, 1'000);
}

TEST(UndoneBy, AMereTotalIsOnePiece) {
  const Purchase purchase = Plain(1'177, 11);
  EXPECT_EQ(UndoneBy(purchase, After(purchase, {Amount(1'000)})).points, 9);
  EXPECT_EQ(UndoneBy(purchase, After(purchase, {Amount(1'000), Amount(177)})).points, 11);
  EXPECT_EQ(UndoneBy(purchase, After(purchase, {Pieces(1, 1)})).points, 11);
}

TEST(UndoneBy, AnAmountFallsOntoWhatIsLeftOfEachLineAlike) {
  const Purchase purchase = Lines({{1, 1'000, 100}, {1, 1'000, 0}});
  EXPECT_THAT(ReturnedMinor(purchase, After(purchase, {Amount(500)})), ElementsAre(250, 250));
  EXPECT_EQ(UndoneBy(purchase, After(purchase, {Amount(500)})).points, 25);
  // What came back as a piece has no part in it, whichever came first.
  for (const auto& returnings :
       {std::vector{Pieces(2, 1), Amount(500)}, std::vector{Amount(500), Pieces(2, 1)}}) {
    const Returned returned = After(purchase, returnings);
    EXPECT_THAT(ReturnedMinor(purchase, returned), ElementsAre(500, 1'000));
    EXPECT_EQ(UndoneBy(purchase, returned).points, 50);
  }
}

TEST(UndoneBy, TheOrganizationsPartAndTheMembersAreAllThereIs) {
  Purchase purchase = Lines({{7, 700, 70}});
  purchase.earning.points = 49;
  purchase.for_organization = {.organization = {Uuid{{1}}}, .points = 21};
  int64_t member = 0;
  int64_t organization = 0;
  Returned returned = Nothing(purchase);
  for (int i = 0; i < 7; ++i) {
    returned = *Plus(purchase, returned, Pieces(1, 1));
    const Undone undone = UndoneBy(purchase, returned);
    EXPECT_GE(undone.points, member);
    EXPECT_GE(undone.organization_points, organization);
    EXPECT_EQ(undone.points + undone.organization_points, 10 * (i + 1));
    member = undone.points;
    organization = undone.organization_points;
  }
  EXPECT_EQ(member, 49);
  EXPECT_EQ(organization, 21);
}

TEST(UndoneBy, WhatPaidComesBackByItsShareOfWhatCameBack) {
  Purchase purchase = Lines({{2, 1'000, 5}, {1, 1'000, 5}});
  purchase.traces[0].lowered_minor = purchase.traces[1].lowered_minor = 500;
  purchase.payments = {{.kind = PaymentKind::kPoints, .amount_minor = 600, .worth = 60},
                       {.kind = PaymentKind::kVoucher, .amount_minor = 400, .worth = 1}};
  const Undone half = UndoneBy(purchase, After(purchase, {Pieces(1, 1)}));
  EXPECT_THAT(half.brought_back, ElementsAre(15, 0));
  const Undone all = UndoneBy(purchase, After(purchase, {Pieces(1, 1), Everything()}));
  EXPECT_THAT(all.brought_back, ElementsAre(60, 1));
}

TEST(Plus, MoreThanIsLeftDoesNotComeBack) {
  const Purchase purchase = Lines({{2, 1'000, 10}, {1, 500, 5}});
  const auto refused = [&](const Returned& returned, const Returning& returning) {
    const absl::Status status = Plus(purchase, returned, returning).status();
    EXPECT_EQ(ReasonOf(status), Reason::kReturnTooLarge) << status;
    return MetadataOf(status);
  };
  EXPECT_EQ(refused(After(purchase, {Pieces(1, 1)}), Pieces(1, 2)),
            (Metadata{{"line", "1"}, {"left_quantity", "1"}}));
  EXPECT_EQ(refused(After(purchase, {Pieces(1, 1)}), Returning{.lines = {{1, 0, 501}}}),
            (Metadata{{"line", "1"}, {"left_minor", "500"}}));
  EXPECT_EQ(refused(After(purchase, {Pieces(1, 1)}), Amount(1'001)),
            (Metadata{{"left_minor", "1000"}}));
  EXPECT_EQ(refused(After(purchase, {Everything()}), Everything()),
            (Metadata{{"left_minor", "0"}}));
  EXPECT_EQ(refused(After(purchase, {Amount(1'500)}), Pieces(1, 1)),
            (Metadata{{"left_minor", "0"}}));
}

TEST(Plus, PiecesComeBackWhateverWasPaidBackOfTheirLine) {
  const Purchase purchase = Lines({{3, 100, 10}});
  const auto lowered = [](int64_t minor) { return Returning{.lines = {{1, 0, minor}}}; };
  // A price that was lowered, then two of three: no more than was left of it.
  const Returned price_first = After(purchase, {lowered(50), Pieces(1, 2)});
  EXPECT_TRUE(price_first.whole);
  EXPECT_EQ(UndoneBy(purchase, price_first).returned_minor, 100);
  EXPECT_EQ(UndoneBy(purchase, price_first).points, 10);
  // The other way round no more is to be had than they left, and it ends the same.
  const Returned pieces_first = After(purchase, {Pieces(1, 2)});
  const absl::Status refused = Plus(purchase, pieces_first, lowered(50)).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kReturnTooLarge);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"line", "1"}, {"left_minor", "34"}}));
  const Returned end = After(purchase, {Pieces(1, 2), lowered(34)});
  EXPECT_TRUE(end.whole);
  EXPECT_EQ(UndoneBy(purchase, end).points, 10);
}

TEST(Plus, KnowsItsLinesAndItsCurrency) {
  const Purchase purchase = Lines({{2, 1'000, 10}});
  EXPECT_EQ(FieldOf(Plus(purchase, Nothing(purchase), Pieces(2, 1)).status()), "lines.line");
  EXPECT_EQ(FieldOf(Plus(purchase, Nothing(purchase), Pieces(0, 1)).status()), "lines.line");
  EXPECT_EQ(ReasonOf(Plus(purchase, Nothing(purchase),
                          Returning{.amount_minor = 1, .currency_code = "EUR"})
                         .status()),
            Reason::kInvalidCurrency);
  EXPECT_EQ(ReasonOf(Plus(purchase, Nothing(purchase), Returning{}).status()),
            Reason::kFieldMissing);
}

TEST(Plus, IsWholeOnceNothingWasKept) {
  const Purchase purchase = Lines({{2, 1'000, 10}, {1, 0, 0}});
  EXPECT_FALSE(After(purchase, {Pieces(1, 1)}).whole);
  EXPECT_TRUE(After(purchase, {Pieces(1, 2)}).whole);
  EXPECT_TRUE(After(purchase, {Amount(400), Pieces(1, 2)}).whole);
  EXPECT_TRUE(After(purchase, {Amount(1'000)}).whole);
  const Purchase free_of_charge = Lines({{2, 0, 0}});
  EXPECT_FALSE(After(free_of_charge, {Pieces(1, 1)}).whole);
  EXPECT_TRUE(After(free_of_charge, {Pieces(1, 1), Pieces(1, 1)}).whole);
}

// Any purchase.
Purchase AnyPurchase() {
  const auto lines = *rc::gen::resize(
      5, rc::gen::nonEmpty(rc::gen::container<std::vector<TestLine>>(rc::gen::build<TestLine>(
             rc::gen::set(&TestLine::quantity, rc::gen::inRange<int64_t>(1, 6)),
             rc::gen::set(&TestLine::paid, rc::gen::inRange<int64_t>(0, 5'000)),
             rc::gen::set(&TestLine::points, rc::gen::inRange<int64_t>(0, 300))))));
  Purchase purchase = Lines(lines);
  int64_t lowered = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    LineTrace& trace = purchase.traces[i];
    if (trace.paid_minor == 0) trace.points = 0;
    trace.lowered_minor = *rc::gen::inRange<int64_t>(0, trace.paid_minor + 1);
    lowered += trace.lowered_minor;
  }
  purchase.earning.points = 0;
  for (const LineTrace& trace : purchase.traces) purchase.earning.points += trace.points;
  const auto of_organization = *rc::gen::inRange<int64_t>(0, purchase.earning.points + 1);
  purchase.earning.points -= of_organization;
  purchase.for_organization.points = of_organization;
  purchase.payments = {{.kind = PaymentKind::kPoints,
                        .amount_minor = lowered,
                        .worth = *rc::gen::inRange<int64_t>(1, 1'000)},
                       {.kind = PaymentKind::kVoucher, .worth = 1}};
  return purchase;
}

// Something of what is left, or nothing if there is nothing.
std::optional<Returning> AnyReturning(const Purchase& purchase, const Returned& returned) {
  std::vector<Returning> possible;
  const std::vector<int64_t> minor = ReturnedMinor(purchase, returned);
  int64_t left = 0;
  for (size_t i = 0; i < minor.size(); ++i) {
    const int32_t line = static_cast<int32_t>(i) + 1;
    left += purchase.traces[i].paid_minor - minor[i];
    const int64_t pieces = purchase.lines[i].quantity - returned.lines[i].quantity;
    if (pieces > 0) {
      possible.push_back(Pieces(line, *rc::gen::inRange<int64_t>(1, pieces + 1)));
    }
    const Returning one{.lines = {{line, 0, 1}}};
    if (Plus(purchase, returned, one).ok()) possible.push_back(one);
  }
  if (left > 0) possible.push_back(Amount(*rc::gen::inRange<int64_t>(1, left + 1)));
  if (returned.whole || possible.empty()) return std::nullopt;
  return *rc::gen::elementOf(possible);
}

TEST(Returns, AnySequenceEndsWhereOneFullReturnDoes) {
  EXPECT_TRUE(rc::check([] {
    const Purchase purchase = AnyPurchase();
    const Undone full = UndoneBy(purchase, After(purchase, {Everything()}));
    Returned returned = Nothing(purchase);
    Undone before = UndoneBy(purchase, returned);
    RC_ASSERT(before.points == 0);
    for (int steps = *rc::gen::inRange(0, 12); steps > 0; --steps) {
      const std::optional<Returning> returning = AnyReturning(purchase, returned);
      if (!returning) break;
      const absl::StatusOr<Returned> sum = Plus(purchase, returned, *returning);
      RC_ASSERT(sum.ok());
      returned = *sum;
      // Nobody is ever paid a point by a return, nor asked for more than the whole.
      const Undone undone = UndoneBy(purchase, returned);
      RC_ASSERT(undone.points >= before.points);
      RC_ASSERT(undone.organization_points >= before.organization_points);
      RC_ASSERT(undone.points <= full.points);
      RC_ASSERT(undone.returned_minor <= full.returned_minor);
      for (size_t i = 0; i < undone.brought_back.size(); ++i) {
        RC_ASSERT(undone.brought_back[i] >= before.brought_back[i]);
        RC_ASSERT(undone.brought_back[i] <= full.brought_back[i]);
      }
      before = undone;
    }
    if (!returned.whole) returned = *Plus(purchase, returned, Everything());
    const Undone end = UndoneBy(purchase, returned);
    RC_ASSERT(end.line_points == full.line_points);
    RC_ASSERT(end.points == purchase.earning.points);
    RC_ASSERT(end.organization_points == purchase.for_organization.points);
    RC_ASSERT(end.brought_back == full.brought_back);
    RC_ASSERT(end.returned_minor == purchase.total.minor_units);
    RC_ASSERT(returned.whole);
  }));
}

TEST(Returns, TheirOrderChangesNothing) {
  EXPECT_TRUE(rc::check([] {
    const Purchase purchase = AnyPurchase();
    std::vector<Returning> returnings;
    Returned returned = Nothing(purchase);
    for (int steps = *rc::gen::inRange(1, 8); steps > 0; --steps) {
      const std::optional<Returning> returning = AnyReturning(purchase, returned);
      if (!returning) break;
      returned = *Plus(purchase, returned, *returning);
      returnings.push_back(*returning);
    }
    if (returnings.empty()) RC_SUCCEED("nothing to return");
    const auto places = *rc::gen::container<std::vector<uint32_t>>(returnings.size(),
                                                                   rc::gen::arbitrary<uint32_t>());
    std::vector<size_t> order(returnings.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return places[a] < places[b]; });
    Returned other = Nothing(purchase);
    for (const size_t i : order) {
      const absl::StatusOr<Returned> sum = Plus(purchase, other, returnings[i]);
      // Another order may ask for more than is left at some step: that return is refused.
      if (!sum.ok()) RC_SUCCEED("a step was refused");
      other = *sum;
    }
    const Undone undone = UndoneBy(purchase, returned);
    const Undone again = UndoneBy(purchase, other);
    RC_ASSERT(again.line_points == undone.line_points);
    RC_ASSERT(again.points == undone.points);
    RC_ASSERT(again.organization_points == undone.organization_points);
    RC_ASSERT(again.brought_back == undone.brought_back);
    RC_ASSERT(again.returned_minor == undone.returned_minor);
    RC_ASSERT(other.whole == returned.whole);
  }));
}

TEST(SumOf, IsWhatTheReturnsCameTo) {
  const Purchase purchase = Lines({{3, 900, 9}, {1, 100, 1}});
  std::vector<Return> returns = {
      {.return_id = "a", .returning = Pieces(1, 1), .points_taken = 3},
      {.return_id = "b", .returning = Pieces(1, 9), .refused = "RETURN_TOO_LARGE"},
      {.return_id = "c", .returning = Amount(100), .points_taken = 1}};
  const Returned sum = SumOf(purchase, returns);
  EXPECT_EQ(sum.points_taken, 4);
  EXPECT_EQ(sum.returns, 2);
  EXPECT_EQ(sum.lines[0].quantity, 1);
  EXPECT_EQ(sum.amount_minor, 100);
  EXPECT_FALSE(sum.whole);
  returns.push_back({.return_id = "d", .returning = Everything()});
  EXPECT_TRUE(SumOf(purchase, returns).whole);
}

}  // namespace
}  // namespace gratis::thanks
