#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/explain.h"
#include "common/ledger/merging.h"
#include "common/ledger/voucher_code.h"
#include "services/thanks/earning_caps.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Says in the journal that a member's tier changed, as the members service does.
class ChangeTier final : public ledger::Mutation {
 public:
  explicit ChangeTier(std::string to) : to_(std::move(to)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kTierChanged,
                               .member = envelope.member,
                               .effective_at = envelope.now,
                               .source = to_,
                               .detail = absl::StrCat(R"({"from":"base","to":")", to_,
                                                      R"(","reason":1,"policy_version":1})")})
                        .status());
    return std::string("changed");
  }

 private:
  const std::string to_;
};

// Makes two members one, as the members service does.
class Merge final : public ledger::Mutation {
 public:
  explicit Merge(ledger::MergePair pair) : pair_(std::move(pair)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::MergeMembers(books, pair_).status());
    return std::string("merged");
  }

 private:
  const ledger::MergePair pair_;
};

OrderKey Web(const std::string& order_id) { return {.source = "webshop", .order_id = order_id}; }

// kNow is Friday, 15 January 2027, 08:00 UTC.
class EarningTest : public ThanksHouse {
 protected:
  void SetRules(std::vector<PurchaseRule> rules) {
    Policy policy = DefaultPolicy("USD");
    policy.earning.rules = std::move(rules);
    Parsed<v1::SetThanksPolicyResponse>(Set(policy));
  }

  void Enter(const std::string& tier) {
    auto change = std::make_unique<ChangeTier>(tier);
    change->envelope = EnvelopeFor(absl::StrCat("tier ", ++changes_of_tier_), member_);
    EXPECT_TRUE(poster_.Post(plain_, std::move(change)).answer.ok());
  }

  void MergeInto(const MemberId& duplicate, const MemberId& survivor) {
    const auto beside = [&](const MemberId& member) {
      return ledger::Beside(program_, member, TransactionId{ids_.Next(kNow)});
    };
    auto merge = std::make_unique<Merge>(ledger::MergePair{.duplicate = duplicate,
                                                           .survivor = survivor,
                                                           .leaving = beside(duplicate),
                                                           .arriving = beside(survivor),
                                                           .effective_at = kNow,
                                                           .source = "test"});
    merge->envelope = EnvelopeFor("merge " + duplicate.ToString(), duplicate);
    merge->envelope.also.push_back(survivor);
    const ledger::Outcome merged = poster_.Post(plain_, std::move(merge));
    ASSERT_TRUE(merged.answer.ok()) << merged.answer.status();
  }

  // Pieces of ten dollars each.
  PurchaseOrder Pieces(const std::string& order_id, int64_t pieces) {
    return {.member = member_,
            .order = Web(order_id),
            .total = {"USD", 0},
            .purchased_at = kNow,
            .lines = {{.category = "coats", .quantity = pieces, .unit_price_minor = 1'000}}};
  }

  v1::RecordReturnResponse Return(const std::string& order_id, const std::string& return_id,
                                  Returning returning) {
    return Parsed<v1::RecordReturnResponse>(
        Do(Back(Web(order_id), return_id, std::move(returning))));
  }

  // What the journal says of how a purchase came about.
  std::string DetailOf(const std::string& order_id) {
    const auto found = Find(order_id);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return "";
    std::string detail;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(
                      const ledger::Explanation explanation,
                      ledger::ExplainTransaction(tx, program_, found->purchase.transaction, 1));
                  detail = explanation.transactions[0].rows[0].row.fact.detail;
                  return absl::OkStatus();
                }).ok());
    return detail;
  }

  // What caps have counted of the member: "rule/period/since earned-taken", one after the other.
  std::string Counted() {
    pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
    std::string text;
    const pg::Query query{"testing/counted", R"(
        SELECT coalesce(string_agg(concat(rule, '/', per, '/', since, ' ', earned, '-', taken), ' '
                                   ORDER BY rule, per, since), '')
        FROM gratis_thanks.cap_count WHERE partition = $1 AND member = $2)"};
    EXPECT_TRUE(pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const pg::Rows rows,
                                   tx.Run(query, ledger::PartitionOf(program_, member_), member_));
                  text = rows[0].Get<std::string>(0);
                  return absl::OkStatus();
                }).ok());
    return text;
  }

  int changes_of_tier_ = 0;
};

