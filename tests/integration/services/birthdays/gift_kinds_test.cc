#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/ledger/voucher_code.h"
#include "common/status/reasons.h"
#include "tests/integration/services/birthdays/birthdays_house.h"

namespace gratis::birthdays {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// What is given, besides points.
class GiftKindsTest : public BirthdaysHouse {
 protected:
  static Policy Gives(Present present, BudgetId budget = {}) {
    Policy policy;
    policy.offer = {.presents = {std::move(present)}, .fallback = 0, .text = "", .budget = budget};
    return policy;
  }
  static Policy GivesVoucher(int64_t minor_units, BudgetId budget = {}) {
    return Gives({.kind = GiftKind::kVoucher, .worth = minor_units}, budget);
  }
  void Set(const Policy& policy) {
    ASSERT_EQ(CheckPolicy(policy), absl::OkStatus());
    const ledger::Outcome set = Post(policy, absl::StrCat("policy ", ++policies_));
    ASSERT_TRUE(set.answer.ok()) << set.answer.status();
  }
  Explanation Explain(const MemberId& member, const std::string& now, int32_t year = 2027) {
    const auto explanation = birthdays_.Explain(program_, member, year, At(now), Soon());
    EXPECT_TRUE(explanation.ok()) << explanation.status();
    return explanation.value_or(Explanation{});
  }

  // Uses up `worth` of a voucher for an order, and returns the posting.
  TransactionId Redeem(const MemberId& member, const VoucherId& voucher, int64_t worth,
                       const std::string& now) {
    const TransactionId transaction =
        ledger::Beside(program_, member, TransactionId{ids_.Next(At(now))});
    const int16_t unit = StateOf(voucher, now).lot.unit;
    EXPECT_EQ(Do(member, At(now),
                 [&](ledger::Books& books) {
                   return ledger::RedeemVoucher(books,
                                                {.kind = ledger::FactKind::kVoucherRedeemed,
                                                 .transaction = transaction,
                                                 .member = member,
                                                 .unit = unit,
                                                 .effective_at = At(now)},
                                                voucher, worth);
                 }),
              absl::OkStatus());
    return transaction;
  }

 private:
  int policies_ = 0;
};

TEST_F(GiftKindsTest, AVoucherIsWorthItsMoneyForAtLeastThirtyDaysAndCanBeFoundByItsCode) {
  const MemberId member = AddMember({6, 15});
  Policy policy = GivesVoucher(500);
  policy.valid_days = 30;
  Set(policy);
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 1, already 0, withheld 0, points 0");
  const std::vector<Gift> gifts = GiftsOf(member);
  ASSERT_THAT(gifts, SizeIs(1));
  const ledger::VoucherState state = StateOf(gifts[0].voucher, "2027-06-15 12:00");
  EXPECT_EQ(state.voucher.member, member);
  EXPECT_EQ(state.voucher.terms.kind, ledger::VoucherKind::kFixed);
  EXPECT_EQ(state.voucher.terms.origin, "birthday");
  EXPECT_FALSE(state.voucher.terms.one_live);
  EXPECT_EQ(state.lot.available, 500);
  EXPECT_GE(state.lot.expires_at - At("2027-06-15 12:00"), absl::Hours(24 * 30));
  EXPECT_EQ(state.lot.expires_at, At("2027-07-16 00:00"));
  // One minor unit of it, on its last day.
  Redeem(member, gifts[0].voucher, 1, "2027-07-15 23:59");
  EXPECT_EQ(StateOf(gifts[0].voucher, "2027-07-15 23:59").lot.available, 499);
  EXPECT_EQ(StateOf(gifts[0].voucher, "2027-07-16 00:00").lot.available, 0);

  const ledger::DirectoryKey name =
      ledger::VoucherCodes(vault_).NameOf(program_.number, gifts[0].voucher);
  ASSERT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
                ASSIGN_OR_RETURN(const auto found, ledger::FindNames(tx, program_, {name}));
                EXPECT_THAT(found, SizeIs(1));
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40 AND points IS NULL OR kind = 40 AND points = 0"),
            1);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 60 AND points = 500"), 1);
  ExpectSoundBooks();
}

