#include "services/messages/subscription_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/status/reasons.h"
#include "common/vault/vault.h"
#include "services/messages/subscriptions.h"
#include "services/messages/suppressions.h"
#include "tests/integration/services/messages/delivery_house.h"

namespace gratis::messages {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class Enroll final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMemberEnrolled,
                               .transaction = {envelope.member.uuid},
                               .member = envelope.member,
                               .effective_at = envelope.now})
                        .status());
    return "";
  }
};

// Subscriptions, from the change in the books to what stands in line.
class SubscriptionFollowerTest : public DeliveryHouse {
 protected:
  ledger::Outcome Post(ledger::MutationKind& kind, std::unique_ptr<ledger::Mutation> mutation,
                       const std::string& request_id, MemberId member = {}) {
    mutation->envelope = {.program = program_,
                          .member = member,
                          .request_id = request_id,
                          .fingerprint = request_id,
                          .actor = "key_test",
                          .now = clock_.Now(),
                          .deadline = Soon()};
    return poster_.Post(kind, std::move(mutation));
  }

  MemberId Enrolled() {
    const MemberId member{ids_.Next(clock_.Now())};
    EXPECT_TRUE(Post(plain_, std::make_unique<Enroll>(), member.ToString(), member).answer.ok());
    return member;
  }

  ledger::Outcome Change(SubscriptionId id, SubscriptionChange::Change change,
                         bool creates = false) {
    auto mutation = std::make_unique<SubscriptionChange>(
        id, ledger::TransactionOfProgram(program_, ids_.Next(clock_.Now())), creates,
        std::move(change), [](const SubscriptionInRun& subscription) {
          return absl::StrCat(subscription.entries_again);
        });
    return Post(changes_, std::move(mutation), absl::StrCat("change ", ++changed_));
  }
  SubscriptionId Subscribed(std::optional<ledger::Cursor> from = std::nullopt,
                            std::vector<ledger::FactKind> kinds = {
                                ledger::FactKind::kMemberEnrolled}) {
    const SubscriptionId id{ids_.Next(clock_.Now())};
    const ledger::Outcome made = Change(
        id,
        Creating(program_, id,
                 {.url = "https://shop.example/", .kinds = std::move(kinds), .max_in_flight = 8},
                 std::move(from)),
        /*creates=*/true);
    EXPECT_TRUE(made.answer.ok()) << made.answer.status();
    return id;
  }

  std::unique_ptr<SubscriptionFollower> NewFollower(FollowerOptions options = {}) {
    options.look = absl::Milliseconds(100);
    auto follower = std::make_unique<SubscriptionFollower>(
        options, feed_, pool_, [this](int32_t, absl::Time) { return program_; }, ids_, [] {},
        clock_, log_);
    follower->Start();
    return follower;
  }

