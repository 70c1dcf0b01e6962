#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/pg/errors.h"
#include "tests/integration/common/pg/one_database.h"
#include "tests/integration/common/pg/relay.h"

// What happens when the line to PostgreSQL is cut at a given word; and how many round trips things
// take, which only somebody on the line can count.
namespace gratis::pg {
namespace {

using testing::Relay;

constexpr Query kInsert{"lost_line_test/insert", "INSERT INTO point VALUES ($1)"};
constexpr Query kCount{"lost_line_test/count", "SELECT count(*) FROM point"};
constexpr Query kSleep{"lost_line_test/sleep", "SELECT pg_sleep(30)::text"};
constexpr Query kBusy{"lost_line_test/busy",
                      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                      " AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()"};
constexpr Query kEndOthers{"lost_line_test/end_others",
                           "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
                           " WHERE datname = current_database() AND pid <> pg_backend_pid()"};

class LostLine : public testing::OneDatabase {
 protected:
  LostLine() { database_.Execute("CREATE TABLE point (id bigint)"); }

  PoolOptions RelayedOptions() const {
    PoolOptions options = Options();
    options.conninfo = relay_.Through(database_.conninfo());
    options.size = 1;
    return options;
  }

  absl::Status Insert() {
    return RunTx(relayed_, Soon(), [](Tx& tx) {
      tx.Send(kInsert, int64_t{1});
      return absl::OkStatus();
    });
  }

  int64_t Number(const Query& query) {
    int64_t number = -1;
    EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const Rows rows, tx.Run(query));
                number = rows[0].Get<int64_t>(0);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return number;
  }

  // Round trips that `body` and its commit take on a connection that knows its statements.
  int Trips(const TxOptions& options, absl::FunctionRef<absl::Status(Tx&)> body) {
    EXPECT_EQ(RunTx(relayed_, options, body), absl::OkStatus());
    const int before = relay_.trips();
    EXPECT_EQ(RunTx(relayed_, options, body), absl::OkStatus());
    return relay_.trips() - before;
  }