TEST_F(GiftKindsTest, AReturnedOrderBringsTheVoucherBack) {
  const MemberId member = AddMember({6, 15});
  Set(GivesVoucher(500));
  Run("2027-06-15 12:00");
  const VoucherId voucher = GiftsOf(member)[0].voucher;
  const TransactionId order = Redeem(member, voucher, 500, "2027-06-20 12:00");
  EXPECT_EQ(StateOf(voucher, "2027-06-20 12:00").lot.available, 0);
  EXPECT_EQ(Do(member, At("2027-06-25 12:00"),
               [&](ledger::Books& books) {
                 return ledger::Reverse(
                            books, {.posting = {.kind = ledger::FactKind::kSpendReversed,
                                                .transaction = ledger::Beside(
                                                    program_, member,
                                                    TransactionId{ids_.Next(real_clock_.Now())}),
                                                .member = member,
                                                .effective_at = At("2027-06-25 12:00")},
                                    .undone = order})
                     .status();
               }),
            absl::OkStatus());
  EXPECT_EQ(StateOf(voucher, "2027-06-25 12:00").lot.available, 500);
  ExpectSoundBooks();
}

TEST_F(GiftKindsTest, AnItemIsAVoucherForIt) {
  const MemberId member = AddMember({6, 15});
  Set(Gives({.kind = GiftKind::kItem, .worth = 1, .item = "CAKE-1", .text = "A slice of cake"}));
  Run("2027-06-15 12:00");
  const Gift gift = GiftsOf(member)[0];
  EXPECT_EQ(gift.offer.presents[0].item, "CAKE-1");
  EXPECT_EQ(gift.offer.presents[0].text, "A slice of cake");
  const ledger::VoucherState state = StateOf(gift.voucher, "2027-06-15 12:00");
  EXPECT_EQ(state.voucher.terms.kind, ledger::VoucherKind::kItem);
  EXPECT_EQ(state.voucher.terms.item, "CAKE-1");
  Redeem(member, gift.voucher, 1, "2027-06-15 12:01");
  EXPECT_THAT(Explain(member, "2027-06-16 12:00").sentence, HasSubstr("The item CAKE-1 was given"));
  ExpectSoundBooks();
}

TEST_F(GiftKindsTest, PointsLiveAtLeastThirtyDaysWhateverTheUnitsRule) {
  const MemberId member = AddMember({12, 20});
  // Points end with the year.
  database_.Execute(
      "INSERT INTO ledger.unit (program, number, version, code, display_name, expiry,"
      " expiry_months, expiry_month, expiry_day, rounding, clawback, transferable, adjust_limit,"
      " max_hold_hours, return_grace_days) SELECT number, 1, 1, 'points', 'Points', 3, 0, 12, 31,"
      " 1, 1, false, 0, 720, 0 FROM ledger.program WHERE code = 'demo'");
  EXPECT_EQ(Run("2027-12-20 12:00"), "given 1, already 0, withheld 0, points 100");
  EXPECT_EQ(Count("ledger.lot WHERE expires_at >= '2028-01-19 12:00+01' AND expires_at < "
                  "'2028-01-21 12:00+01'"),
            1);
  EXPECT_EQ(Balance(member), 100);
}

TEST_F(GiftKindsTest, PointsThatMayEndWithinThirtyDaysOfInactivityAreNoGift) {
  const auto inactivity = [&](int months) {
    database_.Execute(absl::StrCat(
        "INSERT INTO ledger.unit (program, number, version, code, display_name, expiry,"
        " expiry_months, expiry_month, expiry_day, rounding, clawback, transferable, adjust_limit,"
        " max_hold_hours, return_grace_days) SELECT number, 1, ",
        months, ", 'points', 'Points', 4, ", months,
        ", 0, 0, 1, 1, false, 0, 720, 0 FROM ledger.program WHERE code = 'demo'"
        " ON CONFLICT (program, number) DO UPDATE SET version = excluded.version,"
        " expiry_months = excluded.expiry_months"));
  };
  inactivity(1);
  Policy policy;
  const ledger::Outcome refused = Post(policy, "points");
  EXPECT_EQ(ReasonOf(refused.answer.status()), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(refused.answer.status()), "policy.gift");
  policy.enabled = false;
  EXPECT_TRUE(Post(policy, "off").answer.ok());
  policy = GivesVoucher(500);
  policy.tiers = {{"gold", OfPoints(100)}};
  EXPECT_EQ(FieldOf(Post(policy, "of a tier").answer.status()), "policy.tier_gifts[0].gift");
  policy.tiers.clear();
  EXPECT_TRUE(Post(policy, "voucher").answer.ok());
  inactivity(2);
  EXPECT_TRUE(Post(Policy{}, "two months").answer.ok());
}

