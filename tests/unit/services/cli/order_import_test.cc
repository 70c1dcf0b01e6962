#include "services/cli/order_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <set>

#include "services/cli/import_request_id.h"
#include "tests/unit/services/cli/fake_engine.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Order MakeOrder(int id, const std::string& customer, int day = 1) {
  Order order;
  order.line = id + 1;
  order.text = absl::StrCat(id, ",", customer);
  order.order_id = absl::StrCat(id);
  order.customer_id = customer;
  order.day = absl::CivilDay(1997, 1, 1) + (day - 1);
  order.purchased_at = absl::FromCivil(absl::CivilHour(order.day) + 12, absl::UTCTimeZone());
  order.total = {"USD", 1150};
  order.item_count = 1;
  return order;
}

class OrderImportTest : public testing::Test {
 protected:
  struct Outcome {
    absl::Status status;
    PurchaseSums sums;
    int64_t members;
    int64_t rejected;
  };

  Outcome Import(const std::vector<Order>& orders, ImportLimits limits = {},
                 absl::Duration patience = absl::Seconds(5)) {
    RejectsFile rejects(file_.Beside("rejects.csv"), "order_id,customer_id", 2, ',');
    OrderImport import(engine_, {.source = "shop", .birthday_seed = seed_, .patience = patience},
                       limits, rejects);
    for (const Order& order : orders) {
      if (!import.Add(order)) break;
    }
    const absl::Status status = import.Finish();
    EXPECT_TRUE(rejects.Close().ok());
    return {status, import.sums(), import.members(), rejects.count()};
  }

  std::string Rejects() const { return ReadAll(file_.Beside("rejects.csv")); }

  FakeEngine engine_;
  std::optional<uint64_t> seed_;
  const TempFile file_{""};
};

TEST_F(OrderImportTest, EnrollsEachCustomerOnceAndRecordsEachOrder) {
  const Outcome outcome =
      Import({MakeOrder(1, "a", 1), MakeOrder(2, "b", 2), MakeOrder(3, "a", 3)}, {.lanes = 1});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.sums.orders, 3);
  EXPECT_EQ(outcome.sums.points, 33);
  EXPECT_EQ(outcome.sums.withheld, 3);
  EXPECT_EQ(outcome.sums.replayed, 0);
  EXPECT_EQ(outcome.members, 2);
  ASSERT_EQ(engine_.enrolled.size(), 2);
  EXPECT_EQ(engine_.enrolled[0].profile().external_ids(0).source(), "shop");
  EXPECT_EQ(FromProto(engine_.enrolled[0].enrolled_at()), MakeOrder(1, "a", 1).purchased_at);
  EXPECT_FALSE(engine_.enrolled[0].profile().has_birthday());
  EXPECT_EQ(engine_.recorded[0].request_id(), "import:shop:order:1");
}

TEST_F(OrderImportTest, ASecondImportReplaysAll) {
  const std::vector<Order> orders = {MakeOrder(1, "a"), MakeOrder(2, "b")};
  const Outcome first = Import(orders);
  const Outcome second = Import(orders);
  EXPECT_EQ(second.sums.replayed, 2);
  EXPECT_EQ(second.sums.points, first.sums.points);
  EXPECT_EQ(second.sums.new_points, 0);
  EXPECT_EQ(second.members, 2);
  EXPECT_EQ(engine_.recorded.size(), 2);
  EXPECT_EQ(engine_.enrolled.size(), 2);
}

TEST_F(OrderImportTest, AnOrderOfTodayIsTheSameWhenItIsImportedAgainLater) {
  Order order = MakeOrder(1, "a");
  order.day_alone = true;
  order.is_now = true;
  Import({order});
  ASSERT_EQ(engine_.recorded.size(), 1);
  EXPECT_FALSE(engine_.recorded[0].has_purchased_at());
  EXPECT_FALSE(engine_.enrolled[0].has_enrolled_at());
  // In the afternoon it is of noon, and its id was used for other words.
  order.is_now = false;
  std::atomic<int> asked = 0;
  engine_.item_hurdle = [&](const std::string& request_id) {
    const bool first = request_id == "import:shop:order:1" && asked++ == 0;
    return first ? Error(Reason::kRequestIdReused, "other words") : absl::OkStatus();
  };
  const Outcome outcome = Import({order});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(asked.load(), 2);
  EXPECT_EQ(outcome.rejected, 0);
  EXPECT_EQ(outcome.sums.orders, 1);
  EXPECT_EQ(outcome.sums.replayed, 1);
  // A time of day cannot have been another.
  order.day_alone = false;
  asked = 0;
  EXPECT_EQ(Import({order}).rejected, 1);
}

