#include "common/app/process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/app/address.h"
#include "common/app/database.h"
#include "common/app/doorkeeper.h"
#include "common/app/erasures.h"
#include "common/app/home.h"
#include "common/app/key_notes.h"
#include "common/app/last_resort.h"
#include "common/app/run_file.h"
#include "common/app/switchboard.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/house/clock.h"
#include "common/house/keyring/key_table.h"
#include "common/house/keyring/keyring.h"
#include "common/jobs/lease.h"
#include "common/jobs/scheduler.h"
#include "common/ledger/feed.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/ledger/survivors.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"
#include "common/pg/listener.h"
#include "common/pg/migrations.h"
#include "common/pg/pool.h"
#include "common/rpc/call_log.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/shell.h"
#include "common/rpc/tls.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/vault.h"

namespace gratis::app {
namespace {

// The process that is the whole engine, and so the owner of the embedded PostgreSQL.
constexpr std::string_view kWhole = "gratisd";

constexpr int kHousePoolSize = 4;
constexpr int kFeedPoolSize = 5;  // one for each of the shell's stream workers, one for the poll
constexpr int kMetricsAbovePort = 1000;
constexpr absl::Duration kEndLimit = absl::Seconds(75);  // PostgreSQL may take a minute to stop
constexpr absl::Duration kFirstPause = absl::Milliseconds(250);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

// One module and what it stands on, in the order in which it must go.
struct Unit {
  std::unique_ptr<Module> module;
  std::unique_ptr<pg::Pool> pool;
  std::unique_ptr<ModulePeers> peers;
  std::unique_ptr<ledger::Poster> poster;
  std::unique_ptr<House> house;
};

std::vector<std::string> CertifiedNames(const Config& config) {
  std::vector<std::string> names = rpc::LocalHosts();
  names.insert(names.end(), config.tls_names.begin(), config.tls_names.end());
  if (!IsWildcard(config.listen) && !IsLoopback(config.listen)) names.push_back(config.listen);
  return names;
}

// Whether another process of the engine lives in this home.
bool OthersLiveIn(const Home& home) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(home.run(), error)) {
    if (entry.path().extension() != ".lock") continue;
    const auto lock = FileLock::Try(entry.path().string());
    if (lock.ok() && !lock->has_value()) return true;
  }
  return false;
}

}  // namespace

// In the order of construction: what is further down stands on what is above.
struct Process::Parts {
  base::SystemClock clock;
  base::RandomIds ids;
  std::vector<Unit> units;

  std::optional<Home> home;
  std::optional<FileLock> lock;
  std::optional<vault::Vault> vault;
  std::string conninfo;
  bool has_database = false;
  std::vector<Applied> applied;

  obs::Metrics metrics;
  std::optional<rpc::CallLog> call_log;
  std::optional<pg::Pool> pool;
  std::optional<house::ProgramClock> program_clock;
  std::optional<ledger::ProgramDirectory> programs;
  std::optional<pg::Pool> feed_pool;
  std::optional<ledger::Feed> feed;
  std::optional<house::Keyring> keys;
  std::optional<ledger::Survivors> survivors;
  std::optional<Doorkeeper> doorkeeper;
  std::optional<rpc::Shell> shell;
  std::optional<jobs::PgLeaseTable> leases;
  std::optional<jobs::Scheduler> jobs;
  rpc::Certificates tls;
  std::optional<Switchboard> switchboard;
  std::unique_ptr<rpc::Server> server;
  std::vector<std::unique_ptr<obs::Metrics::Gauge>> gauges;
  std::unique_ptr<obs::MetricsServer> metrics_server;
  std::optional<DatabaseWatch> watch;
  std::optional<pg::Listener> key_changes;
  std::optional<KeyNotes> key_notes;

  std::string run_file;
};

Process::Process(std::string program, Config config, std::vector<ModuleFactory> modules,
                 obs::Log& log, Signals& signals)
    : program_(std::move(program)),
      config_(std::move(config)),
      log_(log),
      signals_(signals),
      parts_(std::make_unique<Parts>()) {
  for (const ModuleFactory& make : modules) {
    Unit unit;
    unit.module = make();
    parts_->units.push_back(std::move(unit));
  }
}

Process::~Process() = default;

absl::Status Process::OpenHome() {
  Parts& p = *parts_;
  ASSIGN_OR_RETURN(p.home, Home::Open(config_.home));
  // A key that cannot be used is found before anything is begun.
  return MasterKeysOf(config_).Read().status();
}

