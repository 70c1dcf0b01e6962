#include "common/house/clock.h"

#include <gtest/gtest.h>

#include "common/house/house_migrations.h"
#include "common/pg/migrations.h"
#include "common/status/reasons.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::house {
namespace {

const absl::Time kReal = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kSet = absl::FromUnixSeconds(900'000'000);
constexpr int32_t kProgram = 2;

pg::PoolOptions PoolTo(const std::string& conninfo, std::string_view role) {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.role = std::string(role);
  options.size = 2;
  options.application_name = "test";
  return options;
}

pg::testing::Template HouseTemplate() {
  return pg::testing::TemplateOf({{"house", Migrations(), "members"}});
}

class ProgramClockTest : public ::testing::Test {
 protected:
  absl::Status Set(int32_t program, absl::Time now) {
    return pg::RunTx(pool_, {.deadline = Deadline()}, [&](pg::Tx& tx) {
      SetClock(tx, program, now);
      return absl::OkStatus();
    });
  }
  static absl::Time Deadline() { return base::SystemClock().Now() + absl::Seconds(20); }

  pg::testing::TestDatabase database_{HouseTemplate()};
  pg::Pool pool_{PoolTo(database_.conninfo(), pg::ServiceRole("members"))};
  base::ManualClock real_{kReal};
};

TEST_F(ProgramClockTest, IsTheRealOneUnlessTheInstanceIsForDevelopment) {
  ProgramClock clock(real_, pool_, false);
  ASSERT_TRUE(Set(kProgram, kSet).ok());
  const auto reading = clock.Read(kProgram, Deadline());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->now, kReal);
  EXPECT_FALSE(reading->manual);
}

class DevelopmentClockTest : public ProgramClockTest {
 protected:
  base::SystemClock system_;
  ProgramClock clock_{system_, pool_, true};
};

TEST_F(DevelopmentClockTest, RunsUntilItIsSetAndThenStandsStill) {
  auto reading = clock_.Read(kProgram, Deadline());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_FALSE(reading->manual);
  EXPECT_LT(absl::AbsDuration(reading->now - system_.Now()), absl::Minutes(1));

  ASSERT_TRUE(Set(kProgram, kSet).ok());
  reading = clock_.Read(kProgram, Deadline());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->now, kSet);
  EXPECT_TRUE(reading->manual);
  EXPECT_EQ(clock_.Now(kProgram), kSet);

  ASSERT_TRUE(Set(kProgram, kSet + absl::Hours(24)).ok());
  EXPECT_EQ(clock_.Now(kProgram), kSet + absl::Hours(24));
}

TEST_F(DevelopmentClockTest, EachProgramHasItsOwn) {
  ASSERT_TRUE(Set(kProgram, kSet).ok());
  const auto other = clock_.Read(kProgram + 1, Deadline());
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other->manual);
}

TEST_F(DevelopmentClockTest, HasMovedInEveryProcessWhenTheSettingIsCommitted) {
  pg::Pool other_pool(PoolTo(database_.conninfo(), pg::ServiceRole("members")));
  ProgramClock other(system_, other_pool, true);
  for (int day = 0; day < 20; ++day) {
    const absl::Time now = kSet + day * absl::Hours(24);
    ASSERT_TRUE(Set(kProgram, now).ok());
    EXPECT_EQ(other.Now(kProgram), now);
  }
}

TEST(ProgramClockWithoutDatabase, SaysSoOrStaysWhereItWasLastSeen) {
  pg::PoolOptions nowhere;
  nowhere.conninfo = "host=/nonexistent dbname=none";
  pg::Pool pool(nowhere);
  base::SystemClock system;
  ProgramClock clock(system, pool, true);
  const auto reading = clock.Read(kProgram, system.Now() + absl::Seconds(5));
  EXPECT_EQ(ReasonOf(reading.status()), Reason::kDatabaseUnavailable);
  EXPECT_LT(absl::AbsDuration(clock.Now(kProgram) - system.Now()), absl::Minutes(1));
}

// What a service may do to the house's tables, and what not.
class HouseGrantsTest : public ProgramClockTest {
 protected:
  absl::Status Run(const std::string& script) {
    return pg::RunTx(pool_, {.deadline = Deadline()},
                     [&](pg::Tx& tx) { return tx.RunScript(script); });
  }
};

TEST_F(HouseGrantsTest, AKeyIsMadeRotatedAndRevokedAndNeverBecomesAnother) {
  ASSERT_TRUE(Run("INSERT INTO house.api_key VALUES (gen_random_uuid(), "
                  "decode(repeat('00', 32), 'hex'), 1, NULL, '', now(), NULL)")
                  .ok());
  EXPECT_TRUE(Run("UPDATE house.api_key SET revoked_at = now()").ok());
  EXPECT_FALSE(Run("UPDATE house.api_key SET role = 2").ok());
  EXPECT_TRUE(Run("UPDATE house.api_key SET secret_hash = decode(repeat('11', 32), 'hex')").ok());
  EXPECT_FALSE(Run("UPDATE house.api_key SET program_number = 2").ok());
  EXPECT_FALSE(Run("UPDATE house.api_key SET store = 'basel'").ok());
  EXPECT_FALSE(Run("DELETE FROM house.api_key").ok());
}

TEST_F(HouseGrantsTest, WhatWasMigratedIsNotForServicesToChange) {
  EXPECT_FALSE(Run("DELETE FROM house.migration").ok());
  EXPECT_FALSE(Run("UPDATE house.master_key SET check_value = ''").ok());
  EXPECT_FALSE(Run("DELETE FROM house.key_use").ok());
}

}  // namespace
}  // namespace gratis::house
