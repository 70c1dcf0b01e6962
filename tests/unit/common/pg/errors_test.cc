#include "common/pg/errors.h"

#include <gtest/gtest.h>

namespace gratis::pg {
namespace {

std::optional<Reason> ReasonFor(std::string sqlstate) {
  return ReasonOf(ToStatus({std::move(sqlstate), "", "", "m"}));
}

TEST(SqlErrors, EachHasOneReason) {
  EXPECT_EQ(ReasonFor("40001"), Reason::kConflict);
  EXPECT_EQ(ReasonFor("40P01"), Reason::kConflict);
  EXPECT_EQ(ReasonFor("55P03"), Reason::kConflict);
  EXPECT_EQ(ReasonFor("23505"), Reason::kConflict);
  EXPECT_EQ(ReasonFor("57014"), Reason::kDeadlineExceeded);
  EXPECT_EQ(ReasonFor("25P03"), Reason::kDeadlineExceeded);
  EXPECT_EQ(ReasonFor("57P01"), Reason::kDatabaseUnavailable);
  EXPECT_EQ(ReasonFor("08006"), Reason::kDatabaseUnavailable);
  EXPECT_EQ(ReasonFor("53300"), Reason::kDatabaseUnavailable);
  EXPECT_EQ(ReasonFor("XX001"), Reason::kBooksDamaged);
  EXPECT_EQ(ReasonFor("23514"), Reason::kInternal);
  EXPECT_EQ(ReasonFor("42601"), Reason::kInternal);
  EXPECT_EQ(ReasonFor("XX000"), Reason::kInternal);
  EXPECT_EQ(ReasonFor(""), Reason::kDatabaseUnavailable);  // there was no answer
}

TEST(SqlErrors, OnlySerializationFailuresAndDeadlocksMayRunAgain) {
  EXPECT_TRUE(MayRunAgain("40001"));
  EXPECT_TRUE(MayRunAgain("40P01"));
  for (const char* sqlstate : {"40002", "40003", "55P03", "23505", "57P01", "08006", ""})
    EXPECT_FALSE(MayRunAgain(sqlstate)) << sqlstate;
}

TEST(SqlErrors, TheCauseRidesAlongAndStaysOutOfTheSentence) {
  const SqlError error{"23505", "member_email", "members/insert", "duplicate key"};
  const absl::Status status = ToStatus(error);
  EXPECT_EQ(ViolatedConstraint(status), "member_email");
  EXPECT_EQ(SqlErrorOf(status)->query, "members/insert");
  EXPECT_EQ(Describe(*SqlErrorOf(status)), "members/insert: duplicate key (SQLSTATE 23505)");
  EXPECT_EQ(std::string(status.message()).find("duplicate"), std::string::npos);
  EXPECT_EQ(Describe(SqlError{"", "", "", "no route"}), "no route");
}

TEST(SqlErrors, OtherStatusesHaveNone) {
  EXPECT_FALSE(SqlErrorOf(absl::OkStatus()));
  EXPECT_FALSE(SqlErrorOf(Error(Reason::kInternal, "x")));
  EXPECT_FALSE(ViolatedConstraint(ToStatus({"40001", "c", "", ""})));
}

}  // namespace
}  // namespace gratis::pg