absl::Status Process::OpenStore() {
  Parts& p = *parts_;
  const absl::Time give_up = p.clock.Now() + absl::Seconds(config_.database_wait_seconds);
  const auto open = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(p.conninfo, OpenDatabase(config_));
    p.has_database = true;
    std::vector<const Module*> all;
    for (const Unit& unit : p.units) all.push_back(unit.module.get());
    ASSIGN_OR_RETURN(p.applied, MigrateAll(p.conninfo, all, p.clock, &log_));
    ASSIGN_OR_RETURN(p.vault, OpenVault(p.conninfo, MasterKeysOf(config_), p.clock));
    return EnsureFirstKey(p.conninfo, *p.vault, *p.home, p.clock);
  };
  for (absl::Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    const absl::Status status = open();
    if (status.ok() || ReasonOf(status) != Reason::kDatabaseUnavailable) return status;
    const absl::Duration left = give_up - p.clock.Now();
    if (left <= absl::ZeroDuration()) return status;
    log_.Warning("waiting for PostgreSQL",
                 {{"failure", status}, {"seconds_left", absl::ToInt64Seconds(left)}});
    if (signals_.Wait(std::min(pause, left))) return absl::CancelledError("told to end");
  }
}

pg::PoolOptions Process::PoolOf(std::string_view who, std::string_view role, int size) const {
  pg::PoolOptions options;
  options.conninfo = parts_->conninfo;
  options.role = std::string(role);
  options.application_name = absl::StrCat(program_, "/", base::Abs(who));
  options.size = size;
  return options;
}

absl::Status Process::OpenDoor() {
  Parts& p = *parts_;
  p.pool.emplace(PoolOf("house", pg::kPosterRole, kHousePoolSize));
  p.program_clock.emplace(p.clock, *p.pool, config_.development_clock);
  p.programs.emplace(*p.pool);
  p.feed_pool.emplace(PoolOf("feed", pg::kPosterRole, kFeedPoolSize));
  p.feed.emplace(ledger::FeedOptions{}, *p.feed_pool);
  p.keys.emplace(*p.pool, p.vault->Derive("api-key"), p.clock);
  p.survivors.emplace(ledger::SurvivorsOptions{}, *p.feed_pool, p.clock);
  RETURN_IF_ERROR(p.survivors->Start());
  p.doorkeeper.emplace(*p.keys, *p.programs, *p.program_clock, *p.survivors);
  p.call_log.emplace(log_, p.metrics);
  rpc::ShellOptions shell_options;
  shell_options.service_secret = p.vault->Derive("service");
  shell_options.fingerprint_key = p.vault->Derive("fingerprint");
  shell_options.page_token_key = p.vault->Derive("page-token");
  shell_options.proof_key = p.vault->Derive("proof");
  shell_options.member_token_key = p.vault->Derive("member-token");
  shell_options.workers = config_.workers;
  p.shell.emplace(shell_options, *p.doorkeeper, *p.call_log, p.clock);
  p.leases.emplace(*p.pool);
  p.jobs.emplace(
      jobs::SchedulerOptions{
          .owner = absl::StrCat(program_, "-", getpid(), "-", base::Hex(base::RandomBytes(4)))},
      *p.leases, [&p](absl::Time deadline) { return jobs::AllPrograms(*p.programs, deadline); },
      [&p](int32_t program) { return p.program_clock->Now(program); }, p.clock, log_);

  ASSIGN_OR_RETURN(p.tls,
                   rpc::EnsureCertificates(p.home->tls(), CertifiedNames(config_), p.clock.Now()));
  if (!config_.tls_certificate.empty()) {
    p.tls.certificate_path = config_.tls_certificate;
    p.tls.private_key_path = config_.tls_key;
  }
  if (!config_.tls_ca.empty()) p.tls.ca_path = config_.tls_ca;
  Switchboard::Options peers;
  for (const Unit& unit : p.units) peers.here.emplace(unit.module->name());
  ASSIGN_OR_RETURN(peers.address, PeerAddresses(config_));
  ASSIGN_OR_RETURN(peers.credentials,
                   rpc::WatchPeerFiles({.ca_path = p.tls.ca_path,
                                        .certificate_path = config_.tls_client_certificate,
                                        .private_key_path = config_.tls_client_key}));
  peers.service_secret = p.vault->Derive("service");
  p.switchboard.emplace(std::move(peers));
  return absl::OkStatus();
}

// Modules may send letters, too, as soon as they are started.
absl::Status Process::AwaitErasures() {
  Parts& p = *parts_;
  for (const Unit& unit : p.units) {
    if (unit.module->redoes_erasures()) return absl::OkStatus();
  }
  return app::AwaitErasures(*p.pool, p.clock, log_, [this](absl::Duration pause) {
    return signals_.Wait(pause).has_value();
  });
}

