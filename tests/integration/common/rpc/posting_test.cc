#include "common/rpc/posting.h"

#include <gtest/gtest.h>

#include <future>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::rpc {
namespace {

namespace v1 = thanks::v1;

// A purchase that only says how many points it gives; those over a thousand fail.
class Purchase final : public ledger::Mutation {
 public:
  Purchase(TransactionId transaction, int64_t points)
      : transaction_(transaction), points_(points) {}

  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    if (points_ > 1'000) return Error(Reason::kPointsOverflow, "too many");
    if (points_ == 13) return absl::UnknownError("the table leans");
    if (const auto posted = books.Post({.kind = ledger::FactKind::kThanksPolicySet,
                                        .transaction = transaction_,
                                        .effective_at = envelope.now,
                                        .source = "test",
                                        .detail = ""});
        !posted.ok()) {
      return posted.status();
    }
    v1::RecordPurchaseResponse response;
    response.set_points(points_);
    response.set_purchase_id(transaction_.ToString());
    return response.SerializeAsString();
  }

 private:
  const TransactionId transaction_;
  const int64_t points_;
};

// A call whose answer the test waits for.
class WaitingCall final : public OpenCall {
 public:
  explicit WaitingCall(const Fingerprints& fingerprints) : fingerprints_(fingerprints) {}
  void Finish(absl::Status status) override { finished_.set_value(std::move(status)); }
  void MarkReplayed() override { replayed_ = true; }
  void NoteFailure(const absl::Status& failure) override {
    if (!failure.ok()) noted_ = failure;
  }
  const Fingerprints& fingerprints() const override { return fingerprints_; }

  absl::Status Wait() { return finished_.get_future().get(); }
  bool replayed() const { return replayed_; }
  const absl::Status& noted() const { return noted_; }

 private:
  const Fingerprints& fingerprints_;
  std::promise<absl::Status> finished_;
  bool replayed_ = false;
  absl::Status noted_;
};

class PostingTest : public ::testing::Test {
 protected:
  PostingTest() {
    call_.program.number = 2;
    call_.program.code = "demo";
    call_.program.display_name = "Demo";
    call_.program.currency_code = "USD";
    call_.program.time_zone = "UTC";
    call_.program.first_partition = 1;
    call_.program.partitions = 4;
    call_.program.created_at = absl::FromUnixSeconds(1'800'000'000);
    call_.actor = "key_test";
    call_.now = absl::FromUnixSeconds(1'800'000'000);
    call_.deadline = clock_.Now() + absl::Seconds(60);
    call_.log_id = "log-17";
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = call_.deadline}, [this](pg::Tx& tx) {
                  ledger::InsertProgram(tx, call_.program);
                  return absl::OkStatus();
                }).ok());
  }

  static v1::RecordPurchaseRequest Request(const std::string& request_id, int count) {
    v1::RecordPurchaseRequest request;
    request.set_request_id(request_id);
    request.set_item_count(count);
    return request;
  }

  absl::StatusOr<std::unique_ptr<ledger::Mutation>> Make(const v1::RecordPurchaseRequest& request) {
    if (request.item_count() == 0) {
      return FieldError(Reason::kFieldMissing, "item_count", "nothing was bought");
    }
    return std::make_unique<Purchase>(TransactionId{ids_.Next(call_.now)}, request.item_count());
  }

  // Posts the batch and waits.
  absl::Status PostAll(const v1::BatchRecordPurchasesRequest& batch,
                       v1::BatchRecordPurchasesResponse& response) {
    open_ = std::make_shared<WaitingCall>(fingerprints_);
    PostBatch(
        *poster_, call_, batch.requests(), kind_,
        [this](const Call&, const v1::RecordPurchaseRequest& request) { return Make(request); },
        Reply<v1::BatchRecordPurchasesResponse>(open_, &response));
    return open_->Wait();
  }

  absl::Status PostOne(const v1::RecordPurchaseRequest& request,
                       v1::RecordPurchaseResponse& response) {
    open_ = std::make_shared<WaitingCall>(fingerprints_);
    Post(*poster_, call_, request, kind_, *Make(request),
         Reply<v1::RecordPurchaseResponse>(open_, &response));
    return open_->Wait();
  }

  const pg::testing::TestDatabase database_{
      pg::testing::TemplateOf({{"ledger", ledger::Migrations(), "ledger"}})};
  const base::SystemClock clock_;
  base::RandomIds ids_;
  pg::Pool pool_{{.conninfo = database_.conninfo(),
                  .role = pg::ServiceRole("ledger"),
                  .application_name = "test"}};
  const Fingerprints fingerprints_{std::string(32, 'f')};
  Call call_;
  ledger::MutationKind kind_;
  std::shared_ptr<WaitingCall> open_;
  std::unique_ptr<ledger::Poster> poster_ = std::make_unique<ledger::Poster>(
      ledger::PosterOptions{.chain_key = std::string(32, 'c')}, pool_, clock_);
};

TEST_F(PostingTest, ACallIsAnsweredWithWhatWasDecided) {
  v1::RecordPurchaseResponse response;
  ASSERT_TRUE(PostOne(Request("r1", 7), response).ok());
  EXPECT_EQ(response.points(), 7);
  EXPECT_FALSE(open_->replayed());
}

