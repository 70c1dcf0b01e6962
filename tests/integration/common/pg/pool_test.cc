#include "common/pg/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/pg/errors.h"
#include "tests/integration/common/pg/one_database.h"
#include "tests/integration/common/pg/own_cluster.h"

namespace gratis::pg {
namespace {

constexpr Query kOne{"pool_test/one", "SELECT 1"};
constexpr Query kPid{"pool_test/pid", "SELECT pg_backend_pid()"};
constexpr Query kAdd{"pool_test/add", "UPDATE point SET amount = amount + 1"};

absl::Status RunOne(Pool& pool, absl::Time deadline) {
  return RunTx(pool, {.deadline = deadline, .read_only = true},
               [](Tx& tx) { return tx.Run(kOne).status(); });
}

absl::Status RunOne(Pool& pool) { return RunOne(pool, RealNow() + absl::Seconds(20)); }

using PoolTest = testing::OneDatabase;

TEST_F(PoolTest, LendsAtMostItsSizeAndTheDeadlineEndsTheWait) {
  PoolOptions options = Options();
  options.size = 1;
  Pool pool(options);
  EXPECT_EQ(RunTx(pool, Soon(),
                  [&](Tx& tx) -> absl::Status {
                    RETURN_IF_ERROR(tx.Run(kOne).status());
                    const absl::Time deadline = RealNow() + absl::Milliseconds(100);
                    EXPECT_EQ(ReasonOf(RunOne(pool, deadline)), Reason::kPoolExhausted);
                    EXPECT_GE(RealNow(), deadline);
                    EXPECT_LT(RealNow(), deadline + absl::Seconds(1));
                    EXPECT_EQ(pool.use().in_use, 1);
                    return absl::OkStatus();
                  }),
            absl::OkStatus());
  EXPECT_EQ(pool.use().in_use, 0);
  EXPECT_EQ(pool.use().idle, 1);
  EXPECT_EQ(RunOne(pool), absl::OkStatus());
}

TEST_F(PoolTest, ADeadlineThatHasPassedDoesNothing) {
  EXPECT_EQ(ReasonOf(RunOne(pool_, RealNow() - absl::Seconds(1))), Reason::kDeadlineExceeded);
  EXPECT_EQ(pool_.use().idle, 0);
}

TEST_F(PoolTest, SixteenThreadsOverFourConnectionsLoseNothing) {
  database_.Execute("CREATE TABLE point (amount bigint); INSERT INTO point VALUES (0)");
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        EXPECT_EQ(InTx([](Tx& tx) {
                    tx.Send(kAdd);
                    return absl::OkStatus();
                  }),
                  absl::OkStatus());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(
      InTx([](Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(const Rows rows, tx.Run({"pool_test/amount", "SELECT amount FROM point"}));
        EXPECT_EQ(rows[0].Get<int64_t>(0), 16 * 50);
        return absl::OkStatus();
      }),
      absl::OkStatus());
  EXPECT_LE(pool_.use().idle, 4);
}

TEST_F(PoolTest, EveryConnectionTakesOnTheRoleAndTheLimits) {
  PoolOptions options = Options();
  options.role = "pg_read_all_data";
  Pool pool(options);
  EXPECT_EQ(RunTx(pool, Soon(),
                  [](Tx& tx) -> absl::Status {
                    ASSIGN_OR_RETURN(
                        const Rows rows,
                        tx.Run({"pool_test/session",
                                "SELECT current_user::text, current_setting('lock_timeout'),"
                                " current_setting('statement_timeout'),"
                                " current_setting('idle_in_transaction_session_timeout'),"
                                " current_setting('timezone'),"
                                " current_setting('application_name')"}));
                    const char* const expected[] = {
                        "pg_read_all_data", "5s", "30s", "10s", "UTC", "test"};
                    for (int i = 0; i < 6; ++i) EXPECT_EQ(rows[0].Get<std::string>(i), expected[i]);
                    return absl::OkStatus();
                  }),
            absl::OkStatus());
}

TEST_F(PoolTest, AConnectionThatCannotBeHadSaysWhyToTheLog) {
  PoolOptions options = Options();
  options.conninfo = database_.conninfo() + " dbname=nowhere";
  Pool pool(options);
  const absl::Status status = RunOne(pool);
  EXPECT_EQ(ReasonOf(status), Reason::kDatabaseUnavailable);
  EXPECT_THAT(Describe(*SqlErrorOf(status)),
              ::testing::HasSubstr("database \"nowhere\" does not exist"));
}

class PoolWithServer : public testing::OwnCluster {
 protected:
  // Reads until PostgreSQL is back; everything before that must be an orderly refusal. What only
  // reads is never in doubt, wherever it is cut off.
  static absl::Status ReadWhenBack(Pool& pool, absl::FunctionRef<absl::Status(Tx&)> body) {
    const absl::Time patience = RealNow() + absl::Seconds(60);
    absl::Status status;
    do {
      status = RunTx(pool, {.deadline = patience, .read_only = true}, body);
      if (status.ok()) break;
      EXPECT_EQ(ReasonOf(status), Reason::kDatabaseUnavailable) << status;
    } while (Pause(absl::Milliseconds(20), patience));
    return status;
  }
};

TEST_F(PoolWithServer, WithoutPostgresSaysSoAtOnceAndComesBackByItself) {
  Pool pool({.conninfo = Start().conninfo(), .size = 2});
  ASSERT_EQ(RunOne(pool), absl::OkStatus());

  ASSERT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  const absl::Time stopped = RealNow();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ReasonOf(RunOne(pool)), Reason::kDatabaseUnavailable);
  EXPECT_LT(RealNow() - stopped, absl::Seconds(1));
  EXPECT_EQ(pool.use().in_use, 0);