absl::Status Process::StartModules() {
  Parts& p = *parts_;
  for (Unit& unit : p.units) {
    const std::string name(unit.module->name());
    const obs::Labels labels{{"service", name}};
    unit.pool = std::make_unique<pg::Pool>(PoolOf(name, pg::ServiceRole(name), config_.pool_size));
    unit.peers = std::make_unique<ModulePeers>(*p.switchboard, name);
    ledger::PosterOptions poster_options;
    poster_options.chain_key = p.vault->Derive("chain");
    // Reads need connections, too. And posters that outnumber the processors only make sets
    // smaller: what waits is posted together by the next that is free, at a fraction of the cost.
    const int processors = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
    poster_options.threads = std::clamp(config_.pool_size / 2, 1, processors);
    poster_options.observe =
        [took = p.metrics.DurationsOf("gratis_posting_seconds",
                                      "How long a set of postings took in the database.", labels),
         size = p.metrics.SizesOf("gratis_posting_set_size", "Postings in one transaction.",
                                  labels)](const ledger::RunReport& report) mutable {
          took.Observe(report.elapsed);
          size.Observe(int64_t{report.size});
        };
    // Keys are made and ended in the books of the house.
    poster_options.committed = [this, feed = &*p.feed, house = ledger::House().first_partition](
                                   const std::set<int32_t>& partitions) {
      feed->Posted(partitions);
      if (partitions.contains(house)) KeysChanged();
    };
    unit.poster = std::make_unique<ledger::Poster>(poster_options, *unit.pool, p.clock);
    unit.house = std::make_unique<House>(
        House{config_, p.clock, *p.program_clock, p.ids, *unit.pool, *unit.poster, *p.feed,
              *p.vault, *p.shell, *p.programs, *p.jobs, log_, p.metrics, *unit.peers});
    RETURN_IF_ERROR(unit.module->Start(*unit.house));

    const auto gauge = [&](std::string_view metric, std::string_view help,
                           std::function<int64_t()> read) {
      p.gauges.push_back(p.metrics.GaugeOf(metric, help, labels, std::move(read)));
    };
    gauge("gratis_pool_in_use", "Database connections at work.",
          [pool = unit.pool.get()] { return int64_t{pool->use().in_use}; });
    gauge("gratis_pool_waiting", "Transactions that wait for a database connection.",
          [pool = unit.pool.get()] { return int64_t{pool->use().waiting}; });
    gauge("gratis_posting_waiting", "Postings that wait for their turn.",
          [poster = unit.poster.get()] { return int64_t{poster->waiting()}; });
  }
  return absl::OkStatus();
}

void Process::KeysChanged() {
  parts_->keys->Forget();
  parts_->shell->KeysChanged();
}

absl::Status Process::StartServer() {
  Parts& p = *parts_;
  std::vector<grpc::Service*> services;
  for (const Unit& unit : p.units) {
    const std::vector<grpc::Service*> own = unit.module->services();
    services.insert(services.end(), own.begin(), own.end());
  }
  rpc::ServerOptions options;
  options.listen = WithPort(config_.listen, config_.port);
  options.certificate_path = p.tls.certificate_path;
  options.private_key_path = p.tls.private_key_path;
  options.client_ca_path = config_.tls_client_ca;
  ASSIGN_OR_RETURN(p.server, rpc::Server::Start(options, *p.shell, services));
  p.switchboard->Connect(*p.server);

  p.watch.emplace(config_, *p.pool, p.clock, log_);
  p.key_changes.emplace(
      pg::ListenerOptions{.conninfo = p.conninfo,
                          .role = std::string(pg::kPosterRole),
                          .application_name = absl::StrCat(program_, "/keys"),
                          .channel = house::kKeysChannel},
      pg::ListenerEvents{.heard = [this] { KeysChanged(); },
                         .deaf =
                             [this](const absl::Status& why) {
                               log_.Warning(
                                   "that keys end is found out within a second only, "
                                   "for want of PostgreSQL's notifications",
                                   {{"failure", why}});
                             }});
  p.key_notes.emplace(*p.keys, *p.pool, p.clock, log_);
  for (auto& gauge : rpc::LoadGauges(p.metrics, *p.shell)) p.gauges.push_back(std::move(gauge));
  p.gauges.push_back(p.metrics.GaugeOf("gratis_database_up", "Whether PostgreSQL answers.", {},
                                       [&p] { return p.watch->up() ? 1 : 0; }));
  p.gauges.push_back(p.metrics.GaugeOf("gratis_keys_heard",
                                       "Whether it hears at once that a key has ended.", {},
                                       [&p] { return p.key_changes->listening() ? 1 : 0; }));
  if (config_.metrics_port == 0) return absl::OkStatus();
  const int derived = p.server->port() + kMetricsAbovePort;
  const bool free_choice = config_.metrics_port < 0;
  auto metrics = obs::MetricsServer::Start(
      p.metrics, config_.metrics_listen,
      !free_choice ? config_.metrics_port
                   : (derived <= kMaxPort && config_.port != 0 ? derived : 0));
  if (!metrics.ok() && free_choice) {
    metrics = obs::MetricsServer::Start(p.metrics, config_.metrics_listen, 0);
  }
  ASSIGN_OR_RETURN(p.metrics_server, std::move(metrics));
  return absl::OkStatus();
}

