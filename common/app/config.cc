#include "common/app/config.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/config/environment.h"
#include "common/config/settings.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::app {
namespace {

constexpr int kFirstPort = 8470;

struct Program {
  std::string_view name;
  std::string_view module;  // empty: all of them
  int port;
  std::string_view about;
};

// Several may live in one home; so each has a port of its own.
constexpr Program kPrograms[] = {
    {"gratisd", "", kFirstPort, "The loyalty engine, all of it in one process."},
    {"gratis-ledger", "ledger", kFirstPort, "The ledger's service of the loyalty engine."},
    {"gratis-members", "members", kFirstPort + 1, "The members' service of the loyalty engine."},
    {"gratis-birthdays", "birthdays", kFirstPort + 2,
     "The birthdays' service of the loyalty engine."},
    {"gratis-thanks", "thanks", kFirstPort + 3, "The thanks' service of the loyalty engine."},
    {"gratis-messages", "messages", kFirstPort + 4, "The messages' service of the loyalty engine."},
};

const Program* FindProgram(std::string_view name) {
  for (const Program& program : kPrograms) {
    if (program.name == name) return &program;
  }
  return nullptr;
}

}  // namespace

Config DefaultConfig(std::string_view program, const config::Environment& environment) {
  Config config;
  config.home = config::DefaultHome(environment);
  if (const Program* known = FindProgram(program)) config.port = known->port;
  return config;
}

config::Settings DeclareSettings(std::string_view program, Config& config) {
  const Program* known = FindProgram(program);
  std::vector<std::string> names;
  for (const Program& p : kPrograms) names.emplace_back(p.name);
  config::Settings settings(std::string(program), std::string(known ? known->about : ""), names);

  settings.Path("home", config.home, "Where the instance keeps its data and keys");
  settings.Text("listen", config.listen,
                "The address to listen on; 0.0.0.0 or [::] for all of the machine's");
  settings.Number("port", config.port, 0, kMaxPort, "The TCP port to listen on; 0: any free one");
  settings.List("peer", config.peers,
                "Where another service is, as members=host:port; else on this machine at its "
                "default port");
  settings.Number("workers", config.workers, 1, 1024, "Threads that answer calls");
  settings.Number("drain-seconds", config.drain_seconds, 0, 3600,
                  "How long accepted calls may take to be answered when the process ends");

  settings.Secret(
      "database-url", config.database_url,
      "A PostgreSQL that is there already, as postgresql://user:password@host/database; "
      "else one is run in the home");
  settings.Number("database-wait-seconds", config.database_wait_seconds, 0, 3600,
                  "How long to wait at the start for a PostgreSQL that is down");
  settings.Number("pool-size", config.pool_size, 2, 1000,
                  "Connections to PostgreSQL, at most, of each service");
  settings.Path("master-key-file", config.master_key_file,
                "The file of the master key's first version; others are beside it as FILE.2, "
                "FILE.3, ...; else master.key in the home");
  settings.Secret("master-keys", config.master_keys,
                  "The versions of the master key themselves, in place of files, as VERSION:64 "
                  "hexadecimal digits with commas between; for the environment, not for a flag");
  settings.Path("postgres-bin", config.postgres_bin,
                "The folder of initdb and pg_ctl; else the newest one that is installed");
  settings.Text("postgres-user", config.postgres_user,
                "Whom the embedded PostgreSQL runs as when started by root");
  settings.Switch("keep-postgres", config.keep_postgres,
                  "Leave the embedded PostgreSQL running at the end");

  settings.List("tls-name", config.tls_names,
                "A further name or address that the server's certificate is made for");
  settings.Path("tls-certificate", config.tls_certificate,
                "The server's certificate (PEM); else one is made in the home");
  settings.Path("tls-key", config.tls_key, "The certificate's private key (PEM)");
  settings.Path("tls-ca", config.tls_ca,
                "The certificates that peers' are checked against (PEM); else the home's own");

  settings.Path("tls-client-ca", config.tls_client_ca,
                "Let only clients connect whose certificate is by one of these (PEM); else clients "
                "show none");
  settings.Path("tls-client-certificate", config.tls_client_certificate,
                "The certificate to show other services that ask for one (PEM)");
  settings.Path("tls-client-key", config.tls_client_key, "Its private key (PEM)");

  settings.Text("smtp-url", config.smtp_url,
                "The mail server that takes what is sent, as smtp://host:587 or smtps://host:465; "
                "without one, letters wait for a day and are given up");
  settings.Text("smtp-user", config.smtp_user, "Whom the mail server knows the engine as");
  settings.Secret("smtp-password", config.smtp_password,
                  "The user's password; for the environment, not for a flag");
  settings.Path("smtp-password-file", config.smtp_password_file,
                "The file whose first line is the user's password");
  settings.Text("smtp-sender", config.smtp_sender,
                "The address that bounces go to; else each letter's own sender");
  settings.Choice("smtp-tls", config.smtp_tls, {"required", "none"},
                  "Whether the mail server must speak TLS (STARTTLS); none is for a server on this "
                  "machine");
  settings.Path("smtp-ca", config.smtp_ca,
                "The certificates that the mail server's is checked against (PEM); else the "
                "system's");
  settings.List("webhook-allow", config.webhook_allow,
                "A private network that webhooks may go to, also without TLS, as 127.0.0.0/8 or "
                "fd00::/8; else none is");
  settings.Path("webhook-ca", config.webhook_ca,
                "The certificates that receivers' are checked against (PEM); else the system's");

  settings.Text("metrics-listen", config.metrics_listen, "The address to serve metrics on");
  settings.Number("metrics-port", config.metrics_port, -1, kMaxPort,
                  "The HTTP port to serve metrics on; 0: none; -1: a thousand above the port, or "
                  "any free one when that is taken");
  settings.Choice("log-format", config.log_format, {"human", "json"}, "How log lines are written");
  settings.Choice("log-level", config.log_level, {"debug", "info", "warning", "error"},
                  "The least important lines that are written");
  settings.Switch("development-clock", config.development_clock,
                  "Let callers set a program's clock, to try things out");

  settings.Command("migrate", "Bring the database up to date, say what was applied, and end");
  settings.Command("config check", "Print the settings in effect, and where each came from");
  return settings;
}