TEST_F(EarningTest, WhatATierMultipliesComesBackExactlyWhateverTheTierIsByThen) {
  SetRules({{"silver", {.tiers = {"silver"}}, MultiplierRule{125}},
            {"gold", {.tiers = {"gold"}}, MultiplierRule{150}}});
  // Who never changed tier is in none.
  EXPECT_EQ(Parsed(Do(Order(Pieces("1", 7)))).points(), 70);
  Enter("gold");
  PurchaseOrder order = Pieces("2", 7);
  order.lines[0].unit_price_minor = 1'001;
  const auto quoted = thanks_.Quote(program_, order, {}, kNow, Soon());
  ASSERT_TRUE(quoted.ok()) << quoted.status();
  EXPECT_EQ(quoted->split.member_points, 105);  // 70.07 x 1.5 is 105.105
  EXPECT_EQ(quoted->earned.earning.tier, "gold");
  const auto bought = Parsed(Do(Order(order)));
  EXPECT_EQ(bought.points(), 105);
  EXPECT_THAT(bought.lines(0).rules(), ElementsAre("gold"));
  EXPECT_EQ(Find("2")->purchase.earning.tier, "gold");
  EXPECT_EQ(Find("1")->purchase.earning.tier, "");

  Enter("silver");
  EXPECT_EQ(Parsed(Do(Order(Pieces("3", 8)))).points(), 100);
  SetRules({});
  EXPECT_EQ(Return("2", "r1", {.lines = {{1, 2, 0}}}).points_taken(), 30);
  EXPECT_EQ(Return("2", "r2", {.lines = {{1, 3, 0}}}).points_taken(), 45);
  EXPECT_EQ(Return("2", "r3", {.everything = true}).points_taken(), 30);
  EXPECT_EQ(Available(member_), 170);
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(EarningTest, ThePostingTellsWhichRulesHadAPartInHowManyPoints) {
  constexpr char kPlain[] =
      R"({"currency":"USD","total_minor":7000,"points_per_unit":1,"rounding":1,"policy_version":)";
  Parsed(Do(Order(Pieces("1", 7))));
  EXPECT_EQ(DetailOf("1"), absl::StrCat(kPlain, "0}"));

  SetRules({{"no-books", {.categories = {"books"}}, ExclusionRule{}},
            {"gold", {.tiers = {"gold"}}, MultiplierRule{200}},
            {"coats", {.categories = {"coats"}}, BonusRule{.points = 9}},
            {"at-most", {.categories = {"coats"}}, CapRule{50, CapAction::kClip}}});
  PurchaseOrder order = Pieces("2", 3);
  order.lines.push_back({.category = "books", .quantity = 1, .unit_price_minor = 2'000});
  order.lines.push_back({.category = "hats", .quantity = 2, .unit_price_minor = 1'000});
  Enter("gold");
  EXPECT_EQ(Parsed(Do(Order(order))).points(), 50 + 40);
  // The coats' 60 and 9 were cut to 50; the hats have 40.
  EXPECT_EQ(DetailOf("2"),
            absl::StrCat(kPlain, R"(1,"rules":{"gold":90,"coats":50,"at-most":50,"no-books":0}})"));

  // Rules that are there, and had no part in it.
  order = Pieces("3", 7);
  order.lines[0].category = "hats";
  Enter("silver");
  Parsed(Do(Order(order)));
  EXPECT_EQ(DetailOf("3"), absl::StrCat(kPlain, "1}"));
}

TEST_F(EarningTest, WhatNobodyBoughtIsMultipliedByTheTierOfWhoClaimsIt) {
  SetRules({{"gold", {.tiers = {"gold"}}, MultiplierRule{200}},
            {"a-day", {}, CapRule{110, CapAction::kClip, CapPeriod::kDay}}});
  Enter("gold");
  const MemberId gold = member_;
  member_ = {};
  const auto bought = Parsed(Do(Order(Pieces("1", 4))));
  member_ = gold;
  Parsed(Do(Order(Pieces("2", 3))));
  const auto code = ledger::ParseVoucherCode(bought.receipt_code());
  ASSERT_TRUE(code.ok()) << code.status();
  const auto claimed = Parsed<v1::ClaimPurchaseResponse>(Do(Claim(member_, *code)));
  EXPECT_EQ(claimed.points(), 50);  // 80, and the day had 60
  EXPECT_EQ(Counted(), "a-day/2/2027-01-15 110-0");
  EXPECT_EQ(Find("1")->purchase.earning.tier, "gold");
}

TEST_F(EarningTest, ADayEarnsSoMuchWhenEverItIsTold) {
  SetRules({{"a-day", {}, CapRule{100, CapAction::kClip, CapPeriod::kDay}}});
  EXPECT_EQ(Parsed(Do(Order(Pieces("1", 8)))).points(), 80);
  const auto quoted = thanks_.Quote(program_, Pieces("2", 8), {}, kNow, Soon());
  ASSERT_TRUE(quoted.ok()) << quoted.status();
  EXPECT_EQ(quoted->split.member_points, 20);
  const auto second = Parsed(Do(Order(Pieces("2", 8))));
  EXPECT_EQ(second.points(), 20);
  ASSERT_EQ(second.caps_size(), 1);
  EXPECT_EQ(second.caps(0).rule(), "a-day");
  EXPECT_EQ(second.caps(0).per(), v1::CAP_PERIOD_DAY);
  EXPECT_EQ(second.caps(0).points(), 20);
  EXPECT_EQ(second.caps(0).clipped_points(), 60);
  EXPECT_EQ(second.caps(0).since().day(), 15);
  PurchaseOrder late = Pieces("3", 8);
  late.purchased_at = kNow - absl::Hours(24);
  EXPECT_EQ(Parsed(Do(Order(late))).points(), 80);
  EXPECT_EQ(Parsed(Do(Order(Pieces("4", 1)))).points(), 0);
  EXPECT_EQ(Counted(), "a-day/2/2027-01-14 80-0 a-day/2/2027-01-15 100-0");
  EXPECT_EQ(Available(member_), 180);
  // Another member has a day of their own.
  member_ = NewMember();
  EXPECT_EQ(Parsed(Do(Order(Pieces("5", 8)))).points(), 80);
}

TEST_F(EarningTest, WhatIsReplayedRefusedOrOnlyTriedCountsOnce) {
  SetRules({{"a-day", {}, CapRule{100, CapAction::kRefuse, CapPeriod::kDay}}});
  const ledger::Outcome first = Do(Order(Pieces("1", 8)));
  const ledger::Outcome replay = Do(Order(Pieces("1", 8)));
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(*replay.answer, *first.answer);
  auto tried = Order(Pieces("2", 2));
  tried->envelope.validate_only = true;
  EXPECT_EQ(Parsed(Do(std::move(tried))).points(), 20);
  const absl::Status refused = Do(Order(Pieces("3", 3))).answer.status();
  EXPECT_EQ(ReasonOf(refused), Reason::kEarningCapExceeded);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"rule", "a-day"}, {"points", "30"}}));
  auto again = Order(Pieces("1", 1));
  again->envelope.request_id = "another";
  EXPECT_EQ(ReasonOf(Do(std::move(again)).answer.status()), Reason::kPurchaseExists);
  EXPECT_EQ(Counted(), "a-day/2/2027-01-15 80-0");
  EXPECT_EQ(Parsed(Do(Order(Pieces("4", 2)))).points(), 20);

  auto rehearsal = Back(Web("1"), "r1", {.everything = true});
  rehearsal->envelope.validate_only = true;
  Parsed<v1::RecordReturnResponse>(Do(std::move(rehearsal)));
  EXPECT_EQ(Counted(), "a-day/2/2027-01-15 100-0");
  Return("1", "r1", {.everything = true});
  EXPECT_TRUE(Do(Back(Web("1"), "r1", {.everything = true})).replayed);
  EXPECT_EQ(Counted(), "a-day/2/2027-01-15 100-80");
}

TEST_F(EarningTest, TillsThatRingAtOnceEarnNoMoreThanTheCapTogether) {
  SetRules({{"a-week", {}, CapRule{105, CapAction::kClip, CapPeriod::kWeek}}});
  // Two processes, each with what it knows.
  ledger::Poster other({.chain_key = std::string(32, 'c')}, pool_, clock_);
  PurchaseChanges other_changes;
  constexpr int kTills = 40;
  std::mutex mutex;
  std::condition_variable all;
  int done = 0;
  int64_t earned = 0;
  for (int i = 0; i < kTills; ++i) {
    const bool here = i % 2 == 0;
    (here ? poster_ : other)
        .Submit(here ? changes_ : other_changes, Order(Pieces(absl::StrCat("till ", i), 1)),
                [&](ledger::Outcome outcome) {
                  v1::RecordPurchaseResponse response;
                  EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
                  if (outcome.answer.ok()) response.ParseFromString(*outcome.answer);
                  const std::lock_guard lock(mutex);
                  earned += response.points();
                  ++done;
                  all.notify_one();
                });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(all.wait_for(lock, std::chrono::seconds(30), [&] { return done == kTills; }));
  EXPECT_EQ(earned, 105);
  EXPECT_EQ(Available(member_), 105);
  EXPECT_EQ(Counted(), "a-week/3/2027-01-11 105-0");
}

TEST_F(EarningTest, WhatCameBackIsFreeForWhatIsBoughtAfter) {
  SetRules(
      {{"coats", {.categories = {"coats"}}, CapRule{100, CapAction::kClip, CapPeriod::kEver}}});
  Parsed(Do(Order(Pieces("1", 10))));
  EXPECT_EQ(Parsed(Do(Order(Pieces("2", 10)))).points(), 0);
  Return("1", "r1", {.lines = {{1, 4, 0}}});
  EXPECT_EQ(Parsed(Do(Order(Pieces("3", 10)))).points(), 40);
  EXPECT_EQ(Find("3")->purchase.caps[0].clipped, 60);
  // A return that came before its purchase frees at once what it took.
  EXPECT_TRUE(Return("4", "r1", {.lines = {{1, 9, 0}}}).parked());
  Return("3", "r1", {.everything = true});
  EXPECT_EQ(Parsed(Do(Order(Pieces("4", 10)))).returned_points(), 36);
  EXPECT_EQ(Counted(), "coats/5/1970-01-01 180-116");
  EXPECT_EQ(Available(member_), 64);
}

TEST_F(EarningTest, WhatADuplicateEarnedCountsForWhoItBecame) {
  SetRules({{"a-month", {}, CapRule{100, CapAction::kClip, CapPeriod::kMonth}}});
  for (int i = 0; i < 4; ++i) {  // of whatever partitions
    const auto name = [&](int number) { return absl::StrCat("pair ", i, " order ", number); };
    const MemberId duplicate = NewMember();
    member_ = duplicate;
    EXPECT_EQ(Parsed(Do(Order(Pieces(name(1), 8)))).points(), 80);
    member_ = NewMember();
    EXPECT_EQ(Parsed(Do(Order(Pieces(name(2), 1)))).points(), 10);
    MergeInto(duplicate, member_);
    EXPECT_EQ(Parsed(Do(Order(Pieces(name(3), 8)))).points(), 10);
    EXPECT_EQ(thanks_.Quote(program_, Pieces(name(4), 8), {}, kNow, Soon())->split.member_points,
              0);
    // As the door posts it once it was told who they became.
    auto back = Back(Web(name(1)), "r1", {.lines = {{1, 5, 0}}});
    back->envelope.survivors = {member_};
    Parsed<v1::RecordReturnResponse>(Do(std::move(back)));
    EXPECT_EQ(Parsed(Do(Order(Pieces(name(4), 8)))).points(), 50);
    EXPECT_EQ(Available(member_), 100);
  }
  EXPECT_THAT(Damages(), IsEmpty());
}

TEST_F(EarningTest, AnyOrderAndSplitOfReturnsEndsWhereFullReturnsDo) {
  SetRules({{"gold", {.tiers = {"gold"}}, MultiplierRule{150}},
            {"a-day", {}, CapRule{133, CapAction::kClip, CapPeriod::kDay}},
            {"a-month", {}, CapRule{201, CapAction::kClip, CapPeriod::kMonth}}});
  std::vector<int> order = {0, 1, 2};
  std::vector<std::string> ends;
  int round = 0;
  do {
    for (const bool in_parts : {false, true}) {
      ++round;
      member_ = NewMember();
      Enter("gold");
      const auto name = [&](int i) { return absl::StrCat("round ", round, " order ", i); };
      for (int i = 0; i < 3; ++i) {
        PurchaseOrder bought = Pieces(name(i), 7);
        if (i == 2) bought.purchased_at = kNow - absl::Hours(24);
        Parsed(Do(Order(bought)));
      }
      EXPECT_EQ(Counted(),
                "a-day/2/2027-01-14 68-0 a-day/2/2027-01-15 133-0 a-month/4/2027-01-01 201-0");
      // The first and the last come back wholly, of the second a part, in this order.
      for (const int i : order) {
        const int64_t pieces = i == 1 ? 4 : 7;
        if (!in_parts) {
          Return(name(i), "at once", {.lines = {{1, pieces, 0}}});
          continue;
        }
        Return(name(i), "some", {.lines = {{1, 3, 0}}});
        Return(name(i), "more", {.lines = {{1, pieces - 3, 0}}});
      }
      ends.push_back(absl::StrCat(Available(member_), " ", Counted()));
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(ends.size(), 12u);
  for (const std::string& end : ends) EXPECT_EQ(end, ends.front());
  // Of the second, 28 points, four of seven pieces came back.
  EXPECT_EQ(ends.front(),
            "12 a-day/2/2027-01-14 68-68 a-day/2/2027-01-15 133-121 a-month/4/2027-01-01 201-189");
  EXPECT_THAT(Damages(), IsEmpty());
}

}  // namespace
}  // namespace gratis::thanks