absl::Status Process::Announce() {
  Parts& p = *parts_;
  RunFile file;
  file.address = Reachable(config_.listen, p.server->port());
  file.services = p.server->service_names();
  file.ca = p.tls.ca_path;
  file.metrics = p.metrics_server == nullptr ? "" : p.metrics_server->address();
  file.pid = getpid();
  file.development_clock = config_.development_clock;
  p.run_file = absl::StrCat(p.home->run(), "/", program_, ".json");
  RETURN_IF_ERROR(WriteFile(p.run_file, ToJson(file), 0600));
  log_.Info("serving", {{"address", file.address},
                        {"metrics", file.metrics},
                        {"home", config_.home},
                        {"pid", file.pid},
                        {"development_clock", file.development_clock}});
  return absl::OkStatus();
}

void Process::Drain() {
  Parts& p = *parts_;
  unlink(p.run_file.c_str());
  // A job that is under way may still call a peer, so both go on together.
  std::thread jobs([&p] { p.jobs->Stop(); });
  const absl::Duration grace = absl::Seconds(config_.drain_seconds);
  if (!p.server->Stop(grace)) log_.Warning("some calls were not answered in time");
  jobs.join();
}

void Process::Close() {
  Parts& p = *parts_;
  p.gauges.clear();
  p.watch.reset();
  p.key_changes.reset();
  p.key_notes.reset();
  p.server.reset();
  if (p.jobs) p.jobs->Stop();
  std::thread metrics([&p] { p.metrics_server.reset(); });
  for (auto unit = p.units.rbegin(); unit != p.units.rend(); ++unit) {
    // What it does by itself may still post.
    if (unit->house != nullptr) unit->module->Stop();
    unit->poster.reset();
  }
  for (Unit& unit : p.units) {
    unit.module.reset();
    unit.pool.reset();
  }
  StopPostgres();
  metrics.join();
}

void Process::StopPostgres() {
  Parts& p = *parts_;
  if (!p.has_database || !config_.embedded() || config_.keep_postgres || program_ != kWhole) return;
  p.lock.reset();
  if (OthersLiveIn(*p.home)) {
    log_.Info("the embedded PostgreSQL stays: other processes live in this home");
    return;
  }
  const absl::Status stopped = pg::EmbeddedPostgres::Stop(EmbeddedOptionsOf(config_));
  if (!stopped.ok()) log_.Warning("PostgreSQL was not stopped", {{"failure", stopped}});
}

absl::Status Process::Migrate() {
  RETURN_IF_ERROR(OpenHome());
  absl::Status status = OpenStore();
  if (status.ok()) {
    for (const Applied& a : parts_->applied) {
      std::printf("applied %s %04d %s\n", a.schema.c_str(), a.number, a.name.c_str());
    }
    if (parts_->applied.empty()) std::printf("the database is up to date\n");
  }
  StopPostgres();
  return status;
}

absl::Status Process::Serve() {
  Parts& p = *parts_;
  RETURN_IF_ERROR(OpenHome());
  const std::string lock_path = absl::StrCat(p.home->run(), "/", program_, ".lock");
  ASSIGN_OR_RETURN(p.lock, FileLock::Try(lock_path));
  if (!p.lock) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat(program_, " already runs in ", config_.home,
                              "; give this one another --home, or end that one first"));
  }
  log_.Info("starting", {{"program", program_}, {"home", config_.home}});
  absl::Status status = OpenStore();
  if (status.ok()) {
    for (const Applied& a : p.applied) {
      log_.Info("migration applied",
                {{"schema", a.schema}, {"number", a.number}, {"name", a.name}});
    }
    status = OpenDoor();
  }
  if (status.ok()) status = AwaitErasures();
  if (status.ok()) status = StartModules();
  if (status.ok()) status = StartServer();
  if (status.ok()) status = Announce();
  std::optional<LastResort> last_resort;
  if (status.ok()) {
    p.jobs->Start();
    signals_.Wait(absl::InfiniteDuration());
    signals_.LetGo();
    log_.Info("ending: no new calls, accepted ones are answered");
    last_resort.emplace(absl::Seconds(config_.drain_seconds) + kEndLimit, log_);
    Drain();
  }
  Close();
  if (absl::IsCancelled(status)) status = absl::OkStatus();
  if (status.ok()) log_.Info("ended");
  return status;
}

}  // namespace gratis::app