TEST_F(GiftKindsTest, GiftsGoByTheTierThatAMemberIsIn) {
  const MemberId gold = AddMember({6, 15});
  const MemberId silver = AddMember({6, 15});
  const MemberId plain = AddMember({6, 15});
  celebrants_.tiers = {{gold, "gold"}, {silver, "silver"}};
  Policy policy;
  policy.tiers = {
      {"gold", {.presents = {{.kind = GiftKind::kVoucher, .worth = 2000}}}},
      {"platinum", OfPoints(9)},
      {"silver", OfPoints(300)},
  };
  Set(policy);
  EXPECT_EQ(Explain(gold, "2027-06-01 12:00").verdict.offer, policy.tiers[0].offer);
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 3, already 0, withheld 0, points 400");
  EXPECT_EQ(GiftsOf(gold)[0].offer, policy.tiers[0].offer);
  EXPECT_EQ(Balance(silver), 300);
  EXPECT_EQ(Balance(plain), 100);
}

TEST_F(GiftKindsTest, TheLastGiftThatFitsTheBudgetIsGivenAndTheNextIsToldOfIt) {
  const std::vector<MemberId> members = AddMembers(10, [&](int) {
    return Celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  const BudgetId budget = SetBudget(ledger::kPointsUnit, 399);
  Policy policy;
  policy.offer.budget = budget;
  Set(policy);
  // Before it is due nobody knows.
  EXPECT_EQ(Explain(members[0], "2027-06-01 12:00").verdict.outcome, Outcome::kDue);
  RunOrder count = Order(At("2027-06-15 12:00"));
  count.validate_only = true;
  EXPECT_EQ(Run(count), "given 3, already 0, withheld 7, points 300");
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 3, already 0, withheld 7, points 300");
  EXPECT_EQ(Run("2027-06-15 12:15"), "given 0, already 3, withheld 7, points 0");
  int withheld = 0;
  for (const MemberId& member : members) {
    const Explanation explained = Explain(member, "2027-06-16 12:00");
    if (explained.verdict.outcome == Outcome::kGiven) continue;
    ++withheld;
    EXPECT_EQ(explained.verdict.why, Withheld::kBudget);
    EXPECT_THAT(explained.sentence, HasSubstr("budget that pays for it has no room"));
  }
  EXPECT_EQ(withheld, 7);
  // More within the late days: the rest gets theirs.
  SetBudget(ledger::kPointsUnit, 5000, budget);
  EXPECT_EQ(Run("2027-07-01 12:00"), "given 7, already 3, withheld 0, points 700");
  ExpectSoundBooks();
}

TEST_F(GiftKindsTest, TwoProcessesAtOnceGiveExactlyAsManyAsTheBudgetHasRoomFor) {
  const std::vector<MemberId> members = AddMembers(200, [&](int) {
    return Celebrant{MonthDay{6, 15}, *base::LoadZone("UTC"), At("2026-01-01 00:00")};
  });
  Set(GivesVoucher(500, SetBudget(ledger::kVoucherMoneyUnit, 77 * 500 + 499)));
  celebrants_.page_size = 30;
  pg::Pool other_pool(PoolOptions(database_.conninfo()));
  ledger::Poster other_poster({.chain_key = std::string(32, 'c')}, other_pool, real_clock_);
  FakeCelebrants other_celebrants = celebrants_;
  Birthdays other(other_pool, other_poster, other_celebrants, ids_, vault_);
  std::vector<std::thread> runs;
  for (Birthdays* const process : {&birthdays_, &other}) {
    runs.emplace_back(
        [this, process] { EXPECT_TRUE(process->Run(Order(At("2027-06-15 12:00"))).ok()); });
  }
  for (std::thread& run : runs) run.join();
  Run("2027-06-15 12:30");
  EXPECT_EQ(Count("gratis_birthdays.gift WHERE kind = 2 AND worth = 500"), 77);
  EXPECT_EQ(Count("ledger.budget WHERE spent = 77 * 500"), 1);
  ExpectSoundBooks();
}

TEST_F(GiftKindsTest, APolicyNamesABudgetThatThereIsAndOfItsUnit) {
  Policy policy;
  policy.offer.budget = {ids_.Next(real_clock_.Now())};
  const ledger::Outcome unknown = Post(policy, "unknown");
  EXPECT_EQ(ReasonOf(unknown.answer.status()), Reason::kBudgetNotFound);
  EXPECT_EQ(FieldOf(unknown.answer.status()), "policy.gift.budget_id");
  policy.offer = OfPoints(100);
  policy.tiers = {{"gold", OfPoints(1)}};
  policy.tiers[0].offer.budget = SetBudget(ledger::kVoucherUseUnit, 10);
  const ledger::Outcome other_unit = Post(policy, "other unit");
  EXPECT_EQ(ReasonOf(other_unit.answer.status()), Reason::kBudgetNotFound);
  EXPECT_EQ(FieldOf(other_unit.answer.status()), "policy.tier_gifts[0].gift.budget_id");
  EXPECT_EQ(birthdays_.CurrentPolicy(program_, Soon())->version, 0);
}

TEST_F(GiftKindsTest, APolicyIsReadAsItWasSet) {
  Policy policy = GivesVoucher(500, SetBudget(ledger::kVoucherMoneyUnit, 10));
  policy.offer.presents[0].text = "Fünf Franken, für was du magst";
  Offer choice;
  choice.presents = {{.kind = GiftKind::kItem, .worth = 1, .item = "TEA", .option = "tea"},
                     {.kind = GiftKind::kPoints, .worth = 7, .option = "points"},
                     {.kind = GiftKind::kItem,
                      .worth = 1,
                      .item = "WINE",
                      .minimum_age = 18,
                      .text = "A bottle",
                      .option = "wine"}};
  choice.fallback = 1;
  choice.text = "What would you like?";
  policy.tiers = {{"gold", choice}, {"silver", OfPoints(1)}};
  policy.valid_days = 90;
  policy.choose_days = 3;
  policy.adult_age = 21;
  Set(policy);
  policy.version = 1;
  EXPECT_EQ(*birthdays_.CurrentPolicy(program_, Soon()), policy);
  // The journal has figures, and none of the words.
  EXPECT_EQ(Count("ledger.journal WHERE kind = 41 AND detail LIKE '%\"minor_units\":500%' AND "
                  "detail LIKE '%\"gift_of_gold\"%' AND detail LIKE '%\"WINE\"%'"),
            1);
  EXPECT_EQ(Count("ledger.journal WHERE detail LIKE '%Franken%' OR detail LIKE '%bottle%'"), 0);
}

TEST_F(GiftKindsTest, WhoeverHasAnOpenComplaintIsGivenTheirGiftWithoutAWord) {
  const MemberId cross = AddMember({6, 15});
  const MemberId content = AddMember({6, 15});
  const MemberId consoled = AddMember({6, 15});
  const auto complaint = [&](const MemberId& member, Uuid about, ledger::FactKind kind) {
    EXPECT_EQ(Do(member, At("2027-06-10 12:00"),
                 [&](ledger::Books& books) {
                   ledger::Fact fact{
                       .kind = kind,
                       .transaction = ledger::Beside(program_, member,
                                                     TransactionId{ids_.Next(real_clock_.Now())}),
                       .member = member,
                       .effective_at = At("2027-06-10 12:00")};
                   fact.about = about;
                   return books.Post(std::move(fact)).status();
                 }),
              absl::OkStatus());
  };
  const Uuid first = ids_.Next(real_clock_.Now());
  const Uuid second = ids_.Next(real_clock_.Now());
  complaint(cross, first, ledger::FactKind::kComplaintOpened);
  complaint(cross, second, ledger::FactKind::kComplaintOpened);
  complaint(cross, second, ledger::FactKind::kComplaintResolved);
  complaint(consoled, ids_.Next(real_clock_.Now()), ledger::FactKind::kBirthdayGiftChosen);
  const Uuid third = ids_.Next(real_clock_.Now());
  complaint(consoled, third, ledger::FactKind::kComplaintOpened);
  complaint(consoled, third, ledger::FactKind::kComplaintResolved);
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 3, already 0, withheld 0, points 300");
  EXPECT_TRUE(GiftsOf(cross)[0].quiet);
  EXPECT_FALSE(GiftsOf(content)[0].quiet);
  EXPECT_FALSE(GiftsOf(consoled)[0].quiet);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 40 AND detail::jsonb @> '{\"quiet\":true}'"), 1);
  EXPECT_THAT(Explain(cross, "2027-06-16 12:00").sentence, HasSubstr("without a word"));
}

TEST_F(GiftKindsTest, MergedMembersGetOneGiftAlsoOnTheDay) {
  const MemberId survivor = AddMember({6, 15}, "Pacific/Pago_Pago");
  const MemberId duplicate = AddMember({6, 15}, "Pacific/Kiritimati");
  const MemberId other = AddMember({6, 15}, "Pacific/Kiritimati");
  // The duplicate's day began first.
  EXPECT_EQ(Run("2027-06-15 06:00"), "given 2, already 0, withheld 0, points 200");
  Merge(duplicate, survivor, "2027-06-15 08:00");
  EXPECT_EQ(Balance(survivor), 100);
  EXPECT_EQ(Run("2027-06-16 12:00"), "given 0, already 2, withheld 0, points 0");
  EXPECT_EQ(Balance(survivor), 100);
  EXPECT_THAT(GiftsOf(survivor), SizeIs(1));
  EXPECT_THAT(GiftsOf(survivor, /*as_named=*/true), SizeIs(0));
  EXPECT_EQ(Explain(survivor, "2027-06-16 12:00").verdict.outcome, Outcome::kGiven);
  EXPECT_EQ(Run("2028-06-16 12:00"), "given 2, already 0, withheld 0, points 200");
  EXPECT_THAT(GiftsOf(survivor), SizeIs(2));
  EXPECT_EQ(Balance(other), 200);
  ExpectSoundBooks();
}

// What was set and given before there was anything but points.
TEST(BirthdayMigrations, WhatWasSetAndGivenAsPointsStaysWhatItWas) {
  std::vector<pg::Migration> all = Migrations();
  ASSERT_GE(all.size(), 2U);
  const std::vector<pg::Migration> before(all.begin(), all.begin() + 1);
  pg::testing::TestDatabase database(pg::testing::TemplateOf(
      {{"ledger", ledger::Migrations(), "birthdays"}, {"gratis_birthdays", before, "birthdays"}}));
  database.Execute(
      "INSERT INTO gratis_birthdays.policy VALUES"
      " (2, 1, true, 250, 7, 3, 14, 2, '2027-01-01', 'key_x');"
      "INSERT INTO gratis_birthdays.gift VALUES (9, '00000000-0000-7000-8000-000000000001', 2027,"
      " '00000000-0000-7000-8000-000000000002', 250, '2027-06-15 07:00Z', '2027-06-15 07:01Z', 1)");
  ASSERT_EQ(pg::Migrate(database.conninfo(), "gratis_birthdays", all), absl::OkStatus());
  pg::PoolOptions options;
  options.conninfo = database.conninfo();
  options.role = pg::ServiceRole("birthdays");
  pg::Pool pool(std::move(options));
  const ledger::Program program{
      .number = 2, .currency_code = "USD", .first_partition = 9, .partitions = 1};
  const absl::Time soon = base::SystemClock().Now() + absl::Seconds(60);
  const absl::Status read = pg::RunTx(pool, {.deadline = soon}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const Policy policy, ReadPolicy(tx, program));
    EXPECT_EQ(policy, (Policy{.offer = OfPoints(250),
                              .local_hour = 7,
                              .lead_days = 3,
                              .late_days = 14,
                              .leap_day_rule = LeapDayRule::kMarch1,
                              .version = 1}));
    const MemberId member{{{0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}}};
    ASSIGN_OR_RETURN(const auto gifts, ListGifts(tx, program, {member}, {}, 10));
    EXPECT_THAT(gifts, SizeIs(1));
    EXPECT_EQ(gifts[0].gift.offer, OfPoints(250));
    EXPECT_EQ(gifts[0].gift.year, 2027);
    EXPECT_FALSE(gifts[0].gift.quiet);
    return absl::OkStatus();
  });
  EXPECT_EQ(read, absl::OkStatus());
}

}  // namespace
}  // namespace gratis::birthdays
