#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/house/house_migrations.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/vault/vault.h"
#include "gratis/members/v1/members.pb.h"
#include "services/members/members.h"
#include "services/members/members_migrations.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::members {

// A database with one program of eight partitions, a real poster, and the service's own role.
class MembersHouse : public ::testing::Test {
 protected:
  MembersHouse() : program_(NewProgram("demo")) {}

  static pg::testing::Template Content() {
    return pg::testing::TemplateOf({{"house", house::Migrations(), "members"},
                                    {"ledger", ledger::Migrations(), "members"},
                                    {"gratis_members", Migrations(), "members"}});
  }
  static pg::PoolOptions PoolOptions(const std::string& conninfo) {
    pg::PoolOptions options;
    options.conninfo = conninfo;
    options.role = pg::ServiceRole("members");
    options.application_name = "test";
    return options;
  }

  absl::Time Soon() const { return clock_.Now() + absl::Seconds(60); }

  ledger::Program NewProgram(const std::string& code) {
    ledger::Program program;
    const absl::Status made = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const ledger::ProgramFrontier frontier, ledger::ReadProgramFrontier(tx));
      program = {.number = frontier.number,
                 .code = code,
                 .display_name = code,
                 .currency_code = "USD",
                 .time_zone = "UTC",
                 .first_partition = frontier.first_partition,
                 .partitions = 8,
                 .created_at = clock_.Now()};
      ledger::InsertProgram(tx, program);
      return absl::OkStatus();
    });
    EXPECT_TRUE(made.ok()) << made;
    return program;
  }

  // One attempt to enroll: a new id is made for each, as in each call.
  std::unique_ptr<Enrollment> Attempt(const std::string& request_id, const Profile& profile,
                                      const ledger::Program& program) {
    const absl::StatusOr<Profile> checked = CheckedProfile(profile);
    EXPECT_TRUE(checked.ok()) << checked.status();
    auto enrollment =
        *members_.Prepare(program, *checked, std::nullopt, /*may_state_past=*/false, clock_.Now());
    ledger::Envelope& envelope = enrollment->envelope;
    envelope.program = program;
    envelope.request_id = request_id;
    envelope.fingerprint = base::AsBytes(base::Sha256(Canonical(profile)));
    envelope.actor = "key_test";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
    return enrollment;
  }
  std::unique_ptr<Enrollment> Attempt(const std::string& request_id, const Profile& profile) {
    return Attempt(request_id, profile, program_);
  }

  ledger::Outcome Post(std::unique_ptr<Enrollment> enrollment) {
    return poster_.Post(kind_, std::move(enrollment));
  }
  ledger::Outcome Enroll(const std::string& request_id, const Profile& profile) {
    return Post(Attempt(request_id, profile));
  }

  static MemberId IdIn(const ledger::Outcome& outcome) {
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    v1::EnrollMemberResponse response;
    if (!outcome.answer.ok() || !response.ParseFromString(*outcome.answer)) return {};
    return MemberId::Parse(response.member_id()).value_or(MemberId{});
  }

  // Whatever one query counts, as superuser.
  int64_t Count(const std::string& what) {
    int64_t count = -1;
    pg::PoolOptions superuser = PoolOptions(database_.conninfo());
    superuser.role.clear();
    pg::Pool pool(superuser);
    const std::string text = "SELECT count(*) FROM " + what;
    const absl::Status done = pg::RunTx(pool, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(pg::Query{"testing/count", text}));
      count = rows[0].Get<int64_t>(0);
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return count;
  }

  // How a query would be run; `values` in the places of its parameters.
  std::string PlanOf(const pg::Query& query, const std::vector<std::string>& values) {
    std::string text = absl::StrCat("EXPLAIN ", base::Abs(query.text));
    for (size_t i = values.size(); i > 0; --i) {
      text = absl::StrReplaceAll(text, {{absl::StrCat("$", i), values[i - 1]}});
    }
    pg::PoolOptions superuser = PoolOptions(database_.conninfo());
    superuser.role.clear();
    pg::Pool pool(superuser);
    std::string plan;
    const absl::Status done = pg::RunTx(pool, {.deadline = Soon()}, [&](pg::Tx& tx) {
      RETURN_IF_ERROR(tx.RunScript("SET LOCAL enable_seqscan = off"));
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(pg::Query{"testing/explain", text}));
      for (const pg::Row row : rows) absl::StrAppend(&plan, row.Get<std::string>(0), "\n");
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << query.name << ": " << done;
    return plan;
  }

  pg::testing::TestDatabase database_{Content()};
  base::SystemClock clock_;
  base::RandomIds ids_;
  pg::Pool pool_{PoolOptions(database_.conninfo())};
  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  Members members_{vault_, ids_, pool_};
  EnrollmentKind kind_{vault_};
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  const ledger::Program program_;

 private:
  static std::string Canonical(const Profile& profile) {
    std::string text;
    for (const Identifier& identifier : IdentifiersOf(profile)) text += identifier.key_text + "\n";
    return text + profile.greeting_name;
  }
};

}  // namespace gratis::members