  Relay relay_{testing::TestClusterOptions().home + "/postgres/socket/.s.PGSQL.5432"};
  Pool relayed_{RelayedOptions()};
};

TEST_F(LostLine, WhatIsOnlySentTravelsWithBeginAndCommitInOneTrip) {
  EXPECT_EQ(Trips(Soon(),
                  [](Tx& tx) {
                    for (int64_t id = 1; id <= 5; ++id) tx.Send(kInsert, id);
                    return absl::OkStatus();
                  }),
            1);
}

TEST_F(LostLine, WhatIsAskedTogetherIsOneTripAndCommitAnother) {
  const auto body = [](Tx& tx) -> absl::Status {
    const Tx::Asked first = tx.Ask(kCount);
    tx.Send(kInsert, int64_t{1});
    RETURN_IF_ERROR(tx.Run(kCount).status());
    return tx.Take(first).status();
  };
  EXPECT_EQ(Trips(Soon(), body), 2);
}

TEST_F(LostLine, ACutBeforeCommitIsNoDoubt) {
  relay_.CutAt("lost_line_test/insert", Relay::Cut::kBeforeServer);
  EXPECT_EQ(ReasonOf(RunTx(relayed_, Soon(),
                           [](Tx& tx) { return tx.Run(kInsert, int64_t{1}).status(); })),
            Reason::kDatabaseUnavailable);
  EXPECT_EQ(Insert(), absl::OkStatus());  // over a new connection
  EXPECT_EQ(Number(kCount), 1);
}

TEST_F(LostLine, ACutThatTheBodyOverlooksIsNoDoubtEither) {
  relay_.CutAt("lost_line_test/insert", Relay::Cut::kBeforeClient);
  EXPECT_EQ(ReasonOf(RunTx(relayed_, Soon(),
                           [](Tx& tx) {
                             EXPECT_FALSE(tx.Run(kInsert, int64_t{1}).ok());
                             return absl::OkStatus();
                           })),
            Reason::kDatabaseUnavailable);
  EXPECT_EQ(Number(kCount), 0);
}

TEST_F(LostLine, ABackEndThatEndsBeforeItComesToTheCommitIsNoDoubt) {
  EXPECT_EQ(
      ReasonOf(InTx([](Tx& tx) {
        tx.Send(kInsert, int64_t{1});
        tx.Send({"lost_line_test/end_myself", "SELECT pg_terminate_backend(pg_backend_pid())"});
        return absl::OkStatus();
      })),
      Reason::kDatabaseUnavailable);
  EXPECT_EQ(Number(kCount), 0);
}

TEST_F(LostLine, ACutBeforeTheServerSawCommitIsInDoubtAndDidNotHappen) {
  ASSERT_EQ(Insert(), absl::OkStatus());
  relay_.CutAt("pg/commit", Relay::Cut::kBeforeServer);
  EXPECT_EQ(ReasonOf(Insert()), Reason::kCommitInDoubt);
  EXPECT_EQ(Number(kCount), 1);
}

TEST_F(LostLine, ACutBeforeTheClientHeardOfTheCommitIsInDoubtAndDidHappen) {
  ASSERT_EQ(Insert(), absl::OkStatus());
  relay_.CutAt("pg/commit", Relay::Cut::kBeforeClient);
  int attempts = 0;
  EXPECT_EQ(ReasonOf(RunTx(relayed_, Soon(),
                           [&](Tx& tx) {
                             ++attempts;
                             tx.Send(kInsert, int64_t{2});
                             return absl::OkStatus();
                           })),
            Reason::kCommitInDoubt);
  EXPECT_EQ(attempts, 1);  // never run again
  EXPECT_EQ(Number(kCount), 2);
}

TEST_F(LostLine, ACutWhileCommittingWhatOnlyReadHurtsNobody) {
  TxOptions options = Soon();
  options.read_only = true;
  relay_.CutAt("pg/commit", Relay::Cut::kBeforeServer);
  EXPECT_EQ(RunTx(relayed_, options, [](Tx& tx) { return tx.Run(kCount).status(); }),
            absl::OkStatus());
}

TEST_F(LostLine, ABackEndThatIsEndedInATransactionIsUnavailableAndTheNextCallWorks) {
  EXPECT_EQ(ReasonOf(RunTx(relayed_, Soon(),
                           [&](Tx& tx) -> absl::Status {
                             RETURN_IF_ERROR(tx.Run(kInsert, int64_t{1}).status());
                             EXPECT_GE(Number(kEndOthers), 1);
                             return tx.Run(kInsert, int64_t{2}).status();
                           })),
            Reason::kDatabaseUnavailable);
  EXPECT_EQ(Number(kCount), 0);
  EXPECT_EQ(Insert(), absl::OkStatus());
}

TEST_F(LostLine, BackEndsThatEndWhileIdleAreReplacedUnnoticed) {
  Pool pool(Options());
  const auto count = [&] {
    return RunTx(pool, Soon(), [](Tx& tx) { return tx.Run(kCount).status(); });
  };
  ASSERT_EQ(count(), absl::OkStatus());
  EXPECT_GE(Number(kEndOthers), 1);
  EXPECT_EQ(count(), absl::OkStatus());
}

TEST_F(LostLine, ADeadlineEndsTheWaitAndTheServersWorkSoonAfter) {
  TxOptions options = Soon();
  options.deadline = RealNow() + absl::Milliseconds(200);
  const absl::Status status = RunTx(pool_, options, [](Tx& tx) { return tx.Run(kSleep).status(); });
  EXPECT_EQ(ReasonOf(status), Reason::kDeadlineExceeded);
  EXPECT_LT(RealNow(), options.deadline + absl::Seconds(1));
  EXPECT_EQ(pool_.use().idle, 0);  // nobody gets a connection that still works on it
  const absl::Time patience = RealNow() + absl::Seconds(5);
  while (Number(kBusy) > 0 && Pause(absl::Milliseconds(50), patience)) continue;
  EXPECT_EQ(Number(kBusy), 0);
}

TEST_F(LostLine, TheServersOwnTimeLimitsHaveReasonsToo) {
  PoolOptions options = Options();
  options.statement_timeout = absl::Milliseconds(100);
  Pool impatient(options);
  EXPECT_EQ(ReasonOf(RunTx(impatient, Soon(), [](Tx& tx) { return tx.Run(kSleep).status(); })),
            Reason::kDeadlineExceeded);

  options = Options();
  options.lock_timeout = absl::Milliseconds(100);
  Pool hurried(options);
  constexpr Query kLock{"lost_line_test/lock", "LOCK TABLE point"};
  EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
              RETURN_IF_ERROR(tx.Run(kLock).status());
              EXPECT_EQ(ReasonOf(RunTx(hurried, Soon(),
                                       [&](Tx& other) { return other.Run(kLock).status(); })),
                        Reason::kConflict);
              return absl::OkStatus();
            }),
            absl::OkStatus());

  options = Options();
  options.idle_in_transaction_timeout = absl::Milliseconds(100);
  Pool stopped(options);
  EXPECT_EQ(ReasonOf(RunTx(stopped, Soon(),
                           [&](Tx& tx) -> absl::Status {
                             RETURN_IF_ERROR(tx.Run(kCount).status());
                             Pause(absl::Milliseconds(500), absl::InfiniteFuture());
                             return tx.Run(kCount).status();
                           })),
            Reason::kDeadlineExceeded);
}

}  // namespace
}  // namespace gratis::pg