TEST_F(PostingTest, ARetryGetsTheFirstAnswerAndIsToldSo) {
  v1::RecordPurchaseResponse first, second;
  ASSERT_TRUE(PostOne(Request("r1", 7), first).ok());
  ASSERT_TRUE(PostOne(Request("r1", 7), second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_TRUE(open_->replayed());
}

TEST_F(PostingTest, ARequestIdWithOtherContentIsRefused) {
  v1::RecordPurchaseResponse response;
  ASSERT_TRUE(PostOne(Request("r1", 7), response).ok());
  EXPECT_EQ(ReasonOf(PostOne(Request("r1", 8), response)), Reason::kRequestIdReused);
}

TEST_F(PostingTest, ABatchAnswersEachItemInItsPlace) {
  v1::BatchRecordPurchasesRequest batch;
  *batch.add_requests() = Request("b1", 1);
  *batch.add_requests() = Request("b2", 0);      // cannot be converted
  *batch.add_requests() = Request("", 3);        // without a request_id
  *batch.add_requests() = Request("b4", 2'000);  // refused by the decision
  *batch.add_requests() = Request("b5", 5);
  *batch.add_requests() = Request("b1", 1);  // the first once more
  v1::BatchRecordPurchasesResponse response;
  ASSERT_TRUE(PostAll(batch, response).ok());
  ASSERT_EQ(response.results_size(), 6);
  const auto reason = [&](int i) {
    return ReasonOf(FromProto(response.results(i).status().error()));
  };
  EXPECT_EQ(response.results(0).response().points(), 1);
  EXPECT_EQ(reason(1), Reason::kFieldMissing);
  EXPECT_EQ(FieldOf(FromProto(response.results(1).status().error())), "item_count");
  EXPECT_EQ(reason(2), Reason::kRequestIdMissing);
  EXPECT_EQ(reason(3), Reason::kPointsOverflow);
  EXPECT_FALSE(response.results(3).has_response());
  EXPECT_EQ(response.results(4).response().points(), 5);
  EXPECT_EQ(response.results(5).response().SerializeAsString(),
            response.results(0).response().SerializeAsString());
  EXPECT_FALSE(response.results(0).status().replayed());
  EXPECT_TRUE(response.results(5).status().replayed());
}

TEST_F(PostingTest, ABatchAgainIsAllReplays) {
  v1::BatchRecordPurchasesRequest batch;
  for (int i = 1; i <= kMaxBatch; ++i) {
    // 13 fails inside, see below.
    *batch.add_requests() = Request("b" + std::to_string(i), i == 13 ? 14 : i);
  }
  v1::BatchRecordPurchasesResponse first, second;
  ASSERT_TRUE(PostAll(batch, first).ok());
  ASSERT_TRUE(PostAll(batch, second).ok());
  ASSERT_EQ(second.results_size(), kMaxBatch);
  for (int i = 0; i < kMaxBatch; ++i) {
    ASSERT_TRUE(second.results(i).status().replayed()) << i;
    ASSERT_EQ(first.results(i).response().purchase_id(),
              second.results(i).response().purchase_id());
  }
}

TEST_F(PostingTest, AnItemOfABatchIsTheSameRequestAsACallOfItsOwn) {
  v1::RecordPurchaseResponse alone;
  ASSERT_TRUE(PostOne(Request("r1", 7), alone).ok());
  v1::BatchRecordPurchasesRequest batch;
  *batch.add_requests() = Request("r1", 7);
  v1::BatchRecordPurchasesResponse response;
  ASSERT_TRUE(PostAll(batch, response).ok());
  EXPECT_TRUE(response.results(0).status().replayed());
  EXPECT_EQ(response.results(0).response().purchase_id(), alone.purchase_id());
}

TEST_F(PostingTest, WhatFailsInsideIsInTheLogAndNotInTheAnswer) {
  v1::BatchRecordPurchasesRequest batch;
  *batch.add_requests() = Request("b1", 13);
  *batch.add_requests() = Request("b2", 2);
  v1::BatchRecordPurchasesResponse response;
  ASSERT_TRUE(PostAll(batch, response).ok());
  const absl::Status told = FromProto(response.results(0).status().error());
  EXPECT_EQ(ReasonOf(told), Reason::kInternal);
  EXPECT_EQ(told.message().find("leans"), absl::string_view::npos);
  EXPECT_NE(open_->noted().message().find("leans"), absl::string_view::npos);
  EXPECT_EQ(response.results(1).response().points(), 2);
}

TEST_F(PostingTest, ABatchHasItsBound) {
  v1::BatchRecordPurchasesRequest batch;
  for (int i = 0; i <= kMaxBatch; ++i) *batch.add_requests() = Request("b", 1);
  v1::BatchRecordPurchasesResponse response;
  EXPECT_EQ(ReasonOf(PostAll(batch, response)), Reason::kBatchTooLarge);
  EXPECT_EQ(response.results_size(), 0);
}

TEST_F(PostingTest, AnEmptyBatchIsAnsweredEmpty) {
  v1::BatchRecordPurchasesResponse response;
  ASSERT_TRUE(PostAll(v1::BatchRecordPurchasesRequest(), response).ok());
  EXPECT_EQ(response.results_size(), 0);
}

}  // namespace
}  // namespace gratis::rpc
