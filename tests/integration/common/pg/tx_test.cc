#include "common/pg/tx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/pg/errors.h"
#include "tests/integration/common/pg/one_database.h"

namespace gratis::pg {
namespace tx_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Query kInsert{"tx_test/insert", "INSERT INTO point (id, amount) VALUES ($1, $2)"};
constexpr Query kAdd{"tx_test/add", "UPDATE point SET amount = amount + $2 WHERE id = $1"};
constexpr Query kAmount{"tx_test/amount", "SELECT amount FROM point WHERE id = $1"};
constexpr Query kCount{"tx_test/count", "SELECT count(*) FROM point"};
constexpr Query kBackEnd{"tx_test/back_end", "SELECT pg_backend_pid()::bigint"};
constexpr Query kNonsense{"tx_test/nonsense", "SELEC 1"};

class TxTest : public testing::OneDatabase {
 protected:
  TxTest() {
    database_.Execute(
        "CREATE TABLE point (id bigint CONSTRAINT point_id PRIMARY KEY,"
        " amount bigint NOT NULL CONSTRAINT amount_not_negative CHECK (amount >= 0))");
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
};

TEST_F(TxTest, OkCommits) {
  EXPECT_EQ(InTx([](Tx& tx) { return tx.Run(kInsert, int64_t{1}, int64_t{10}).status(); }),
            absl::OkStatus());
  EXPECT_EQ(Number(kCount), 1);
}

TEST_F(TxTest, AnErrorOfTheBodyRollsBackAndComesBackAsItWas) {
  const absl::Status refused = Error(Reason::kInsufficientPoints, "no");
  const int64_t back_end = Number(kBackEnd);
  EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
              RETURN_IF_ERROR(tx.Run(kInsert, int64_t{1}, int64_t{10}).status());
              tx.Send(kInsert, int64_t{2}, int64_t{10});
              return refused;
            }),
            refused);
  EXPECT_EQ(Number(kCount), 0);
  EXPECT_EQ(Number(kBackEnd), back_end);  // the connection is as good as before
}

TEST_F(TxTest, ABodyWithoutStatementsIsNoTransaction) {
  EXPECT_EQ(InTx([](Tx&) { return absl::OkStatus(); }), absl::OkStatus());
  EXPECT_EQ(InTx([](Tx& tx) { return tx.Flush(); }), absl::OkStatus());
}

