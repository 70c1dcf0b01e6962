#include "services/members/brief_past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using Day = absl::CivilDay;
using ledger::FactKind;

MemberId MemberOf(int number) {
  MemberId member;
  member.uuid.bytes[15] = static_cast<uint8_t>(number);
  return member;
}

ledger::JournalRow Row(int64_t seq, FactKind kind, int member, absl::Time at,
                       std::string detail = "{\"currency\":\"USD\",\"total_minor\":1250}") {
  return {.partition = 1,
          .seq = seq,
          .fact = {.kind = kind,
                   .transaction = {},
                   .member = MemberOf(member),
                   .points = 5,
                   .effective_at = at,
                   .source = "pur_1",
                   .detail = std::move(detail)}};
}

absl::Time Noon(Day day) { return absl::FromCivil(day, absl::UTCTimeZone()) + absl::Hours(12); }

std::map<MemberId, Past> PastsOf(const std::vector<ledger::JournalRow>& rows) {
  const auto stretch = StretchOf(rows, absl::UTCTimeZone());
  EXPECT_TRUE(stretch.ok()) << stretch.status();
  return Additions(*stretch, {});
}

TEST(BriefPast, AVisitIsADayWithAPurchase) {
  const Day day(2026, 3, 5);
  const auto pasts = PastsOf({Row(1, FactKind::kPurchase, 1, Noon(day)),
                              Row(2, FactKind::kPurchase, 1, Noon(day) + absl::Hours(2)),
                              Row(3, FactKind::kPurchase, 1, Noon(day - 2)),
                              Row(4, FactKind::kPurchase, 2, Noon(day))});
  const Past& past = pasts.at(MemberOf(1));
  EXPECT_EQ(past.visits, 2);
  EXPECT_EQ(past.purchases, 3);
  EXPECT_EQ(past.first_visit, day - 2);
  EXPECT_EQ(past.last_visit, day);
  EXPECT_EQ(pasts.at(MemberOf(2)).visits, 1);
}

TEST(BriefPast, DaysAreThoseOfTheProgramsZone) {
  absl::TimeZone auckland;
  ASSERT_TRUE(absl::LoadTimeZone("Pacific/Auckland", &auckland));
  const std::vector<ledger::JournalRow> rows = {
      Row(1, FactKind::kPurchase, 1, Noon(Day(2026, 3, 5)))};
  const auto stretch = StretchOf(rows, auckland);
  ASSERT_TRUE(stretch.ok());
  EXPECT_EQ(stretch->purchases.front().day, Day(2026, 3, 6));
  EXPECT_EQ(stretch->purchases.front().total, (base::Money{"USD", 1250}));
}

TEST(BriefPast, TheLastGiftIsTheOneThatCounts) {
  const auto pasts = PastsOf({Row(1, FactKind::kBirthdayGift, 1, Noon(Day(2025, 3, 5))),
                              Row(2, FactKind::kBirthdayGift, 1, Noon(Day(2026, 3, 5)))});
  const Past& past = pasts.at(MemberOf(1));
  EXPECT_EQ(past.gift, (PastGift{Noon(Day(2026, 3, 5)), 5, {}}));
  EXPECT_EQ(past.visits, 0);
  EXPECT_EQ(past.first_visit, std::nullopt);
}

TEST(BriefPast, APurchaseThatDoesNotSayWhatItCostIsDamage) {
  const std::vector<ledger::JournalRow> rows = {
      Row(1, FactKind::kPurchase, 1, Noon(Day(2026, 3, 5)), "{\"currency\":\"USD\"}")};
  EXPECT_EQ(ReasonOf(StretchOf(rows, absl::UTCTimeZone()).status()), Reason::kBooksDamaged);
}

// However the journal is cut into stretches, the same comes of it.
TEST(BriefPast, StretchesAddUp) {
  EXPECT_TRUE(rc::check([] {
    const auto days = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
    std::vector<ledger::JournalRow> rows;
    for (const int day : days) {
      rows.push_back(Row(std::ssize(rows) + 1,
                         day == 11 ? FactKind::kBirthdayGift : FactKind::kPurchase, day % 2,
                         Noon(Day(2026, 3, 1) + day)));
    }
    std::map<MemberId, Past> pasts;
    VisitDays known;
    for (size_t at = 0; at < rows.size();) {
      const auto length =
          static_cast<size_t>(*rc::gen::inRange<int>(1, static_cast<int>(rows.size() - at) + 1));
      const auto stretch =
          StretchOf(absl::MakeConstSpan(rows).subspan(at, length), absl::UTCTimeZone());
      RC_ASSERT(stretch.ok());
      for (const auto& [member, more] : Additions(*stretch, known)) pasts[member].Add(more);
      known.merge(VisitDaysOf(*stretch));
      at += length;
    }
    RC_ASSERT(pasts == PastsOf(rows));
  }));
}

}  // namespace
}  // namespace gratis::members
