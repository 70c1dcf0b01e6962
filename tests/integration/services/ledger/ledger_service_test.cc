#include <google/protobuf/util/time_util.h>

#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/ledger/fact.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/points_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Points, AreEarnedAndSpent) {
  const auto earned = Earn(EarnOf(100));
  ASSERT_TRUE(earned.ok()) << earned.status();
  EXPECT_TRUE(TransactionId::Parse(earned->transaction_id()).ok());
  EXPECT_EQ(earned->available_points(), 100);
  EXPECT_TRUE(earned->has_recorded_at());
  const auto spent = Spend(SpendOf(30));
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_EQ(spent->available_points(), 70);
  EXPECT_EQ(Balance(), 70);

  const auto more = Spend(SpendOf(71));
  EXPECT_THAT(more, FailsWith(Reason::kInsufficientPoints));
  EXPECT_EQ(MetadataOf(more.status()), (Metadata{{"available_points", "70"}}));
  EXPECT_EQ(Balance(), 70);
}

TEST_F(Points, ARetryGetsTheFirstAnswer) {
  const v1::EarnRequest request = EarnOf(5);
  const auto first = Earn(request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(replayed_);
  const auto again = Earn(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Balance(), 5);

  v1::EarnRequest other = request;
  other.set_points(6);
  EXPECT_THAT(Earn(other), FailsWith(Reason::kRequestIdReused));
  EXPECT_EQ(Balance(), 5);
}

// A retry is told what became of the first attempt, however late it comes.
TEST_F(Points, ARetryIsNotJudgedByWhatTimeItIsNow) {
  v1::SetClockRequest clock;
  clock.set_request_id(NextRequestId());
  const absl::Time day = clock_.Now() + absl::Hours(24);
  rpc::SetTime(day, *clock.mutable_now());
  ASSERT_TRUE(Call(&v1::ClockService::Stub::SetClock, clock, admin_, "demo").ok());
  v1::EarnRequest request = EarnOf(5);
  rpc::SetTime(day, *request.mutable_effective_at());
  ASSERT_TRUE(Earn(request).ok());
  clock.set_request_id(NextRequestId());
  rpc::SetTime(day + absl::Hours(24), *clock.mutable_now());
  ASSERT_TRUE(Call(&v1::ClockService::Stub::SetClock, clock, admin_, "demo").ok());
  EXPECT_TRUE(Earn(request).ok());
  EXPECT_TRUE(replayed_);
  request.set_request_id(NextRequestId());
  EXPECT_THAT(Earn(request), FailsWith(Reason::kEffectiveTimeInvalid));
}

TEST_F(Points, BadRequestsAreNamedWithTheirField) {
  struct Bad {
    std::function<void(v1::EarnRequest&)> spoil;
    Reason reason;
    std::string field;
  };
  const Bad kCases[] = {
      {[](auto& r) { r.set_points(0); }, Reason::kPointsNotPositive, "points"},
      {[](auto& r) { r.set_points(-1); }, Reason::kPointsNotPositive, "points"},
      {[](auto& r) { r.set_points(1'000'000'000'001); }, Reason::kPointsOverflow, "points"},
      {[](auto& r) { r.set_member_id(""); }, Reason::kInvalidId, "member_id"},
      {[](auto& r) { r.set_member_id("mem_x"); }, Reason::kInvalidId, "member_id"},
      {[](auto& r) { r.set_member_id("mem_01hz3v6q5s0000000000000000"); }, Reason::kMemberNotFound,
       "member_id"},
      {[](auto& r) { r.set_source(std::string(129, 'x')); }, Reason::kFieldTooLong, "source"},
      {[](auto& r) { r.set_request_id(""); }, Reason::kRequestIdMissing, "request_id"},
      {[](auto& r) { r.set_request_id("\t"); }, Reason::kRequestIdInvalid, "request_id"},
      {[](auto& r) { r.mutable_effective_at()->set_nanos(-1); }, Reason::kFieldInvalid,
       "effective_at"},
      {[](auto& r) { r.mutable_effective_at()->set_seconds(5); }, Reason::kEffectiveTimeInvalid,
       "effective_at"},
  };
  for (const Bad& bad : kCases) {
    v1::EarnRequest request = EarnOf(10);
    bad.spoil(request);
    const auto refused = Earn(request);
    EXPECT_THAT(refused, FailsWith(bad.reason)) << request.ShortDebugString();
    EXPECT_EQ(FieldOf(refused.status()), bad.field) << request.ShortDebugString();
  }
  EXPECT_EQ(Balance(), 0);
}

TEST_F(Points, HistoryIsBroughtInByImportAndAdminOnly) {
  v1::EarnRequest old = EarnOf(10);
  old.mutable_effective_at()->set_seconds(852'076'800);  // 1997-01-01
  EXPECT_THAT(Earn(old), FailsWith(Reason::kEffectiveTimeInvalid));
  EXPECT_TRUE(Call(&v1::LedgerService::Stub::Earn, old, importer_).ok());
  old.set_request_id(NextRequestId());
  EXPECT_TRUE(Call(&v1::LedgerService::Stub::Earn, old, admin_, "demo").ok());
}

TEST_F(Points, WhoMayDoWhat) {
  EXPECT_THAT(Call(&v1::LedgerService::Stub::Spend, SpendOf(1), importer_),
              FailsWith(Reason::kRoleNotAllowed));
  EXPECT_THAT(Call(&v1::LedgerService::Stub::GetTrialBalance, v1::GetTrialBalanceRequest(), till_),
              FailsWith(Reason::kRoleNotAllowed));
  EXPECT_THAT(Call(&v1::LedgerService::Stub::Earn, EarnOf(1), admin_),
              FailsWith(Reason::kProgramMissing));
}

TEST_F(Points, MembersOfOtherProgramsAreUnknown) {
  NewProgram("other");
  const std::string key = NewKey(house::Role::kBackend, Find("other").number);
  ASSERT_TRUE(Earn(EarnOf(10)).ok());
  EXPECT_THAT(Call(&v1::LedgerService::Stub::Earn, EarnOf(10), key),
              FailsWith(Reason::kMemberNotFound));
  v1::GetBalanceRequest balance;
  balance.set_member_id(member_);
  EXPECT_THAT(Call(&v1::LedgerService::Stub::GetBalance, balance, key),
              FailsWith(Reason::kMemberNotFound));
  v1::ListEntriesRequest entries;
  entries.set_member_id(member_);
  EXPECT_THAT(Call(&v1::LedgerService::Stub::ListEntries, entries, key),
              FailsWith(Reason::kMemberNotFound));
}

TEST_F(Points, ValidateOnlyAnswersWithoutDoing) {
  v1::EarnRequest request = EarnOf(10);
  request.set_validate_only(true);
  const auto validated = Earn(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->available_points(), 10);
  EXPECT_EQ(validated->transaction_id(), "");
  EXPECT_FALSE(validated->has_recorded_at());
  EXPECT_EQ(Balance(), 0);
  EXPECT_EQ(Trial().entries(), 1);  // the enrollment
}

TEST_F(Points, AStatementPagesFromTheNewestWithoutGapsOrRepeats) {
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(Earn(EarnOf(i)).ok());
  const std::string support = NewKey(house::Role::kSupport, program_.number);
  v1::ListEntriesRequest request;
  request.set_member_id(member_);
  request.set_page_size(4);
  std::vector<int64_t> points;
  for (int page = 0; page < 3; ++page) {
    const auto listed = Call(&v1::LedgerService::Stub::ListEntries, request, support);
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const v1::Entry& entry : listed->entries()) points.push_back(entry.points());
    EXPECT_EQ(listed->next_page_token().empty(), page == 2);
    request.set_page_token(listed->next_page_token());
    ASSERT_TRUE(Earn(EarnOf(1'000)).ok());  // what comes in the meantime moves nothing
  }
  EXPECT_THAT(points, ElementsAre(10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

  request.set_page_token("");
  const auto first = Call(&v1::LedgerService::Stub::ListEntries, request, support);
  const v1::Entry& newest = first->entries(0);
  EXPECT_EQ(newest.kind(), v1::ENTRY_KIND_EARN);
  EXPECT_EQ(newest.debit(), v1::ACCOUNT_ISSUED);
  EXPECT_EQ(newest.credit(), v1::ACCOUNT_AVAILABLE);
  EXPECT_EQ(newest.available_points(), Balance());
  EXPECT_EQ(newest.source(), "till 7");
  EXPECT_EQ(newest.member_id(), member_);
  EXPECT_EQ(newest.actor(), house::KeyIdIn(backend_)->ToString());
}

TEST_F(Points, APageTokenIsOfOneQuery) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Earn(EarnOf(i)).ok());
  const std::string support = NewKey(house::Role::kSupport, program_.number);
  v1::ListEntriesRequest request;
  request.set_member_id(member_);
  request.set_page_size(1);
  const auto first = Call(&v1::LedgerService::Stub::ListEntries, request, support);
  ASSERT_TRUE(first.ok());
  request.set_page_token(first->next_page_token());
  request.set_member_id(NewMember("demo"));
  EXPECT_THAT(Call(&v1::LedgerService::Stub::ListEntries, request, support),
              FailsWith(Reason::kInvalidPageToken));
  request.set_page_token("nonsense");
  EXPECT_THAT(Call(&v1::LedgerService::Stub::ListEntries, request, support),
              FailsWith(Reason::kInvalidPageToken));
  request.set_page_token("");
  request.set_page_size(-1);
  EXPECT_THAT(Call(&v1::LedgerService::Stub::ListEntries, request, support),
              FailsWith(Reason::kFieldInvalid));
}

TEST_F(Points, TheTrialBalanceIsZeroAndVerifiesPartitionByPartition) {
  std::vector<std::thread> threads;
  std::vector<std::string> members;
  for (int i = 0; i < 8; ++i) members.push_back(NewMember("demo"));
  std::vector<std::vector<std::string>> ids(8);
  for (auto& mine : ids) {
    for (int n = 0; n < 20; ++n) mine.push_back(NextRequestId());
  }
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      v1::LedgerService::Stub stub(server_->InProcessChannel(rpc::KeyAuthorization(till_)));
      for (const std::string& id : ids[i]) {
        v1::EarnRequest request;
        request.set_request_id(id);
        request.set_member_id(members[i]);
        request.set_points(7);
        grpc::ClientContext context;
        v1::EarnResponse response;
        EXPECT_TRUE(stub.Earn(&context, request, &response).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const v1::GetTrialBalanceResponse trial = Trial();
  EXPECT_EQ(trial.total_points(), 0);
  EXPECT_EQ(trial.members(), 9);
  EXPECT_EQ(trial.entries(), 9 + 8 * 20);
  EXPECT_THAT(trial.partitions(), SizeIs(8));
  int64_t entries = 0;
  for (const int32_t partition : trial.partitions()) {
    v1::VerifyPartitionRequest request;
    request.set_partition(partition);
    const auto found = Call(&v1::LedgerService::Stub::VerifyPartition, request, admin_, "demo");
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(found->damages(), IsEmpty()) << found->damages(0).description();
    EXPECT_EQ(found->chain_hash().size(), 64u);
    entries += found->entries();
  }
  EXPECT_EQ(entries, trial.entries());

  database_.Execute("UPDATE ledger.journal SET points = points + 1 WHERE points = 7");
  int damaged = 0;
  for (const int32_t partition : trial.partitions()) {
    v1::VerifyPartitionRequest request;
    request.set_partition(partition);
    damaged += !Call(&v1::LedgerService::Stub::VerifyPartition, request, admin_, "demo")
                    ->damages()
                    .empty();
  }
  EXPECT_GT(damaged, 0);

  v1::VerifyPartitionRequest request;
  request.set_partition(0);
  EXPECT_THAT(Call(&v1::LedgerService::Stub::VerifyPartition, request, admin_, "demo"),
              FailsWith(Reason::kPartitionNotFound));
}

}  // namespace
}  // namespace gratis::ledger_service
