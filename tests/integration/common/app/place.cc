#include "tests/integration/common/app/place.h"

#include <grpcpp/client_context.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/pg/embedded.h"
#include "common/pg/pause.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "gratis/ledger/v1/clock.grpc.pb.h"
#include "gratis/ledger/v1/ledger.grpc.pb.h"

namespace gratis::app::testing {

namespace fs = std::filesystem;

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Place::Place() : home_("/tmp/gratis-place-" + base::Hex(base::RandomBytes(6))) {}

Place::~Place() {
  pg::EmbeddedOptions options;
  options.home = home_;
  if (fs::exists(home_ + "/postgres")) (void)pg::EmbeddedPostgres::Stop(options);
  std::error_code error;
  fs::remove_all(home_, error);
  fs::remove_all(home_ + ".logs", error);
}

std::unique_ptr<Child> Place::Start(const std::string& name, std::vector<std::string> flags) const {
  flags.insert(flags.begin(), {"--port=0", "--metrics-port=-1"});
  return Run(name, std::move(flags));
}

std::unique_ptr<Child> Place::Run(const std::string& name, std::vector<std::string> flags) const {
  fs::create_directories(home_ + ".logs");
  flags.insert(flags.begin(), name);
  return std::make_unique<Child>(
      GRATIS_APP_UNDER_TEST, std::move(flags),
      std::map<std::string, std::string>{{"GRATIS_HOME", home_}, {"PATH", "/usr/bin:/bin"}},
      absl::StrCat(home_, ".logs/", name, ".", ++started_));
}

std::string Place::RunFile(const std::string& name) const {
  return absl::StrCat(home_, "/run/", name, ".json");
}

bool Place::HasRunFile(const std::string& name) const { return fs::exists(RunFile(name)); }

std::string Place::Says(const std::string& name, const std::string& key) const {
  const std::string text = ReadText(RunFile(name));
  std::smatch match;
  return std::regex_search(text, match, std::regex("\"" + key + "\": \"?([^\",\n]*)"))
             ? match[1].str()
             : "";
}

bool Place::Serves(const std::string& name, const Child& child) const {
  return Eventually(kPatience, [&] { return Says(name, "pid") == absl::StrCat(child.pid()); });
}

std::string Place::AdminKey() const {
  return std::string(absl::StripAsciiWhitespace(ReadText(home_ + "/admin.key")));
}

std::shared_ptr<grpc::Channel> Place::Channel(const std::string& name) const {
  return rpc::MakeChannel({.address = Says(name, "address"),
                           .ca_pem = ReadText(Says(name, "ca")),
                           .authorization = rpc::KeyAuthorization(AdminKey()),
                           .server_name = ""});
}

absl::Status Place::Balance(const std::string& name, const std::string& member) const {
  return Balance(Channel(name), member);
}

absl::Status Place::Balance(const std::shared_ptr<grpc::Channel>& channel,
                            const std::string& member, absl::Duration limit) {
  grpc::ClientContext context;
  rpc::Begin("house", pg::RealNow() + limit, context);
  ledger::v1::GetBalanceRequest request;
  request.set_member_id(member);
  ledger::v1::GetBalanceResponse response;
  return rpc::FromGrpc(
      ledger::v1::LedgerService::NewStub(channel)->GetBalance(&context, request, &response));
}

absl::Status Place::Clock(const std::string& name) const {
  grpc::ClientContext context;
  rpc::Begin("house", pg::RealNow() + absl::Seconds(20), context);
  ledger::v1::GetClockResponse response;
  return rpc::FromGrpc(
      ledger::v1::ClockService::NewStub(Channel(name))->GetClock(&context, {}, &response));
}

std::string Place::Metrics(const std::string& name) const {
  const std::string address = Says(name, "metrics");
  const size_t colon = address.rfind(':');
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* to = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints,
                  &to) != 0) {
    return "";
  }
  const int fd = socket(to->ai_family, SOCK_STREAM, 0);
  std::string answer;
  constexpr std::string_view kRequest = "GET /metrics HTTP/1.0\r\n\r\n";
  if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
      write(fd, kRequest.data(), kRequest.size()) == static_cast<ssize_t>(kRequest.size())) {
    char bytes[4096];
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;) answer.append(bytes, n);
  }
  close(fd);
  freeaddrinfo(to);
  return answer;
}

}  // namespace gratis::app::testing
