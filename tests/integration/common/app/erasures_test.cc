#include "common/app/erasures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "common/house/house_migrations.h"
#include "common/house/redone.h"
#include "common/ledger/ledger_migrations.h"
#include "common/obs/log.h"
#include "common/pg/migrations.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "tests/integration/common/app/place.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::app::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWaits[] = "waiting for gratis-members to do erasures again";
constexpr char kSomebody[] =
    "INSERT INTO ledger.holder (partition, member, enrolled_at, state)"
    " VALUES (9, gen_random_uuid(), now(), 1)";

// As the members' own migrations do.
constexpr char kMembersNote[] =
    "GRANT INSERT, UPDATE (incarnation) ON house.redone TO gratis_members";

pg::PoolOptions WorkingAs(const std::string& conninfo, std::string_view role) {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.role = std::string(role);
  options.size = 1;
  return options;
}

// As the members' service does. `incarnation`: empty for the one there is.
absl::Status NoteRedone(const std::string& conninfo, const std::string& incarnation = "") {
  pg::Pool members(WorkingAs(conninfo, pg::ServiceRole("members")));
  return pg::RunTx(
      members, {.deadline = pg::RealNow() + absl::Seconds(20)}, [&](pg::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(const house::ErasuresRedone seen, house::ReadErasuresRedone(tx));
        house::NoteErasuresRedone(tx, incarnation.empty() ? seen.incarnation : incarnation);
        return absl::OkStatus();
      });
}

class AwaitingErasures : public ::testing::Test {
 protected:
  // Told to end after so many pauses, in each of which `meanwhile` happens.
  absl::Status Await(int pauses, absl::FunctionRef<void()> meanwhile) {
    return AwaitErasures(pool_, clock_, log_, [&](absl::Duration) {
      meanwhile();
      return ++paused_ >= pauses;
    });
  }

  pg::testing::TestDatabase database_{pg::testing::TemplateOf(
      {{"house", house::Migrations(), "members"}, {"ledger", ledger::Migrations(), "members"}})};
  pg::Pool pool_{WorkingAs(database_.conninfo(), pg::kPosterRole)};
  base::SystemClock clock_;
  std::string said_;
  obs::Log log_{obs::Log::Options{}, [this](std::string_view line) { said_ += line; }};
  int paused_ = 0;
};

TEST_F(AwaitingErasures, IsOverAtOnceWhereNobodyEverWasAMember) {
  EXPECT_EQ(Await(1, [] {}), absl::OkStatus());
  EXPECT_EQ(paused_, 0);
  EXPECT_EQ(said_, "");
}

TEST_F(AwaitingErasures, IsOverOnceTheyWereDoneInThisVeryDatabase) {
  database_.Execute(kSomebody);
  database_.Execute(kMembersNote);
  ASSERT_EQ(NoteRedone(database_.conninfo(), "of the database before"), absl::OkStatus());
  EXPECT_EQ(Await(100,
                  [&] {
                    if (paused_ < 3) return;
                    EXPECT_EQ(NoteRedone(database_.conninfo()), absl::OkStatus());
                  }),
            absl::OkStatus());
  EXPECT_EQ(paused_, 4);
  EXPECT_THAT(said_, HasSubstr(kWaits));
  EXPECT_EQ(said_.find(kWaits), said_.rfind(kWaits)) << "once for a while";
  EXPECT_EQ(Await(1, [] {}), absl::OkStatus());
  EXPECT_EQ(paused_, 4) << "and is at the next start";
}

TEST_F(AwaitingErasures, LastsOnADatabaseFromBeforeTheyWereNoted) {
  database_.Execute(kSomebody);
  EXPECT_TRUE(absl::IsCancelled(Await(2, [] {})));
}

TEST_F(AwaitingErasures, GoesOnWhilePostgresIsAway) {
  pg::Pool nowhere(WorkingAs("host=/nonexistent dbname=none", ""));
  int paused = 0;
  EXPECT_TRUE(absl::IsCancelled(
      AwaitErasures(nowhere, clock_, log_, [&](absl::Duration) { return ++paused == 2; })));
  EXPECT_EQ(paused, 2);
  EXPECT_THAT(said_, HasSubstr("waiting for PostgreSQL"));
}

class WaitingProcess : public ::testing::Test {
 protected:
  std::string Url() const { return "--database-url=" + database_.conninfo(); }

  // A database in which somebody is a member, and no erasures were done again.
  void SetUp() override {
    const auto migrate = place_.Run("gratis-ledger", {"migrate", Url()});
    ASSERT_EQ(migrate->WaitForEnd(kPatience), 0) << migrate->output();
    ASSERT_EQ(pg::EnsureServiceRole(database_.conninfo(), "members"), absl::OkStatus());
    database_.Execute(kSomebody);
    database_.Execute(kMembersNote);
  }
  static bool Waits(const Child& child) {
    return Eventually(kPatience, [&] { return child.output().find(kWaits) != std::string::npos; });
  }

  pg::testing::TestDatabase database_;
  Place place_;
};

TEST_F(WaitingProcess, ServesWhenTheErasuresWereDoneAgain) {
  const auto child = place_.Start("gratis-ledger", {Url()});
  ASSERT_TRUE(Waits(*child)) << child->output();
  EXPECT_FALSE(place_.HasRunFile("gratis-ledger"));
  EXPECT_THAT(child->output(), Not(HasSubstr("serving")));
  ASSERT_EQ(NoteRedone(database_.conninfo()), absl::OkStatus());
  EXPECT_TRUE(place_.Serves("gratis-ledger", *child)) << child->output();
  EXPECT_TRUE(place_.Balance("gratis-ledger").ok());
}

TEST_F(WaitingProcess, EndsWhenTold) {
  const auto child = place_.Start("gratis-ledger", {Url()});
  ASSERT_TRUE(Waits(*child)) << child->output();
  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitForEnd(kPatience), 0) << child->output();
}

}  // namespace
}  // namespace gratis::app::testing
