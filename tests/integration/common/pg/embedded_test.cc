#include "common/pg/embedded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "common/base/text.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "tests/integration/common/pg/own_cluster.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::pg {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Embedded : public testing::OwnCluster {
 protected:
  static absl::Status Script(const EmbeddedPostgres& postgres, std::string_view text) {
    Pool pool({.conninfo = postgres.conninfo()});
    return RunTx(pool, {.deadline = RealNow() + absl::Seconds(20)},
                 [&](Tx& tx) { return tx.RunScript(text); });
  }

  std::string Setting(const EmbeddedPostgres& postgres, const std::string& name) {
    Pool pool({.conninfo = postgres.conninfo()});
    std::string value;
    EXPECT_EQ(
        RunTx(pool, {.deadline = RealNow() + absl::Seconds(20)},
              [&](Tx& tx) -> absl::Status {
                auto rows = tx.Run({"embedded_test/setting", "SELECT current_setting($1)"}, name);
                if (rows.ok()) value = (*rows)[0].Get<std::string>(0);
                return rows.status();
              }),
        absl::OkStatus());
    return value;
  }

  void KillPostmaster() const {
    const pid_t pid = Postmaster();
    ASSERT_GT(pid, 0);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    while (fs::exists("/proc/" + std::to_string(pid) + "/exe") && kill(pid, 0) == 0)
      Pause(absl::Milliseconds(10), absl::InfiniteFuture());
  }
};

TEST_F(Embedded, StartsAClusterOfItsOwnAndIsFoundAgain) {
  const EmbeddedPostgres first = Start();
  const pid_t postmaster = Postmaster();
  const EmbeddedPostgres second = Start();
  EXPECT_EQ(Postmaster(), postmaster);
  EXPECT_EQ(first.conninfo(), second.conninfo());
  EXPECT_EQ(Setting(second, "server_encoding"), "UTF8");
  EXPECT_EQ(Setting(second, "lc_collate"), "C.UTF-8");
  EXPECT_EQ(Setting(second, "data_checksums"), "on");
  EXPECT_EQ(Setting(second, "listen_addresses"), "");
  EXPECT_EQ(Setting(second, "synchronous_commit"), "on");
  EXPECT_EQ(fs::status(options_.home + "/postgres/socket").permissions(), fs::perms(0700));
}

TEST_F(Embedded, StopKeepsTheDataAndIsIdempotent) {
  ASSERT_EQ(Script(Start(), "CREATE TABLE kept (id int)"), absl::OkStatus());
  EXPECT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  EXPECT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  EXPECT_EQ(Script(Start(), "SELECT id FROM kept"), absl::OkStatus());
}

TEST_F(Embedded, RecoversFromAKilledPostmaster) {
  const EmbeddedPostgres postgres = Start();
  ASSERT_EQ(Script(postgres, "CREATE TABLE kept (id int)"), absl::OkStatus());
  for (int round = 0; round < 3; ++round) {
    KillPostmaster();
    EXPECT_EQ(Script(Start(), "SELECT id FROM kept"), absl::OkStatus());
  }
}

TEST_F(Embedded, WaitsForTheChildrenOfAKilledPostmaster) {
  const EmbeddedPostgres postgres = Start();
  std::thread busy([&] {
    // An orphan may come to its end, be told to go, or vanish.
    Script(postgres, "SELECT count(*) FROM generate_series(1, 10000000)").IgnoreError();
  });
  Pool pool({.conninfo = postgres.conninfo()});
  constexpr Query kBusy{"embedded_test/busy",
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%10000000%'"
                        " AND state = 'active' AND pid <> pg_backend_pid()"};
  int64_t seen = 0;
  while (seen == 0) {
    ASSERT_EQ(RunTx(pool, {.deadline = RealNow() + absl::Seconds(20)},
                    [&](Tx& tx) -> absl::Status {
                      ASSIGN_OR_RETURN(const Rows rows, tx.Run(kBusy));
                      seen = rows[0].Get<int64_t>(0);
                      return absl::OkStatus();
                    }),
              absl::OkStatus());
  }
  KillPostmaster();
  EXPECT_EQ(Script(Start(), "SELECT 1"), absl::OkStatus());
  busy.join();
}

// As after a reboot, or in a container that was started anew: the number in postmaster.pid is that
// of another process of the same user.
TEST_F(Embedded, RecoversWhenItsOldProcessIdIsSomebodyElses) {
  ASSERT_EQ(Script(Start(), "CREATE TABLE kept (id int)"), absl::OkStatus());
  KillPostmaster();
  ASSERT_TRUE(EmbeddedPostgres::StartOrAttach(testing::TestClusterOptions()).ok());
  pid_t stranger = 0;
  std::ifstream(testing::TestClusterOptions().home + "/postgres/data/postmaster.pid") >> stranger;
  ASSERT_GT(stranger, 0);
  for (const char* file : {"/data/postmaster.pid", "/socket/.s.PGSQL.5432.lock"}) {
    const std::string path = options_.home + "/postgres" + file;
    std::ifstream in(path);
    pid_t old = 0;
    in >> old;
    const std::string rest((std::istreambuf_iterator<char>(in)), {});
    std::ofstream(path) << stranger << rest;
  }
  EXPECT_EQ(Script(Start(), "SELECT id FROM kept"), absl::OkStatus());
  EXPECT_NE(Postmaster(), stranger);
}