  std::vector<DeliveryState> LineOf(const SubscriptionId& id) {
    std::vector<DeliveryState> line;
    Uuid newest;
    newest.bytes.fill(255);
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(
          line, ListOfEndpoint(tx, program_.number, id.uuid, {std::nullopt, newest, 100'000}));
      return absl::OkStatus();
    });
    return line;
  }
  std::set<std::string> EventsOf(const SubscriptionId& id) {
    std::set<std::string> events;
    for (const DeliveryState& one : LineOf(id)) events.insert(one.event_id);
    return events;
  }
  bool Gets(const SubscriptionId& id, size_t count) {
    return Await([&] { return LineOf(id).size() >= count; });
  }

  ledger::Feed feed_{{}, pool_};
  ledger::Poster poster_{
      {.chain_key = std::string(32, 'c'),
       .committed = [this](const std::set<int32_t>& partitions) { feed_.Posted(partitions); }},
      pool_,
      clock_};
  ledger::MutationKind plain_;
  SubscriptionChanges changes_{clock_};
  int changed_ = 0;
};

TEST_F(SubscriptionFollowerTest, PutsEachEntryInLineOnceFromNowOn) {
  Enrolled();
  const SubscriptionId id = Subscribed();
  const auto follower = NewFollower();
  std::set<MemberId> members;
  for (int i = 0; i < 30; ++i) members.insert(Enrolled());
  ASSERT_TRUE(Gets(id, 30));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto line = LineOf(id);
  EXPECT_THAT(line, SizeIs(30)) << "and not what was before";
  EXPECT_THAT(EventsOf(id), SizeIs(30));
  for (const DeliveryState& one : line) EXPECT_TRUE(members.contains(one.member));
}

TEST_F(SubscriptionFollowerTest, FromTheBeginningWhereItIsAskedFor) {
  for (int i = 0; i < 5; ++i) Enrolled();
  const SubscriptionId id = Subscribed(ledger::Cursor());
  const auto follower = NewFollower();
  EXPECT_TRUE(Gets(id, 5));
}

TEST_F(SubscriptionFollowerTest, TwoProcessesPutEachEntryInLineOnce) {
  const SubscriptionId id = Subscribed();
  const auto one = NewFollower(), two = NewFollower();
  for (int i = 0; i < 200; ++i) Enrolled();
  ASSERT_TRUE(Gets(id, 200));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_THAT(LineOf(id), SizeIs(200));
  EXPECT_THAT(EventsOf(id), SizeIs(200));
}

TEST_F(SubscriptionFollowerTest, GoesOnWhereTheOneBeforeEnded) {
  const SubscriptionId id = Subscribed();
  {
    const auto follower = NewFollower();
    for (int i = 0; i < 5; ++i) Enrolled();
    ASSERT_TRUE(Gets(id, 5));
  }
  for (int i = 0; i < 5; ++i) Enrolled();
  const auto follower = NewFollower();
  ASSERT_TRUE(Gets(id, 10));
  EXPECT_THAT(EventsOf(id), SizeIs(10));
}

TEST_F(SubscriptionFollowerTest, PausedItStandsStillAndLosesNothing) {
  const SubscriptionId id = Subscribed();
  const auto follower = NewFollower();
  Enrolled();
  ASSERT_TRUE(Gets(id, 1));
  ASSERT_TRUE(Change(id, Pausing()).answer.ok());
  for (int i = 0; i < 5; ++i) Enrolled();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_THAT(LineOf(id), SizeIs(1));
  ASSERT_TRUE(Change(id, Resuming(clock_.Now())).answer.ok());
  EXPECT_TRUE(Gets(id, 6));
}

TEST_F(SubscriptionFollowerTest, PutBackItSendsTheSameEventsAgain) {
  const SubscriptionId id = Subscribed();
  const auto follower = NewFollower();
  for (int i = 0; i < 5; ++i) Enrolled();
  ASSERT_TRUE(Gets(id, 5));
  ledger::Cursor start;
  for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) start[i] = 0;
  ASSERT_TRUE(Change(id, Replaying(start)).answer.ok());
  ASSERT_TRUE(Gets(id, 10));
  EXPECT_THAT(EventsOf(id), SizeIs(5)) << "receivers know them again";
  start[program_.first_partition] = 1'000'000;
  EXPECT_EQ(ReasonOf(Change(id, Replaying(start)).answer.status()), Reason::kCursorInvalid);
}

TEST_F(SubscriptionFollowerTest, ALineThatIsFullGrowsNoFurther) {
  const SubscriptionId id = Subscribed();
  FollowerOptions options;
  options.max_waiting = 10;
  options.page_rows = 4;
  const auto follower = NewFollower(options);
  for (int i = 0; i < 60; ++i) Enrolled();
  ASSERT_TRUE(Gets(id, 10));
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_LT(LineOf(id).size(), 60u) << "the journal keeps the rest";
  const auto dispatcher = NewDispatcher([](const Parcel&) { return Verdict::Delivered(200); });
  EXPECT_TRUE(Gets(id, 60));
  EXPECT_THAT(EventsOf(id), SizeIs(60));
}

TEST_F(SubscriptionFollowerTest, DeletedItIsFollowedNoMore) {
  const SubscriptionId id = Subscribed();
  const auto follower = NewFollower();
  ASSERT_TRUE(Change(id, Deleting()).answer.ok());
  Enrolled();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_THAT(LineOf(id), IsEmpty());
  EXPECT_EQ(ReasonOf(Change(id, Pausing()).answer.status()), Reason::kSubscriptionNotFound);
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto listed, ListSubscriptions(tx, program_.number, {}, 10));
    EXPECT_THAT(listed, IsEmpty());
    return absl::OkStatus();
  });
}