TEST_F(OrderImportTest, ACustomerWhoIsAMemberAlreadyStaysWhoTheyAre) {
  const std::string member = MemberId{base::RandomIds().Next(absl::UnixEpoch())}.ToString();
  engine_.taken["shop:a"] = member;
  const Outcome outcome = Import({MakeOrder(1, "a")});
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.members, 1);
  ASSERT_EQ(engine_.recorded.size(), 1);
  EXPECT_EQ(engine_.recorded[0].member_id(), member);
}

TEST_F(OrderImportTest, TheSameCustomerInOtherWordsIsTheSameMember) {
  Import({MakeOrder(1, "a", 1)});
  seed_ = 7;
  const Outcome outcome = Import({MakeOrder(2, "a", 9)});
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.rejected, 0);
  ASSERT_EQ(engine_.recorded.size(), 2);
  EXPECT_EQ(engine_.recorded[0].member_id(), engine_.recorded[1].member_id());
}

TEST_F(OrderImportTest, TheSeedGivesABirthdayToThoseWhoToldNone) {
  seed_ = 7;
  Order told = MakeOrder(2, "b");
  told.birthday = Birthday{2, 29, std::nullopt};
  Import({MakeOrder(1, "a"), told});
  ASSERT_EQ(engine_.enrolled.size(), 2);
  EXPECT_TRUE(engine_.enrolled[0].profile().has_birthday());
  EXPECT_EQ(engine_.enrolled[1].profile().birthday().day(), 29);
}

TEST_F(OrderImportTest, WhatTheEngineRefusesGoesToTheRejectsAndStopsNothing) {
  engine_.item_hurdle = [](const std::string& request_id) {
    if (request_id == "import:shop:order:2") {
      return Error(Reason::kPurchaseExists, "recorded at the till");
    }
    if (request_id.starts_with("import:shop:member:bad:")) {
      return FieldError(Reason::kInvalidEmail, "profile.email", "no");
    }
    return absl::OkStatus();
  };
  const Outcome outcome = Import({MakeOrder(1, "a"), MakeOrder(2, "a"), MakeOrder(3, "bad"),
                                  MakeOrder(4, "bad"), MakeOrder(5, "b")});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.sums.orders, 2);
  EXPECT_EQ(outcome.members, 2);
  EXPECT_EQ(outcome.rejected, 3);
  EXPECT_THAT(Rejects(), HasSubstr("2,a,3,PURCHASE_EXISTS,recorded at the till\n"));
  EXPECT_THAT(Rejects(), HasSubstr("3,bad,4,INVALID_EMAIL,profile.email: no\n"));
  EXPECT_THAT(Rejects(), HasSubstr("4,bad,5,INVALID_EMAIL,profile.email: no\n"));
}

TEST_F(OrderImportTest, AnEngineThatIsAwayIsWaitedFor) {
  std::atomic<int> left = 3;
  engine_.hurdle = [&](const std::string&) {
    return left-- > 0 ? Error(Reason::kPeerUnavailable, "away") : absl::OkStatus();
  };
  const Outcome outcome = Import({MakeOrder(1, "a"), MakeOrder(2, "b")});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.sums.orders, 2);
  EXPECT_EQ(outcome.rejected, 0);
}

TEST_F(OrderImportTest, AnItemThatMayPassIsSentAgainAlone) {
  std::atomic<int> left = 2;
  std::atomic<int> seen_of_one = 0;
  engine_.item_hurdle = [&](const std::string& request_id) {
    if (request_id == "import:shop:order:1") ++seen_of_one;
    if (request_id == "import:shop:order:2" && left-- > 0) {
      return WithRetryDelay(Error(Reason::kOverloaded, "busy"), absl::Milliseconds(1));
    }
    return absl::OkStatus();
  };
  const Outcome outcome = Import({MakeOrder(1, "a"), MakeOrder(2, "a")}, {.lanes = 1});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.sums.orders, 2);
  EXPECT_EQ(outcome.sums.replayed, 0);
  EXPECT_EQ(seen_of_one, 1);
}

