#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/house/house_migrations.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/pg/pool.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/gate.h"
#include "common/rpc/observer.h"
#include "common/rpc/server.h"
#include "common/rpc/shell.h"
#include "common/rpc/tls.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/vault.h"
#include "gratis/birthdays/v1/birthdays.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"
#include "services/birthdays/birthday_service.h"
#include "services/birthdays/birthdays_migrations.h"
#include "services/birthdays/members_client.h"
#include "services/members/consent_service.h"
#include "services/members/member_service.h"
#include "services/members/members_migrations.h"
#include "services/members/merging_service.h"
#include "services/members/preference_service.h"
#include "services/members/tier_service.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::birthdays {

// A key per role, "gk_admin" and so on, for one program whose time the test moves.
class OneProgram final : public rpc::Gate {
 public:
  absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented, absl::Time) override {
    static const std::map<std::string_view, rpc::Role> kRoles = {
        {"gk_admin", rpc::Role::kAdmin},         {"gk_import", rpc::Role::kImport},
        {"gk_marketing", rpc::Role::kMarketing}, {"gk_pos", rpc::Role::kPos},
        {"gk_support", rpc::Role::kSupport},     {"gk_auditor", rpc::Role::kAuditor}};
    const auto role = kRoles.find(presented);
    if (role == kRoles.end()) return Error(Reason::kKeyInvalid, "no such key");
    return house::KeyRecord{.role = role->second, .program = program.number};
  }
  absl::StatusOr<ledger::Program> FindProgram(std::string_view, absl::Time) override {
    return program;
  }
  absl::StatusOr<ledger::Program> FindProgram(int32_t, absl::Time) override { return program; }
  absl::StatusOr<absl::Time> Now(int32_t, absl::Time) override { return clock.Now(); }

  ledger::Program program;
  base::ManualClock clock{absl::UnixEpoch()};
};

class Quiet final : public rpc::CallObserver {
 public:
  void OnDone(const rpc::CallSummary&) override {}
};

// Birthdays and members as in one process: one shell, one server, each with its own role, birthdays
// calling members over the in-process channel with the service's credentials.
class TwoServices : public ::testing::Test {
 protected:
  using Birthday = v1::BirthdayService::Stub;
  using Member = members::v1::MemberService::Stub;

