#include "common/house/redone.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/house/house_migrations.h"
#include "common/pg/errors.h"
#include "common/pg/migrations.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"
#include "tests/integration/common/pg/own_cluster.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::house {
namespace {

pg::PoolOptions AsService(const std::string& conninfo, std::string_view service) {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.role = pg::ServiceRole(service);
  options.size = 1;
  options.application_name = "test";
  return options;
}

pg::TxOptions InTime() { return {.deadline = pg::RealNow() + absl::Seconds(20)}; }

ErasuresRedone RedoneSeenBy(pg::Pool& pool) {
  ErasuresRedone seen;
  const absl::Status status = pg::RunTx(pool, InTime(), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(seen, ReadErasuresRedone(tx));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return seen;
}

absl::Status NoteBy(pg::Pool& pool, const std::string& incarnation) {
  return pg::RunTx(pool, InTime(), [&](pg::Tx& tx) {
    NoteErasuresRedone(tx, incarnation);
    return absl::OkStatus();
  });
}

// As the members' own migrations do.
constexpr char kMembersNote[] =
    "GRANT INSERT, UPDATE (incarnation) ON house.redone TO gratis_members";

pg::testing::Template RedoneTemplate() {
  return pg::testing::TemplateOf({{"house", Migrations(), "members"}});
}

class ErasuresRedoneTest : public ::testing::Test {
 protected:
  ErasuresRedoneTest() {
    EXPECT_EQ(pg::EnsureServiceRole(database_.conninfo(), "messages"), absl::OkStatus());
    database_.Execute(kMembersNote);
    database_.Execute("CREATE SCHEMA ledger");
    database_.Execute("CREATE TABLE ledger.holder (id int)");
  }

  void NoteDone() {
    EXPECT_EQ(NoteBy(members_, RedoneSeenBy(members_).incarnation), absl::OkStatus());
    EXPECT_TRUE(RedoneSeenBy(members_).done);
  }

  pg::testing::TestDatabase database_{RedoneTemplate()};
  pg::Pool members_{AsService(database_.conninfo(), "members")};
  pg::Pool messages_{AsService(database_.conninfo(), "messages")};
};

TEST_F(ErasuresRedoneTest, EveryServiceLearnsThatTheyWere) {
  EXPECT_FALSE(RedoneSeenBy(members_).done);
  EXPECT_FALSE(RedoneSeenBy(messages_).done);
  NoteDone();
  EXPECT_TRUE(RedoneSeenBy(messages_).done);
  EXPECT_EQ(NoteBy(members_, "an older one"), absl::OkStatus());
  EXPECT_FALSE(RedoneSeenBy(messages_).done);
}

TEST_F(ErasuresRedoneTest, OnlyTheMembersServiceSaysSo) {
  const std::string incarnation = RedoneSeenBy(messages_).incarnation;
  const auto refused = pg::SqlErrorOf(NoteBy(messages_, incarnation));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->sqlstate, "42501");
  EXPECT_EQ(NoteBy(members_, "an older one"), absl::OkStatus());
  EXPECT_FALSE(NoteBy(messages_, incarnation).ok());
  const std::string change =
      absl::StrCat("UPDATE house.redone SET incarnation = '", incarnation, "'");
  EXPECT_FALSE(
      pg::RunTx(messages_, InTime(), [&](pg::Tx& tx) { return tx.RunScript(change); }).ok());
  EXPECT_FALSE(RedoneSeenBy(messages_).done) << "no row is theirs to change";
}

// pg_dump switches row security off, and fails for a plain role where a table has any.
TEST_F(ErasuresRedoneTest, WhoMayOnlyReadMayDumpIt) {
  EXPECT_EQ(pg::RunTx(messages_, InTime(),
                      [](pg::Tx& tx) {
                        return tx.RunScript("SET LOCAL row_security = off; TABLE house.redone");
                      }),
            absl::OkStatus());
}

TEST_F(ErasuresRedoneTest, TablesThatWereMadeAnewAreAnotherIncarnation) {
  NoteDone();
  database_.Execute("TRUNCATE ledger.holder");
  EXPECT_FALSE(RedoneSeenBy(members_).done);
  NoteDone();
  database_.Execute("DROP TABLE ledger.holder");
  database_.Execute("CREATE TABLE ledger.holder (id int)");
  EXPECT_FALSE(RedoneSeenBy(members_).done);
  NoteDone();
  database_.Execute("CREATE SCHEMA gratis_members");
  database_.Execute("CREATE TABLE gratis_members.member (id int)");
  EXPECT_FALSE(RedoneSeenBy(members_).done);
}

// Tables and all that is in them are the same in a copy, byte by byte.
TEST_F(ErasuresRedoneTest, ACopyOfADatabaseIsAnotherIncarnation) {
  const pg::testing::TestDatabase one{RedoneTemplate()}, other{RedoneTemplate()};
  pg::Pool of_one(AsService(one.conninfo(), "members"));
  pg::Pool of_other(AsService(other.conninfo(), "members"));
  EXPECT_NE(RedoneSeenBy(of_one).incarnation, RedoneSeenBy(of_other).incarnation);
}

TEST_F(ErasuresRedoneTest, WhoAsksSeesTheSameWhateverTheirSettings) {
  const std::string seen = RedoneSeenBy(members_).incarnation;
  database_.Execute(
      absl::StrCat("ALTER DATABASE ", database_.name(), " SET timezone = 'Asia/Kathmandu'"));
  database_.Execute(
      absl::StrCat("ALTER DATABASE ", database_.name(), " SET datestyle = 'SQL, DMY'"));
  pg::Pool later(AsService(database_.conninfo(), "members"));
  EXPECT_EQ(RedoneSeenBy(later).incarnation, seen);
}

using ErasuresRedoneAfterAStart = pg::testing::OwnCluster;

TEST_F(ErasuresRedoneAfterAStart, OfPostgresAreToBeDoneAgain) {
  std::string conninfo = Start().conninfo();
  ASSERT_EQ(pg::EnsureServiceRole(conninfo, "members"), absl::OkStatus());
  ASSERT_EQ(pg::Migrate(conninfo, "house", Migrations()), absl::OkStatus());
  {
    pg::Pool owner({.conninfo = conninfo, .size = 1});
    ASSERT_EQ(pg::RunTx(owner, InTime(), [](pg::Tx& tx) { return tx.RunScript(kMembersNote); }),
              absl::OkStatus());
  }
  {
    pg::Pool members(AsService(conninfo, "members"));
    ASSERT_EQ(NoteBy(members, RedoneSeenBy(members).incarnation), absl::OkStatus());
    EXPECT_TRUE(RedoneSeenBy(members).done);
  }
  ASSERT_EQ(pg::EmbeddedPostgres::Stop(options_), absl::OkStatus());
  conninfo = Start().conninfo();
  pg::Pool members(AsService(conninfo, "members"));
  EXPECT_FALSE(RedoneSeenBy(members).done);
}

}  // namespace
}  // namespace gratis::house