TEST_F(OrderImportTest, PatienceHasAnEnd) {
  engine_.hurdle = [](const std::string&) { return Error(Reason::kPeerUnavailable, "away"); };
  const Outcome outcome = Import({MakeOrder(1, "a")}, {}, absl::Milliseconds(150));
  EXPECT_EQ(ReasonOf(outcome.status), Reason::kPeerUnavailable);
  EXPECT_EQ(outcome.sums.orders, 0);
  EXPECT_EQ(outcome.rejected, 0);
}

TEST_F(OrderImportTest, AKeyThatIsRefusedEndsTheImportAtOnce) {
  engine_.hurdle = [](const std::string& path) {
    return path.ends_with("/BatchRecordPurchases") ? Error(Reason::kKeyRevoked, "revoked")
                                                   : absl::OkStatus();
  };
  std::vector<Order> orders;
  for (int i = 0; i < 2000; ++i) orders.push_back(MakeOrder(i, absl::StrCat(i % 7)));
  const Outcome outcome = Import(orders, {.batch = 10, .lanes = 2});
  EXPECT_EQ(ReasonOf(outcome.status), Reason::kKeyRevoked);
  EXPECT_TRUE(engine_.recorded.empty());
  EXPECT_EQ(outcome.rejected, 0);
}

TEST_F(OrderImportTest, OneMembersOrdersKeepTheirOrderInAllLanes) {
  std::vector<Order> orders;
  for (int i = 0; i < 800; ++i) orders.push_back(MakeOrder(i, absl::StrCat(i % 41)));
  // Batches overtake each other wherever they can.
  std::atomic<int> calls = 0;
  engine_.hurdle = [&](const std::string& path) {
    const bool late = path.ends_with("/BatchRecordPurchases") && ++calls % 3 == 0;
    return late ? Error(Reason::kOverloaded, "busy") : absl::OkStatus();
  };
  const Outcome outcome = Import(orders, {.batch = 16, .lanes = 4});
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.sums.orders, 800);
  EXPECT_EQ(outcome.members, 41);
  std::map<std::string, int> last;
  for (const auto& request : engine_.recorded) {
    const int id = std::stoi(request.order().order_id());
    const auto [at, first] = last.try_emplace(request.member_id(), id);
    if (!first) {
      EXPECT_LT(at->second, id);
    }
    at->second = id;
  }
}

TEST_F(OrderImportTest, FinishMayBeFollowedByMore) {
  RejectsFile rejects(file_.Beside("rejects.csv"), "order_id,customer_id", 2, ',');
  OrderImport import(engine_, {.source = "shop", .patience = absl::Seconds(1)}, {}, rejects);
  EXPECT_TRUE(import.Finish().ok());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(import.Add(MakeOrder(i, "a")));
    EXPECT_TRUE(import.Finish().ok());
    EXPECT_EQ(import.sums().orders, i);
  }
}

TEST(ImportRequestId, IsReadableWhereItFitsAndAlwaysAllowed) {
  EXPECT_EQ(ImportRequestId("shop", "order", "A-17"), "import:shop:order:A-17");
  const std::string umlaut = ImportRequestId("shop", "order", "Bü-17");
  EXPECT_THAT(umlaut, testing::StartsWith("import:shop:order:sha256:"));
  const std::string source(40, 's');
  const std::string one = ImportRequestId(source, "member", std::string(128, 'x'));
  const std::string two = ImportRequestId(source, "member", std::string(127, 'x'));
  EXPECT_LE(one.size(), 128);
  EXPECT_NE(one, two);
}

TEST(LaneOf, FollowsThePartitionsOfTheLedger) {
  base::RandomIds ids;
  std::set<size_t> lanes;
  for (int i = 0; i < 200; ++i) {
    const MemberId member{ids.Next(absl::UnixEpoch())};
    EXPECT_EQ(LaneOf(member, 4), LaneOf(member, 8) % 4);
    lanes.insert(LaneOf(member, 4));
  }
  EXPECT_THAT(lanes, ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace gratis::cli
