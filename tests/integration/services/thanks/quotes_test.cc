#include <rapidcheck.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/merging.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/purchase_contract.h"
#include "tests/integration/services/thanks/returns_testing.h"

namespace gratis::thanks {
namespace quotes_test {
namespace {

using ::testing::IsEmpty;

// Says in the journal that a member's tier changed, as the members service does.
class EnterGold final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kTierChanged,
                               .member = envelope.member,
                               .effective_at = envelope.now,
                               .source = "gold",
                               .detail = R"({"from":"base","to":"gold","reason":1})"})
                        .status());
    return std::string("changed");
  }
};

// Makes two members one, as the members service does.
class MakeOne final : public ledger::Mutation {
 public:
  explicit MakeOne(ledger::MergePair pair) : pair_(std::move(pair)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::MergeMembers(books, pair_).status());
    return std::string("merged");
  }

 private:
  const ledger::MergePair pair_;
};

// What somebody is told of a purchase, by a quote and by recording it; an error in its place.
struct Told {
  std::string error = {};
  bool same_as_recorded = false;
  int64_t points = 0;
  int64_t organization_points = 0;
  int64_t position = 0;
  std::vector<std::string> lines = {};
  std::vector<std::string> caps = {};
  absl::Time available_at = absl::InfinitePast();

  friend bool operator==(const Told&, const Told&) = default;
};

std::string ErrorText(const absl::Status& status) {
  std::string text = absl::StrCat(static_cast<int>(ReasonOf(status).value_or(Reason::kInternal)),
                                  " ", FieldOf(status).value_or(""), " ", status.message());
  for (const auto& [name, value] : MetadataOf(status)) absl::StrAppend(&text, " ", name, value);
  return text;
}

Told QuotedAs(const absl::StatusOr<Thanks::Quoted>& quoted, const PurchaseOrder& order) {
  if (!quoted.ok()) return {.error = ErrorText(quoted.status())};
  Told told{.same_as_recorded = quoted->same_as_recorded,
            .organization_points = quoted->split.organization_points,
            .position = quoted->position};
  // What nobody has claimed has earned nothing yet.
  if (!order.member.IsNil()) told.points = quoted->split.member_points;
  if (quoted->available_at > kNow) told.available_at = quoted->available_at;
  for (const LineTrace& trace : quoted->earned.traces) {
    // A recorded purchase tells of lines that it was told.
    if (order.lines.empty()) break;
    v1::LineTrace line;
    ToContract(trace, line);
    told.lines.push_back(line.SerializeAsString());
  }
  for (const CapTrace& cap : quoted->earned.caps) {
    v1::CapTrace message;
    ToContract(cap, quoted->earned.traces, message);
    told.caps.push_back(message.SerializeAsString());
  }
  return told;
}

Told RecordedAs(const ledger::Outcome& outcome) {
  if (!outcome.answer.ok()) return {.error = ErrorText(outcome.answer.status())};
  v1::RecordPurchaseResponse response;
  EXPECT_TRUE(response.ParseFromString(*outcome.answer));
  Told told{.same_as_recorded = response.same_as_recorded(),
            .points = response.points(),
            .organization_points = response.organization_points(),
            .position = response.position()};
  for (const v1::LineTrace& line : response.lines()) {
    told.lines.push_back(line.SerializeAsString());
  }
  for (const v1::CapTrace& cap : response.caps()) told.caps.push_back(cap.SerializeAsString());
  if (response.has_points_available_at()) {
    told.available_at = absl::FromUnixSeconds(response.points_available_at().seconds());
  }
  return told;
}

class QuotesTest : public ReturnsTest {
 protected:
  // Two budgets that pay for less than the rules could give, and every kind of rule.
  void SetAnyPolicy() {
    const BudgetId budget = NewBudget(*rc::gen::inRange<int64_t>(0, 90));
    const BudgetId other = NewBudget(*rc::gen::inRange<int64_t>(0, 25));
    Policy policy = DefaultPolicy("USD");
    policy.pending = {.until_delivery = true, .channels = {"web"}};
    policy.earning.rules = {
        {"tea", {.categories = {"tea"}}, RateRule{3}},
        {"no-books", {.categories = {"books"}}, ExclusionRule{}},
        {"gold", {.tiers = {"gold"}}, MultiplierRule{150}},
        {"third", {}, BonusRule{.points = 37, .positions = {3}}},
        {"second", {}, BonusRule{.points = 9, .every = 2, .budget = budget}},
        {"coats", {.categories = {"coats"}}, BonusRule{.points = 20, .budget = budget}},
        {"hats", {.categories = {"hats"}}, BonusRule{.points = 15, .budget = budget}},
        {"web", {.channels = {"web"}}, BonusRule{.points = 11, .budget = other}},
        {"enough", {.categories = {"coats"}}, CapRule{90, CapAction::kClip}},
        {"a-day", {}, CapRule{150, CapAction::kClip, CapPeriod::kDay}},
        {"a-month", {}, CapRule{250, CapAction::kRefuse, CapPeriod::kMonth}}};
    Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  }