TEST_F(TxTest, AnswersAreTakenInAnyOrderAndOutliveTheTransaction) {
  std::optional<Rows> kept;
  EXPECT_EQ(InTx([&](Tx& tx) -> absl::Status {
              tx.Send(kInsert, int64_t{1}, int64_t{10});
              const Tx::Asked before = tx.Ask(kAmount, int64_t{1});
              tx.Send(kAdd, int64_t{1}, int64_t{5});
              const Tx::Asked after = tx.Ask(kAmount, int64_t{1});
              ASSIGN_OR_RETURN(const Rows count, tx.Run(kCount));
              EXPECT_EQ(count[0].Get<int64_t>(0), 1);
              ASSIGN_OR_RETURN(const Rows last, tx.Take(after));
              EXPECT_EQ(last[0].Get<int64_t>(0), 15);
              ASSIGN_OR_RETURN(kept, tx.Take(before));
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ((*kept)[0].Get<int64_t>(0), 10);
}

TEST_F(TxTest, RowsTellHowManyWereTouched) {
  EXPECT_EQ(InTx([](Tx& tx) -> absl::Status {
              ASSIGN_OR_RETURN(const Rows rows, tx.Run({"tx_test/three",
                                                        "INSERT INTO point (id, amount)"
                                                        " SELECT n, 1 FROM generate_series(1, 3) n"
                                                        " RETURNING id"}));
              EXPECT_EQ(rows.affected(), 3);
              int64_t sum = 0;
              for (const Row row : rows) sum += row.Get<int64_t>(0);
              EXPECT_EQ(sum, 6);
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_F(TxTest, AnErrorTellsItsReasonToTheCallerAndItsCauseToTheLog) {
  const absl::Status status = InTx([](Tx& tx) -> absl::Status {
    tx.Send(kInsert, int64_t{1}, int64_t{10});
    return tx.Run(kInsert, int64_t{1}, int64_t{11}).status();
  });
  EXPECT_EQ(ReasonOf(status), Reason::kConflict);
  EXPECT_EQ(ViolatedConstraint(status), "point_id");
  const std::optional<SqlError> error = SqlErrorOf(status);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->sqlstate, "23505");
  EXPECT_EQ(error->query, "tx_test/insert");
  EXPECT_EQ(status.message(), Describe(Reason::kConflict).meaning.data());
  EXPECT_THAT(Describe(*error), HasSubstr("duplicate key value"));
  EXPECT_THAT(Describe(*error), Not(HasSubstr("(1)")));  // DETAIL would repeat the value
}

TEST_F(TxTest, AfterAnErrorEverythingElseAnswersWithIt) {
  EXPECT_EQ(InTx([](Tx& tx) -> absl::Status {
              const absl::Status first = tx.Run(kInsert, int64_t{1}, int64_t{-1}).status();
              EXPECT_EQ(ViolatedConstraint(first), "amount_not_negative");
              EXPECT_EQ(tx.Run(kCount).status(), first);
              EXPECT_EQ(tx.Flush(), first);
              return absl::OkStatus();  // overlooks it
            }).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(Number(kCount), 0);
}

TEST_F(TxTest, AnErrorOfASentStatementSurfacesAtCommitAndNothingIsWritten) {
  const int64_t back_end = Number(kBackEnd);
  const absl::Status status = InTx([](Tx& tx) {
    tx.Send(kInsert, int64_t{1}, int64_t{10});
    tx.Send(kInsert, int64_t{2}, int64_t{-1});
    tx.Send(kInsert, int64_t{3}, int64_t{10});
    return absl::OkStatus();
  });
  EXPECT_EQ(ViolatedConstraint(status), "amount_not_negative");
  EXPECT_EQ(Number(kCount), 0);
  EXPECT_EQ(Number(kBackEnd), back_end);
}

TEST_F(TxTest, AConstraintCheckedAtCommitIsAnErrorAndNoDoubt) {
  database_.Execute(
      "CREATE TABLE child (id bigint REFERENCES point DEFERRABLE INITIALLY DEFERRED)");
  const absl::Status status = InTx([](Tx& tx) {
    return tx.Run({"tx_test/orphan", "INSERT INTO child (id) VALUES (7)"}).status();
  });
  EXPECT_EQ(ViolatedConstraint(status), "child_id_fkey");
  EXPECT_EQ(Number(kCount), 0);
}

TEST_F(TxTest, AStatementThatCannotBePreparedFailsEveryTimeAndHarmsNobody) {
  for (int round = 0; round < 2; ++round) {
    const absl::Status status = InTx([](Tx& tx) -> absl::Status {
      tx.Send(kNonsense);
      return tx.Run(kCount).status();
    });
    EXPECT_EQ(ReasonOf(status), Reason::kInternal);
    EXPECT_EQ(SqlErrorOf(status)->query, "tx_test/nonsense");
    EXPECT_EQ(Number(kCount), 0);
  }
}

TEST_F(TxTest, AQueryWhoseTableChangedWorksAgainOnTheNextConnection) {
  constexpr Query kAll{"tx_test/all", "SELECT * FROM point"};
  const auto run = [&] { return InTx([&](Tx& tx) { return tx.Run(kAll).status(); }); };
  EXPECT_EQ(run(), absl::OkStatus());
  database_.Execute("ALTER TABLE point ADD COLUMN note text");
  EXPECT_EQ(SqlErrorOf(run())->sqlstate, "0A000");
  EXPECT_EQ(run(), absl::OkStatus());
}

TEST_F(TxTest, ManyQueuedStatementsAreSentOnTheWay) {
  EXPECT_EQ(InTx([](Tx& tx) {
              for (int64_t id = 1; id <= 10'000; ++id) tx.Send(kInsert, id, int64_t{1});
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Number(kCount), 10'000);
}

TEST_F(TxTest, ReadOnlyTransactionsReadAndDoNotWrite) {
  for (const Isolation isolation : {Isolation::kReadCommitted, Isolation::kRepeatableRead}) {
    TxOptions options = Soon();
    options.read_only = true;
    options.isolation = isolation;
    EXPECT_EQ(RunTx(pool_, options, [](Tx& tx) { return tx.Run(kCount).status(); }),
              absl::OkStatus());
    const absl::Status status = RunTx(pool_, options, [](Tx& tx) {
      tx.Send(kInsert, int64_t{1}, int64_t{1});
      return absl::OkStatus();
    });
    EXPECT_EQ(SqlErrorOf(status)->sqlstate, "25006");
  }
  EXPECT_EQ(Number(kCount), 0);
}

TEST_F(TxTest, RepeatableReadSeesOneInstantAndReadCommittedDoesNot) {
  for (const Isolation isolation : {Isolation::kReadCommitted, Isolation::kRepeatableRead}) {
    TxOptions options = Soon();
    options.isolation = isolation;
    const int64_t before = Number(kCount);
    EXPECT_EQ(RunTx(pool_, options,
                    [&](Tx& tx) -> absl::Status {
                      RETURN_IF_ERROR(tx.Run(kCount).status());
                      database_.Execute("INSERT INTO point SELECT count(*), 1 FROM point");
                      ASSIGN_OR_RETURN(const Rows rows, tx.Run(kCount));
                      const bool sees_it = isolation == Isolation::kReadCommitted;
                      EXPECT_EQ(rows[0].Get<int64_t>(0), before + (sees_it ? 1 : 0));
                      return absl::OkStatus();
                    }),
              absl::OkStatus());
  }
}

TEST_F(TxTest, AScriptRunsInsideTheTransaction) {
  const absl::Status status = InTx([](Tx& tx) -> absl::Status {
    tx.Send(kInsert, int64_t{1}, int64_t{1});
    RETURN_IF_ERROR(tx.RunScript("UPDATE point SET amount = 2; CREATE TABLE other (id int);"));
    ASSIGN_OR_RETURN(const Rows rows, tx.Run(kAmount, int64_t{1}));
    EXPECT_EQ(rows[0].Get<int64_t>(0), 2);
    return tx.RunScript("INSERT INTO other VALUES (1); SELECT 1 / 0; SELECT 1");
  });
  EXPECT_EQ(SqlErrorOf(status)->sqlstate, "22012");
  EXPECT_EQ(Number(kCount), 0);
}

TEST_F(TxTest, QueriesRunKnowsWhatWasRunAndNothingElse) {
  Number(kCount);
  EXPECT_THAT(QueriesRun(), ::testing::IsSupersetOf({"tx_test/count", "pg/begin", "pg/commit"}));
  EXPECT_THAT(QueriesRun(), Not(::testing::Contains("tx_test/nonsense")));
}

using TxDeathTest = TxTest;

TEST_F(TxDeathTest, AScriptMayNotEndTheTransaction) {
  EXPECT_DEATH(InTx([](Tx& tx) { return tx.RunScript("COMMIT"); }).IgnoreError(),
               "ended the transaction");
}

}  // namespace
}  // namespace tx_test
}  // namespace gratis::pg
