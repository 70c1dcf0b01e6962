#include "tests/integration/services/ledger/ledger_house.h"

#include <grpcpp/impl/codegen/service_type.h>

#include "absl/strings/str_cat.h"
#include "common/house/house_migrations.h"
#include "common/house/keyring/key_table.h"
#include "common/ledger/ledger_migrations.h"
#include "common/pg/tx.h"
#include "common/rpc/tls.h"
#include "common/status/macros.h"
#include "services/ledger/audit_service.h"
#include "services/ledger/budget_service.h"
#include "services/ledger/clock_service.h"
#include "services/ledger/feed_service.h"
#include "services/ledger/key_service.h"
#include "services/ledger/ledger_service.h"
#include "services/ledger/program_service.h"
#include "services/ledger/report_service.h"
#include "services/ledger/statement_service.h"
#include "services/ledger/unit_service.h"
#include "services/ledger/voucher_service.h"

namespace gratis::ledger_service {
namespace {

class Enrollment final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMemberEnrolled,
                               .transaction = {},
                               .member = envelope.member,
                               .effective_at = envelope.now,
                               .source = "",
                               .detail = ""})
                        .status());
    return std::string("enrolled");
  }
};

pg::testing::Template Content() {
  return pg::testing::TemplateOf(
      {{"ledger", ledger::Migrations(), "ledger"}, {"house", house::Migrations(), "ledger"}});
}

pg::PoolOptions PoolOptions(const std::string& conninfo) {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.role = pg::ServiceRole("ledger");
  options.application_name = "test";
  options.size = 12;
  return options;
}

}  // namespace

LedgerHouse::LedgerHouse(Options house)
    : database_(Content()), pool_(PoolOptions(database_.conninfo())), feed_(house.feed, pool_) {
  ledger::PosterOptions posting;
  posting.chain_key = vault_.Derive("chain");
  posting.committed = [this](const std::set<int32_t>& partitions) {
    feed_.Posted(partitions);
    if (!partitions.contains(ledger::House().first_partition)) return;
    keyring_.Forget();
    shell_->KeysChanged();
  };
  poster_ = std::make_unique<ledger::Poster>(std::move(posting), pool_, clock_);

  rpc::ShellOptions& options = house.shell;
  options.service_secret = vault_.Derive("service");
  options.fingerprint_key = vault_.Derive("fingerprint");
  options.page_token_key = vault_.Derive("page-token");
  options.proof_key = vault_.Derive("proof");
  options.member_token_key = vault_.Derive("member-token");
  shell_ = std::make_unique<rpc::Shell>(std::move(options), doorkeeper_, observer_, clock_);
  services_.push_back(MakeLedgerService(*shell_, pool_, *poster_, vault_, ids_));
  services_.push_back(MakeFeedService(*shell_, feed_, house.heartbeat));
  services_.push_back(MakeProgramService(*shell_, *poster_, programs_, vault_, ids_));
  services_.push_back(
      MakeKeyService(*shell_, pool_, *poster_, programs_, ids_, vault_.Derive("api-key")));
  services_.push_back(MakeUnitService(*shell_, pool_, *poster_, ids_));
  services_.push_back(MakeVoucherService(*shell_, pool_, *poster_, vault_, ids_));
  services_.push_back(MakeBudgetService(*shell_, pool_, *poster_, vault_, ids_));
  services_.push_back(MakeStatementService(*shell_, pool_));
  services_.push_back(MakeReportService(*shell_, pool_, *poster_, ids_));
  services_.push_back(MakeAuditService(*shell_, pool_));
  services_.push_back(MakeClockService(*shell_, *poster_, program_clock_, ids_));

  static const auto& certificates = *new absl::StatusOr<rpc::Certificates>(rpc::EnsureCertificates(
      ::testing::TempDir() + "/gratis-ledger-tls", rpc::LocalHosts(), clock_.Now()));
  EXPECT_TRUE(certificates.ok()) << certificates.status();
  certificates_ = *certificates;
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  auto server = rpc::Server::Start({.listen = "127.0.0.1:0",
                                    .certificate_path = certificates->certificate_path,
                                    .private_key_path = certificates->private_key_path},
                                   *shell_, services);
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  admin_ = NewKey(house::Role::kAdmin, std::nullopt);
}

LedgerHouse::~LedgerHouse() { server_->Stop(absl::Seconds(5)); }

std::string LedgerHouse::NewKey(house::Role role, std::optional<int32_t> program) {
  const KeyId key_id{ids_.Next(clock_.Now())};
  const std::string text = house::MakeKeyText(key_id, vault_.Derive("api-key"));
  const absl::Status made =
      pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(10)}, [&](pg::Tx& tx) {
        house::InsertKeys(tx, {{.record = {.key_id = key_id,
                                           .role = role,
                                           .program = program,
                                           .label = "test",
                                           .created_at = clock_.Now()},
                                .hash = house::KeyHash(text)}});
        return absl::OkStatus();
      });
  EXPECT_TRUE(made.ok()) << made;
  return text;
}

void LedgerHouse::NewProgram(const std::string& code) {
  v1::CreateProgramRequest request;
  request.set_request_id(NextRequestId());
  request.set_code(code);
  const auto made = Call(&v1::ProgramService::Stub::CreateProgram, request, admin_);
  ASSERT_TRUE(made.ok()) << made.status();
}

ledger::Program LedgerHouse::Find(const std::string& code) {
  const auto program = programs_.Find(code, clock_.Now() + absl::Seconds(10));
  EXPECT_TRUE(program.ok()) << program.status();
  return program.value_or(ledger::Program{});
}

std::string LedgerHouse::NewMember(const std::string& code) {
  const MemberId member{ids_.Next(clock_.Now())};
  auto enrollment = std::make_unique<Enrollment>();
  ledger::Envelope& envelope = enrollment->envelope;
  envelope.program = Find(code);
  envelope.member = member;
  envelope.request_id = NextRequestId();
  envelope.fingerprint = "enrollment";
  envelope.actor = "key_test";
  envelope.now = program_clock_.Now(envelope.program.number);
  envelope.deadline = clock_.Now() + absl::Seconds(30);
  EXPECT_EQ(poster_->Post(plain_, std::move(enrollment)).answer.status(), absl::OkStatus());
  return member.ToString();
}

}  // namespace gratis::ledger_service