  BudgetId NewBudget(int64_t limit) {
    const BudgetId budget{ids_.Next(kNow)};
    Post(std::make_unique<MakeBudget>(budget, limit), MemberId{});
    return budget;
  }

  // Somebody new, with an earlier purchase: in a tier, merged with somebody who bought before, or
  // in a state.
  void SetAnyMember() {
    member_ = NewMember();
    staff_ = NewMember();
    const int what = *rc::gen::inRange(0, 6);
    if (what == 0) Post(std::make_unique<EnterGold>(), member_);
    if (what == 1) {
      staff_ = NewMember();
      const MemberId survivor = std::exchange(member_, staff_);
      Parsed(Do(Purchase(NextOrder(), 1'500)));
      member_ = survivor;
      MergeIntoMember(staff_);
    }
    Parsed(Do(Purchase(NextOrder(), 2'000)));
    if (what == 2) SetState(ledger::MemberState::kSuspended);
    if (what == 3) SetState(ledger::MemberState::kRestricted);
    if (what == 4) SetState(ledger::MemberState::kClosed);
    active_ = what < 2 || what == 5;
  }

  void MergeIntoMember(const MemberId& duplicate) {
    auto merge = std::make_unique<MakeOne>(ledger::MergePair{.duplicate = duplicate,
                                                             .survivor = member_,
                                                             .leaving = NewTransaction(duplicate),
                                                             .arriving = NewTransaction(member_),
                                                             .effective_at = kNow,
                                                             .source = "test"});
    merge->envelope = EnvelopeFor("merge " + duplicate.ToString(), duplicate);
    merge->envelope.also.push_back(member_);
    const ledger::Outcome merged = poster_.Post(plain_, std::move(merge));
    EXPECT_TRUE(merged.answer.ok()) << merged.answer.status();
  }

  std::string NextOrder() { return absl::StrCat("order ", ++orders_); }

  // Points on hold, some of theirs or nobody's.
  HoldId AnyHold() {
    const HoldId hold = ledger::Beside(program_, member_, HoldId{ids_.Next(kNow)});
    if (active_ && *rc::gen::arbitrary<bool>() && Available(member_) > 0) {
      Post(std::make_unique<SpendPoints>(1, NewTransaction(member_), hold), member_);
    }
    return hold;
  }

  PurchaseOrder AnyOrder() {
    const std::vector<std::string> categories = {"coats", "hats", "tea", "books", ""};
    const std::vector<LineKind> kinds = {LineKind::kProduct, LineKind::kService,
                                         LineKind::kShipping};
    PurchaseOrder order{.member = member_, .order = Web(NextOrder())};
    order.total = {"USD", *rc::gen::inRange<int64_t>(0, 9'000)};
    order.purchased_at = kNow - absl::Hours(24) * *rc::gen::inRange(0, 3);
    const int lines = *rc::gen::inRange(0, 4);
    if (lines > 0) order.total.minor_units = 0;
    for (int i = 0; i < lines; ++i) {
      order.lines.push_back(
          {.category = categories[*rc::gen::inRange<size_t>(0, categories.size())],
           .kind = kinds[*rc::gen::inRange<size_t>(0, kinds.size())],
           .quantity = *rc::gen::inRange<int64_t>(1, 4),
           .unit_price_minor = *rc::gen::inRange<int64_t>(0, 3'000)});
    }
    if (*rc::gen::arbitrary<bool>()) order.channel = "web";
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        order.staff_member = member_;
        break;
      case 1:
        order.staff_member = staff_;
        break;
      case 2:
        // More than it costs at times.
        order.payments = {{.kind = PaymentKind::kPoints,
                           .tender = "points",
                           .amount_minor = *rc::gen::inRange<int64_t>(0, 4'000)}};
        break;
      case 3:
        order.payments = {{.kind = PaymentKind::kPoints, .tender = "points", .hold = AnyHold()}};
        break;
      case 4:
        order.member = {};
        break;
    }
    return order;
  }

  // As the desk makes it, whatever was recorded before.
  std::unique_ptr<PurchaseChange> Recording(const PurchaseOrder& order,
                                            const std::optional<OrderKey>& same_as) {
    std::unique_ptr<PurchaseChange> change;
    if (same_as) {
      const auto located = thanks_.Locate(program_, thanks_.NameOf(program_, *same_as), Soon());
      EXPECT_TRUE(located.ok()) << located.status();
      if (located.ok() && located->where != Located::Where::kNowhere) {
        change = Twin(order.order, order.member, *same_as);
      }
    }
    if (!change) change = Order(order, same_as);
    change->envelope.request_id = absl::StrCat("request ", ++requests_);
    return change;
  }

  // What a quote promises is what recording does a moment later.
  void QuoteAndRecord(const PurchaseOrder& order, const std::optional<OrderKey>& same_as = {}) {
    const Told quoted = QuotedAs(thanks_.Quote(program_, order, same_as, kNow, Soon()), order);
    const Told recorded = RecordedAs(Do(Recording(order, same_as)));
    RC_ASSERT(quoted.error == recorded.error);
    RC_ASSERT(quoted.points == recorded.points);
    RC_ASSERT(quoted.lines == recorded.lines);
    const bool same = quoted == recorded;
    RC_ASSERT(same);
  }

  MemberId staff_;  // of somebody else, or somebody who was merged into the member
  bool active_ = true;
  int orders_ = 0;
  int requests_ = 0;
};

TEST_F(QuotesTest, AnyQuoteIsWhatRecordingDoesAMomentLater) {
  constexpr int kPurchases = 5;
  EXPECT_TRUE(rc::check([&] {
    SetAnyPolicy();
    SetAnyMember();
    for (int i = 0; i < kPurchases; ++i) {
      PurchaseOrder order = AnyOrder();
      QuoteAndRecord(order);
      // The same order once more, or under another name.
      const int again = *rc::gen::inRange(0, 5);
      if (again == 0) QuoteAndRecord(order);
      if (again == 1) {
        const OrderKey recorded = order.order;
        order.order = Web(NextOrder());
        // Nobody's holds pay twice, whoever the order is of.
        order.payments.clear();
        if (*rc::gen::arbitrary<bool>()) order.member = member_;
        QuoteAndRecord(order, recorded);
      }
    }
  }));
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(QuotesTest, WhatABudgetCannotPayIsNotPromised) {
  const BudgetId budget = NewBudget(50);
  Policy policy = DefaultPolicy("USD");
  policy.earning.rules = {{"coats", {}, BonusRule{.points = 30, .budget = budget}}};
  Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  const auto quoted = [&] {
    const auto quote = thanks_.Quote(program_, Coats(NextOrder()), {}, kNow, Soon());
    EXPECT_TRUE(quote.ok()) << quote.status();
    return quote.ok() ? quote->split.member_points : -1;
  };
  EXPECT_EQ(quoted(), 89 + 30);
  EXPECT_EQ(quoted(), 89 + 30);  // to ask takes nothing
  EXPECT_EQ(SpentOf(budget), 0);
  EXPECT_EQ(Parsed(Do(Order(Coats("1")))).points(), 89 + 30);
  EXPECT_EQ(quoted(), 89);  // 20 are left
  EXPECT_EQ(Parsed(Do(Order(Coats("2")))).points(), 89);
  EXPECT_EQ(SpentOf(budget), 30);
}

TEST_F(QuotesTest, WhoMayNotEarnIsTold) {
  SetState(ledger::MemberState::kClosed);
  const auto closed = thanks_.Quote(program_, Coats("1"), {}, kNow, Soon());
  EXPECT_EQ(ReasonOf(closed.status()), Reason::kMemberNotActive);
  member_ = MemberId{ids_.Next(kNow)};
  const auto stranger = thanks_.Quote(program_, Coats("1"), {}, kNow, Soon());
  EXPECT_EQ(ReasonOf(stranger.status()), Reason::kMemberNotFound);
}

TEST_F(QuotesTest, AHoldThatPaysIsLookedAtAndLeftAlone) {
  Parsed(Do(Purchase("earlier", 10'000)));
  const HoldId hold = ledger::Beside(program_, member_, HoldId{ids_.Next(kNow)});
  Post(std::make_unique<SpendPoints>(10, NewTransaction(member_), hold), member_);
  PurchaseOrder order = Coats("1");
  order.payments = {
      {.kind = PaymentKind::kPoints, .tender = "points", .amount_minor = 100, .hold = hold}};
  for (int i = 0; i < 2; ++i) {
    const auto quoted = thanks_.Quote(program_, order, {}, kNow, Soon());
    ASSERT_TRUE(quoted.ok()) << quoted.status();
    EXPECT_EQ(quoted->earned.traces[0].lowered_minor, 85);  // of 94.00 the coats are 80.00
  }
  Parsed(Do(Order(order)));
  order.order = Web("2");
  const auto again = thanks_.Quote(program_, order, {}, kNow, Soon());
  EXPECT_EQ(ReasonOf(again.status()), Reason::kHoldResolved);
}

TEST_F(QuotesTest, AnOrderThatIsRecordedIsNotQuotedAgain) {
  const auto recorded = Parsed(Do(Order(Coats("1"))));
  const auto again = thanks_.Quote(program_, Coats("1"), {}, kNow, Soon());
  EXPECT_EQ(ReasonOf(again.status()), Reason::kPurchaseExists);
  EXPECT_EQ(MetadataOf(again.status()), (Metadata{{"purchase_id", recorded.purchase_id()}}));
  // The till asks about what the shop recorded.
  const auto twin = thanks_.Quote(program_, Coats("2"), Web("1"), kNow, Soon());
  ASSERT_TRUE(twin.ok()) << twin.status();
  EXPECT_TRUE(twin->same_as_recorded);
  EXPECT_EQ(twin->split.member_points, 0);
  // What is not rung yet has no name.
  PurchaseOrder unnamed = Coats("");
  EXPECT_EQ(thanks_.Quote(program_, unnamed, {}, kNow, Soon())->split.member_points, 89);
}

}  // namespace
}  // namespace quotes_test
}  // namespace gratis::thanks