TEST_F(Embedded, OutlivesTheProcessThatStartedIt) {
  const pid_t starter = fork();
  if (starter == 0) {
    const bool ok = EmbeddedPostgres::StartOrAttach(options_).ok();
    kill(ok ? getpid() : getppid(), SIGKILL);
  }
  int status = 0;
  waitpid(starter, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const pid_t postmaster = Postmaster();
  ASSERT_GT(postmaster, 0);
  EXPECT_EQ(Script(Start(), "SELECT 1"), absl::OkStatus());
  EXPECT_EQ(Postmaster(), postmaster);
}

TEST_F(Embedded, ManyStartersAtOnceStartOne) {
  std::vector<std::thread> starters;
  for (int i = 0; i < 4; ++i) starters.emplace_back([&] { Start(); });
  for (std::thread& starter : starters) starter.join();
  EXPECT_EQ(Script(Start(), "SELECT 1"), absl::OkStatus());
}

TEST_F(Embedded, ManyStartersAtOnceAfterAKillStartOne) {
  Start();
  KillPostmaster();
  std::vector<std::thread> starters;
  for (int i = 0; i < 4; ++i) starters.emplace_back([&] { Start(); });
  for (std::thread& starter : starters) starter.join();
  EXPECT_EQ(Script(Start(), "SELECT 1"), absl::OkStatus());
}

TEST_F(Embedded, AHalfMadeClusterIsNotTakenForOne) {
  Start();
  ASSERT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  fs::rename(data(), options_.home + "/postgres/data.new");  // as if initdb had died at its end
  EXPECT_EQ(Script(Start(), "SELECT 1"), absl::OkStatus());
  EXPECT_FALSE(fs::exists(options_.home + "/postgres/data.new"));
}

TEST_F(Embedded, SettingsAreWrittenAnewAndTheOwnersWin) {
  Start();
  ASSERT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  options_.settings = {{"work_mem", "8MB"}, {"cluster_name", "it's ours"}};
  std::ofstream(data() + "/postgresql.conf", std::ios::app) << "max_connections = 37\n";
  const EmbeddedPostgres postgres = Start();
  EXPECT_EQ(Setting(postgres, "work_mem"), "8MB");
  EXPECT_EQ(Setting(postgres, "cluster_name"), "it's ours");
  EXPECT_EQ(Setting(postgres, "max_connections"), "37");
}

TEST_F(Embedded, ALongHomeHasItsSocketElsewhere) {
  const std::string base = options_.home;
  options_.home += "/" + std::string(90, 'x');
  const EmbeddedPostgres postgres = Start();
  EXPECT_THAT(postgres.conninfo(), HasSubstr("host='/tmp/gratis-"));
  EXPECT_EQ(Script(postgres, "SELECT 1"), absl::OkStatus());
  EXPECT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
  options_.home = base;
}

TEST_F(Embedded, WhatCannotWorkIsSaidClearly) {
  const auto refusal = [](const EmbeddedOptions& options) {
    const absl::Status status = EmbeddedPostgres::StartOrAttach(options).status();
    EXPECT_EQ(ReasonOf(status), Reason::kConfigInvalid) << status;
    return std::string(base::Std(status.message()));
  };
  EmbeddedOptions relative = options_;
  relative.home = "data";
  EXPECT_THAT(refusal(relative), HasSubstr("not an absolute path"));

  EmbeddedOptions without_postgres = options_;
  without_postgres.bin_dir = "/nowhere";
  EXPECT_THAT(refusal(without_postgres), HasSubstr("/nowhere/initdb"));

  if (geteuid() == 0) {
    EmbeddedOptions stranger = options_;
    stranger.unix_user = "nobody-of-that-name";
    EXPECT_THAT(refusal(stranger), HasSubstr("no unix user nobody-of-that-name"));

    EmbeddedOptions closed = options_;
    fs::create_directory(options_.home + "/closed");
    fs::permissions(options_.home + "/closed", fs::perms(0700));
    closed.home += "/closed/home";
    EXPECT_THAT(refusal(closed), HasSubstr("user postgres cannot enter"));
  }
}

TEST_F(Embedded, AServerThatDoesNotStartSaysWhy) {
  options_.settings = {{"shared_buffers", "none"}};
  const absl::Status status = EmbeddedPostgres::StartOrAttach(options_).status();
  EXPECT_EQ(ReasonOf(status), Reason::kDatabaseUnavailable);
  EXPECT_THAT(base::Std(status.message()), HasSubstr("invalid value for parameter"));
}

}  // namespace
}  // namespace gratis::pg
