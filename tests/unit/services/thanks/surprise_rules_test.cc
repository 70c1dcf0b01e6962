#include "services/thanks/surprise_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::vector<MemberId> Members(int count) {
  base::SequentialIds ids;
  std::vector<MemberId> members;
  for (int i = 0; i < count; ++i) members.push_back({ids.Next(kNow)});
  return members;
}

TEST(DrawWinners, DoesNotDependOnTheOrderOfEntrants) {
  std::vector<MemberId> members = Members(200);
  const std::vector<MemberId> won = DrawWinners("6 aus 49", members, 10);
  ASSERT_EQ(won.size(), 10U);
  std::reverse(members.begin(), members.end());
  EXPECT_EQ(DrawWinners("6 aus 49", members, 10), won);
  std::rotate(members.begin(), members.begin() + 77, members.end());
  EXPECT_EQ(DrawWinners("6 aus 49", members, 10), won);
}

TEST(DrawWinners, AnotherSeedDrawsOthers) {
  const std::vector<MemberId> members = Members(200);
  EXPECT_NE(DrawWinners("a", members, 10), DrawWinners("b", members, 10));
}

TEST(DrawWinners, SmallestTicketsWinAndMoreWinnersKeepThem) {
  const std::vector<MemberId> members = Members(50);
  const std::vector<MemberId> few = DrawWinners("seed", members, 5);
  const std::vector<MemberId> more = DrawWinners("seed", members, 20);
  for (const MemberId& member : few) {
    EXPECT_TRUE(std::binary_search(more.begin(), more.end(), member));
  }
  EXPECT_EQ(DrawWinners("seed", members, 500).size(), 50U);
}

TEST(DrawWinners, EverybodyHasTheSameChance) {
  const std::vector<MemberId> members = Members(20);
  std::map<MemberId, int> times;
  constexpr int kDraws = 4'000;
  for (int i = 0; i < kDraws; ++i) {
    for (const MemberId& member : DrawWinners("seed " + std::to_string(i), members, 5)) {
      ++times[member];
    }
  }
  // 1,000 each; six standard deviations are 165.
  for (const MemberId& member : members) EXPECT_NEAR(times[member], kDraws / 4, 165);
}

TEST(TicketOf, IsWhatTheContractSays) {
  const MemberId member{Uuid{{1}}};
  EXPECT_EQ(TicketOf("seed", member), base::HmacSha256("seed", member.ToString()));
}

TEST(DigestOf, PinsTheSetAndNotItsOrder) {
  std::vector<MemberId> members = Members(3);
  const std::string digest = DigestOf(members);
  EXPECT_EQ(digest.size(), 32U);
  std::reverse(members.begin(), members.end());
  EXPECT_EQ(DigestOf(members), digest);
  members.pop_back();
  EXPECT_NE(DigestOf(members), digest);
  EXPECT_EQ(base::Hex(DigestOf({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(MayWin, LetsInWhoIsInGoodStanding) {
  const Candidate good{.state = ledger::MemberState::kActive,
                       .enrolled_at = kNow - absl::Hours(24 * 30),
                       .last_bought_at = kNow - absl::Hours(24 * 10)};
  EXPECT_TRUE(MayWin(good, {}, kNow));
  const std::vector<std::function<void(Candidate&)>> spoil = {
      [](auto& c) { c.state = ledger::MemberState::kSuspended; },
      [](auto& c) { c.state = ledger::MemberState::kErased; },
      [](auto& c) { c.person = false; },
      [](auto& c) { c.complaint_open = true; },
      [](auto& c) { c.won_lately = true; },
  };
  for (const auto& how : spoil) {
    Candidate bad = good;
    how(bad);
    EXPECT_FALSE(MayWin(bad, {}, kNow));
  }
  EXPECT_TRUE(MayWin(good, {.member_days = 30, .bought_within_days = 10}, kNow));
  EXPECT_FALSE(MayWin(good, {.member_days = 31}, kNow));
  EXPECT_FALSE(MayWin(good, {.bought_within_days = 9}, kNow));
  // No purchase is needed.
  Candidate never = good;
  never.last_bought_at = absl::InfinitePast();
  EXPECT_TRUE(MayWin(never, {}, kNow));
  EXPECT_FALSE(MayWin(never, {.bought_within_days = 3'650}, kNow));
}

TEST(SurpriseFigures, SayWhetherTheDrawPicksByProfile) {
  SurpriseOrder order;
  order.code = "november";
  order.gift.points = 100;
  order.audience.member_days = 365;
  const std::string by_profile = R"("by_profile":true)";
  EXPECT_EQ(SurpriseFigures(order, {}).find(by_profile), std::string::npos);
  order.audience.bought_within_days = 30;
  EXPECT_NE(SurpriseFigures(order, {}).find(by_profile), std::string::npos)
      << SurpriseFigures(order, {});
}

TEST(CheckSurprise, NamesTheFieldThatIsWrong) {
  const SurpriseOrder good{.code = "november-parcel",
                           .seed = "12 17 23 31 40 49",
                           .audience = {},
                           .gift = {.points = 100},
                           .budget = {Uuid{{1}}},
                           .winners = 3};
  EXPECT_TRUE(CheckSurprise(good).ok()) << CheckSurprise(good);
  struct Case {
    std::string field;
    std::function<void(SurpriseOrder&)> spoil;
  };
  const std::vector<Case> cases = {
      {"code", [](auto& s) { s.code.clear(); }},
      {"seed", [](auto& s) { s.seed.clear(); }},
      {"seed", [](auto& s) { s.seed = std::string(65, '1'); }},
      {"seed", [](auto& s) { s.seed = "\n"; }},
      {"gift", [](auto& s) { s.gift.points = 0; }},
      {"gift.voucher.evergreen",
       [](auto& s) { s.gift.voucher = TriggerVoucher{.evergreen = true}; }},
      {"budget_id", [](auto& s) { s.budget = {}; }},
      {"winners", [](auto& s) { s.winners = 0; }},
      {"audience.rest_days", [](auto& s) { s.audience.rest_days = 0; }},
  };
  for (const Case& bad : cases) {
    SurpriseOrder order = good;
    bad.spoil(order);
    EXPECT_EQ(FieldOf(CheckSurprise(order)), bad.field) << CheckSurprise(order);
  }
}

}  // namespace
}  // namespace gratis::thanks