  Start();
  EXPECT_EQ(ReadWhenBack(pool, [](Tx& tx) { return tx.Run(kOne).status(); }), absl::OkStatus());
}

TEST_F(PoolWithServer, ARestartBetweenTwoCallsIsNotNoticed) {
  Pool pool({.conninfo = Start().conninfo()});
  ASSERT_EQ(RunOne(pool), absl::OkStatus());
  ASSERT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  Start();
  EXPECT_EQ(RunOne(pool), absl::OkStatus());
}

TEST_F(PoolWithServer, ABackEndKilledInATransactionLosesItAndNothingElse) {
  Pool pool({.conninfo = Start().conninfo()});
  ASSERT_EQ(RunTx(pool, {.deadline = RealNow() + absl::Seconds(20)},
                  [](Tx& tx) { return tx.RunScript("CREATE TABLE point (amount bigint)"); }),
            absl::OkStatus());
  const absl::Status killed =
      RunTx(pool, {.deadline = RealNow() + absl::Seconds(20)}, [](Tx& tx) -> absl::Status {
        tx.Send({"pool_test/insert", "INSERT INTO point VALUES (1)"});
        ASSIGN_OR_RETURN(const Rows rows, tx.Run(kPid));
        kill(rows[0].Get<int32_t>(0), SIGKILL);  // the postmaster then restarts everything
        return tx.Run(kOne).status();
      });
  EXPECT_EQ(ReasonOf(killed), Reason::kDatabaseUnavailable) << killed;
  // A call that comes before the postmaster has noticed is cut off as well.
  EXPECT_EQ(ReadWhenBack(pool,
                         [](Tx& tx) -> absl::Status {
                           ASSIGN_OR_RETURN(
                               const Rows rows,
                               tx.Run({"pool_test/count", "SELECT count(*) FROM point"}));
                           EXPECT_EQ(rows[0].Get<int64_t>(0), 0);
                           return absl::OkStatus();
                         }),
            absl::OkStatus());
}

}  // namespace
}  // namespace gratis::pg