vault::MasterKeySource MasterKeysOf(const Config& config) {
  const std::string& file = config.master_key_file;
  return {file.empty() ? config.home + "/master.key" : file, config.master_keys};
}

absl::Status CheckConfig(const Config& config) {
  const auto wrong = [](std::string_view key, std::string sentence) {
    return Error(Reason::kConfigInvalid, sentence, {{"key", std::string(key)}});
  };
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return wrong("tls-certificate", "tls-certificate and tls-key go together");
  }
  if (config.tls_client_certificate.empty() != config.tls_client_key.empty()) {
    return wrong("tls-client-certificate", "tls-client-certificate and tls-client-key go together");
  }
  if (config.listen.empty()) return wrong("listen", "listen is an address, such as 127.0.0.1");
  if (config.metrics_listen.empty()) {
    return wrong("metrics-listen", "metrics-listen is an address, such as 127.0.0.1");
  }
  if (!config.smtp_password.empty() && !config.smtp_password_file.empty()) {
    return wrong("smtp-password-file", "smtp-password and smtp-password-file exclude each other");
  }
  return PeerAddresses(config).status();
}

absl::StatusOr<std::map<std::string, std::string>> PeerAddresses(const Config& config) {
  std::map<std::string, std::string> addresses;
  for (const Program& program : kPrograms) {
    if (program.module.empty()) continue;
    addresses[std::string(program.module)] = absl::StrCat("localhost:", program.port);
  }
  for (const std::string& peer : config.peers) {
    const size_t equals = peer.find('=');
    const size_t colon = peer.rfind(':');
    int port = 0;
    const bool shaped = equals != std::string::npos && colon != std::string::npos &&
                        colon > equals + 1 && absl::SimpleAtoi(peer.substr(colon + 1), &port) &&
                        port > 0 && port <= kMaxPort;
    const auto known = shaped ? addresses.find(peer.substr(0, equals)) : addresses.end();
    if (known == addresses.end()) {
      return Error(Reason::kConfigInvalid,
                   absl::StrCat("peer: \"", peer,
                                "\" is not a service and where it is, such as members=host:8471; "
                                "services are ledger, members, birthdays, thanks and messages"),
                   {{"key", "peer"}});
    }
    known->second = peer.substr(equals + 1);
  }
  return addresses;
}

}  // namespace gratis::app
