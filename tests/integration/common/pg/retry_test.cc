#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "common/pg/errors.h"
#include "tests/integration/common/pg/one_database.h"

namespace gratis::pg {
namespace retry_test {
namespace {

constexpr Query kRead{"retry_test/read", "SELECT amount FROM point WHERE id = $1"};
constexpr Query kAdd{"retry_test/add", "UPDATE point SET amount = amount + 1 WHERE id = $1"};
constexpr Query kDouble{"retry_test/double", "INSERT INTO point VALUES (1, 0)"};

class Retry : public testing::OneDatabase {
 protected:
  Retry() {
    database_.Execute(
        "CREATE TABLE point (id bigint PRIMARY KEY, amount bigint);"
        "INSERT INTO point VALUES (1, 0), (2, 0)");
  }

  static TxOptions RepeatableRead() {
    TxOptions options = Soon();
    options.isolation = Isolation::kRepeatableRead;
    return options;
  }

  void AddFromOutside() { database_.Execute("UPDATE point SET amount = amount + 1 WHERE id = 1"); }

  int64_t Amount(int64_t id) {
    int64_t amount = -1;
    EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const Rows rows, tx.Run(kRead, id));
                amount = rows[0].Get<int64_t>(0);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return amount;
  }
};

TEST_F(Retry, ASerializationFailureRunsTheBodyAgain) {
  int attempts = 0;
  EXPECT_EQ(RunTx(pool_, RepeatableRead(),
                  [&](Tx& tx) -> absl::Status {
                    RETURN_IF_ERROR(tx.Run(kRead, int64_t{1}).status());
                    if (++attempts == 1) AddFromOutside();
                    return tx.Run(kAdd, int64_t{1}).status();
                  }),
            absl::OkStatus());
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(Amount(1), 2);
}

TEST_F(Retry, AFailureThatSurfacesAtCommitRunsTheBodyAgainToo) {
  int attempts = 0;
  EXPECT_EQ(RunTx(pool_, RepeatableRead(),
                  [&](Tx& tx) -> absl::Status {
                    RETURN_IF_ERROR(tx.Run(kRead, int64_t{1}).status());
                    if (++attempts == 1) AddFromOutside();
                    tx.Send(kAdd, int64_t{1});
                    return absl::OkStatus();
                  }),
            absl::OkStatus());
  EXPECT_EQ(attempts, 2);
}

TEST_F(Retry, TheBodyMayDressUpTheError) {
  int attempts = 0;
  EXPECT_EQ(RunTx(pool_, RepeatableRead(),
                  [&](Tx& tx) -> absl::Status {
                    RETURN_IF_ERROR(tx.Run(kRead, int64_t{1}).status());
                    if (++attempts == 1) AddFromOutside();
                    return tx.Run(kAdd, int64_t{1}).ok() ? absl::OkStatus()
                                                         : absl::InternalError("dressed up");
                  }),
            absl::OkStatus());
  EXPECT_EQ(attempts, 2);
}

TEST_F(Retry, AttemptsAreBounded) {
  int attempts = 0;
  TxOptions options = RepeatableRead();
  options.max_attempts = 3;
  const absl::Status status = RunTx(pool_, options, [&](Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Run(kRead, int64_t{1}).status());
    ++attempts;
    AddFromOutside();
    return tx.Run(kAdd, int64_t{1}).status();
  });
  EXPECT_EQ(ReasonOf(status), Reason::kConflict);
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(Amount(1), 3);  // only what came from outside
}

TEST_F(Retry, TheDeadlineEndsTheAttempts) {
  TxOptions options = RepeatableRead();
  options.deadline = RealNow() + absl::Milliseconds(300);
  options.max_attempts = 1'000'000;
  const absl::Status status = RunTx(pool_, options, [&](Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Run(kRead, int64_t{1}).status());
    AddFromOutside();
    return tx.Run(kAdd, int64_t{1}).status();
  });
  EXPECT_THAT(ReasonOf(status), ::testing::AnyOf(Reason::kConflict, Reason::kDeadlineExceeded));
  EXPECT_LT(RealNow(), options.deadline + absl::Seconds(2));
}

TEST_F(Retry, OneOfTwoInADeadlockRunsAgainAndBothSucceed) {
  std::latch both_hold_one(2);
  std::atomic<int> attempts{0};
  const auto add_to = [&](int64_t first, int64_t second) {
    int mine = 0;
    EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
                ++attempts;
                RETURN_IF_ERROR(tx.Run(kAdd, first).status());
                if (++mine == 1) both_hold_one.arrive_and_wait();
                return tx.Run(kAdd, second).status();
              }),
              absl::OkStatus());
  };
  std::thread other([&] { add_to(2, 1); });
  add_to(1, 2);
  other.join();
  EXPECT_GE(attempts, 3);  // on a busy machine they may meet once more
  EXPECT_EQ(Amount(1), 2);
  EXPECT_EQ(Amount(2), 2);
}

TEST_F(Retry, NothingElseIsRetried) {
  int attempts = 0;
  EXPECT_EQ(ReasonOf(InTx([&](Tx& tx) {
              ++attempts;
              return tx.Run(kDouble).status();
            })),
            Reason::kConflict);
  EXPECT_EQ(attempts, 1);
}

}  // namespace
}  // namespace retry_test
}  // namespace gratis::pg