TEST_F(SubscriptionFollowerTest, DeletedItIsPausedNoMore) {
  const SubscriptionId id = Subscribed();
  ASSERT_TRUE(Change(id, Pausing()).answer.ok());
  ASSERT_TRUE(Change(id, Deleting()).answer.ok());
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto found, ReadSubscriptions(tx, {id}));
    EXPECT_TRUE(found.at(0).deleted_at);
    EXPECT_FALSE(found.at(0).paused) << "what waits in its line ends";
    return absl::OkStatus();
  });
}

TEST_F(SubscriptionFollowerTest, AChangeIsAFactOfTheBooks) {
  const SubscriptionId id = Subscribed(std::nullopt, {ledger::FactKind::kSubscriptionSet});
  const auto follower = NewFollower();
  ASSERT_TRUE(Change(id, Rotating(std::nullopt)).answer.ok());
  ASSERT_TRUE(Gets(id, 2));
  EXPECT_EQ(LineOf(id)[0].event_kind, static_cast<int16_t>(ledger::FactKind::kSubscriptionSet));
  Do([&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto found, ReadSubscriptions(tx, {id}));
    EXPECT_EQ(found[0].generation, 2);
    return absl::OkStatus();
  });
}

// --- the suppression list, which is a change of the same shape ---

class SuppressionListTest : public SubscriptionFollowerTest {
 protected:
  ledger::Outcome Set(const std::string& address, bool on,
                      SuppressionScope scope = SuppressionScope::kAll) {
    return Post(
        list_,
        std::make_unique<SuppressionChange>(
            SuppressionChange::Wish{.address_key = AddressKey(vault_, program_.number, address),
                                    .on = on,
                                    .scope = scope},
            SuppressionId{ids_.Next(clock_.Now())},
            ledger::TransactionOfProgram(program_, ids_.Next(clock_.Now())),
            [](const Suppression& suppression) { return suppression.id.ToString(); }),
        absl::StrCat("suppress ", ++changed_));
  }
  bool Suppressed(const std::string& address, bool marketing) {
    bool suppressed = false;
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(suppressed,
                       IsSuppressed(tx, program_.number,
                                    AddressKey(vault_, program_.number, address), marketing));
      return absl::OkStatus();
    });
    return suppressed;
  }
  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  SuppressionChanges list_;
};

TEST_F(SuppressionListTest, KnowsAnAddressInAnySpelling) {
  ASSERT_TRUE(Set("Bo@Home.example ", true).answer.ok());
  EXPECT_TRUE(Suppressed("bo@home.example", true));
  EXPECT_TRUE(Suppressed("BO@HOME.EXAMPLE", false));
  EXPECT_FALSE(Suppressed("ann@home.example", true));
}

TEST_F(SuppressionListTest, MarketingAloneLetsOtherLettersThroughUntilAllIsSuppressed) {
  const auto first = Set("bo@home.example", true, SuppressionScope::kMarketing);
  EXPECT_TRUE(Suppressed("bo@home.example", true));
  EXPECT_FALSE(Suppressed("bo@home.example", false));
  const auto wider = Set("bo@home.example", true);
  EXPECT_EQ(*wider.answer, *first.answer) << "it is one entry of the list";
  EXPECT_TRUE(Suppressed("bo@home.example", false));
  ASSERT_TRUE(Set("bo@home.example", true, SuppressionScope::kMarketing).answer.ok());
  EXPECT_TRUE(Suppressed("bo@home.example", false)) << "what is suppressed for more stays so";
}

TEST_F(SuppressionListTest, TakenOffItIsWrittenToAgain) {
  EXPECT_EQ(ReasonOf(Set("bo@home.example", false).answer.status()), Reason::kSuppressionNotFound);
  ASSERT_TRUE(Set("bo@home.example", true).answer.ok());
  ASSERT_TRUE(Set("ann@home.example", true).answer.ok());
  ASSERT_TRUE(Set("bo@home.example", false).answer.ok());
  EXPECT_FALSE(Suppressed("bo@home.example", true));
  Do([&](pg::Tx& tx) -> absl::Status {
    SuppressionId newest;
    newest.uuid.bytes.fill(255);
    ASSIGN_OR_RETURN(const auto list, ListSuppressions(tx, program_.number, newest, 10));
    EXPECT_THAT(list, SizeIs(1));
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace gratis::messages