  TwoServices() {
    gate_.program = NewProgram();
    char directory[] = "/tmp/gratis-birthdays-test-XXXXXX";
    tls_ = mkdtemp(directory);
    const auto certificates = rpc::EnsureCertificates(tls_, rpc::LocalHosts(), real_clock_.Now());
    EXPECT_TRUE(certificates.ok()) << certificates.status();
    auto server = rpc::Server::Start({.listen = "127.0.0.1:0",
                                      .certificate_path = certificates->certificate_path,
                                      .private_key_path = certificates->private_key_path},
                                     shell_,
                                     {&member_service_, &merging_service_, &consent_service_,
                                      &preference_service_, &tier_service_, &birthday_service_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~TwoServices() override {
    server_->Stop(absl::Seconds(10));
    std::filesystem::remove_all(tls_);
  }

  absl::Time Soon() const { return real_clock_.Now() + absl::Seconds(60); }

  void SetTime(const std::string& local) {
    absl::Time time;
    std::string error;
    ASSERT_TRUE(
        absl::ParseTime("%Y-%m-%d %H:%M", local, *base::LoadZone("Europe/Zurich"), &time, &error));
    gate_.clock.Set(time);
  }

  template <class Stub, class Req, class Resp>
  absl::Status Call(const std::string& key,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*),
                    const Req& request, Resp& response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(Soon()));
    Stub stub(server_->InProcessChannel(rpc::KeyAuthorization("gk_" + key)));
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }

  // A member's id. `enrolled`: a day, in UTC.
  std::string Enroll(int month, int day, const std::string& zone = "",
                     const std::string& enrolled = "2026-01-01") {
    members::v1::EnrollMemberRequest request;
    request.set_request_id(absl::StrCat("enroll ", ++enrolled_));
    request.mutable_profile()->set_email(absl::StrCat("m", enrolled_, "@example.com"));
    request.mutable_profile()->set_time_zone(zone);
    if (month > 0) {
      request.mutable_profile()->mutable_birthday()->set_month(month);
      request.mutable_profile()->mutable_birthday()->set_day(day);
    }
    request.mutable_enrolled_at()->set_seconds(
        absl::ToUnixSeconds(base::StartOfDay(*base::ParseDay(enrolled), absl::UTCTimeZone())));
    members::v1::EnrollMemberResponse response;
    const absl::Status done = Call("import", &Member::EnrollMember, request, response);
    EXPECT_TRUE(done.ok()) << done;
    return response.member_id();
  }

  absl::StatusOr<v1::RunBirthdaysResponse> Run(const v1::RunBirthdaysRequest& request = {}) {
    v1::RunBirthdaysResponse response;
    RETURN_IF_ERROR(Call("admin", &Birthday::RunBirthdays, request, response));
    return response;
  }

  absl::StatusOr<v1::ExplainBirthdayResponse> Explain(const std::string& member, int year) {
    v1::ExplainBirthdayRequest request;
    request.set_member_id(member);
    request.set_year(year);
    v1::ExplainBirthdayResponse response;
    RETURN_IF_ERROR(Call("support", &Birthday::ExplainBirthday, request, response));
    return response;
  }

  int64_t Balance(const std::string& member) {
    int64_t balance = -1;
    const absl::Status read = pg::RunTx(birthdays_pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(
          auto wallets,
          ledger::ReadBalances(tx, gate_.program, *MemberId::Parse(member), real_clock_.Now()));
      balance = wallets[ledger::kPointsUnit].available;
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return balance;
  }

  static constexpr char kSecret[] = "the service's secret, 32 bytes..";

  pg::testing::TestDatabase database_{
      pg::testing::TemplateOf({{"house", house::Migrations(), "members"},
                               {"ledger", ledger::Migrations(), "members"},
                               {"gratis_members", members::Migrations(), "members"},
                               {"gratis_birthdays", Migrations(), "birthdays"}})};
  base::SystemClock real_clock_;
  base::RandomIds ids_;
  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  OneProgram gate_;
  Quiet observer_;
  rpc::Shell shell_{{.service_secret = kSecret,
                     .fingerprint_key = std::string(32, 'f'),
                     .page_token_key = std::string(32, 'p'),
                     .proof_key = std::string(32, 'o')},
                    gate_,
                    observer_,
                    real_clock_};
  std::unique_ptr<rpc::Server> server_;

  pg::Pool members_pool_{PoolOf("members")};
  ledger::Poster members_poster_{{.chain_key = std::string(32, 'c')}, members_pool_, real_clock_};
  members::Members members_{vault_, ids_, members_pool_};
  members::Proving proving_{vault_, members_pool_};
  members::Proposing proposing_{members_poster_};
  members::MemberService member_service_{shell_, members_poster_, members_,  proving_,
                                         vault_, members_pool_,   proposing_};
  members::MergingService merging_service_{shell_, members_pool_, members_poster_, members_,
                                           vault_};
  members::Consents consents_{members_pool_};
  members::ConsentService consent_service_{shell_, members_poster_, consents_, ids_};
  members::Preferences preferences_{vault_, ids_, members_pool_};
  members::PreferenceService preference_service_{shell_, members_poster_, preferences_};
  members::Tiers tiers_{members_pool_, members_poster_};
  members::TierService tier_service_{shell_, members_poster_, tiers_, ids_};

  pg::Pool birthdays_pool_{PoolOf("birthdays")};
  ledger::Poster birthdays_poster_{
      {.chain_key = std::string(32, 'c')}, birthdays_pool_, real_clock_};
  MembersClient celebrants_{[this] {
    return server_->InProcessChannel(rpc::ServiceAuthorization("birthdays", kSecret));
  }};
  Birthdays birthdays_{birthdays_pool_, birthdays_poster_, celebrants_, ids_, vault_};
  BirthdayService birthday_service_{shell_, birthdays_poster_, birthdays_, ids_};

 private:
  pg::PoolOptions PoolOf(const std::string& service) {
    pg::PoolOptions options;
    options.conninfo = database_.conninfo();
    options.role = pg::ServiceRole(service);
    options.application_name = "test";
    return options;
  }

  ledger::Program NewProgram() {
    ledger::Program program;
    const absl::Status made = pg::RunTx(members_pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const ledger::ProgramFrontier frontier, ledger::ReadProgramFrontier(tx));
      program = {.number = frontier.number,
                 .code = "demo",
                 .display_name = "Demo",
                 .currency_code = "CHF",
                 .time_zone = "Europe/Zurich",
                 .first_partition = frontier.first_partition,
                 .partitions = 8,
                 .created_at = real_clock_.Now()};
      ledger::InsertProgram(tx, program);
      return absl::OkStatus();
    });
    EXPECT_TRUE(made.ok()) << made;
    return program;
  }

  std::string tls_;
  int enrolled_ = 0;
};

}  // namespace gratis::birthdays
