#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/rpc/error.h"
#include "common/rpc/tls.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

namespace gratis::rpc::testing {
namespace {

namespace fs = std::filesystem;

class CertificatesTest : public ::testing::Test {
 protected:
  CertificatesTest() {
    std::string pattern = (fs::temp_directory_path() / "gratis-tls-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~CertificatesTest() override { fs::remove_all(folder_); }

  Certificates Ensure(const std::vector<std::string>& hosts, absl::Duration later = {}) {
    const auto made = EnsureCertificates(folder_ + "/tls", hosts, clock_.Now() + later);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : Certificates();
  }

  mode_t ModeOf(const std::string& file) const {
    struct stat found = {};
    EXPECT_EQ(stat((folder_ + "/tls/" + file).c_str(), &found), 0) << file;
    return found.st_mode & 0777;
  }

  const base::SystemClock clock_;
  std::string folder_;
};

TEST_F(CertificatesTest, AreMadeOnceAndKept) {
  const Certificates first = Ensure(LocalHosts());
  const Certificates again = Ensure(LocalHosts());
  EXPECT_EQ(first.ca_pem, again.ca_pem);
  EXPECT_EQ(first.certificate_pem, again.certificate_pem);
  EXPECT_EQ(first.private_key_pem, again.private_key_pem);
  EXPECT_EQ(first.ca_path, folder_ + "/tls/ca.pem");
}

TEST_F(CertificatesTest, KeysAreForTheirOwnerOnly) {
  Ensure(LocalHosts());
  EXPECT_EQ(ModeOf("ca.key"), 0600);
  EXPECT_EQ(ModeOf("server.key"), 0600);
  EXPECT_EQ(ModeOf("server.pem"), 0600);
  EXPECT_EQ(ModeOf("ca.pem"), 0644);
}

TEST_F(CertificatesTest, ANewHostGetsANewCertificateOfTheSameAuthority) {
  const Certificates first = Ensure(LocalHosts());
  std::vector<std::string> hosts = LocalHosts();
  hosts.emplace_back("points.example.com");
  hosts.emplace_back("192.0.2.7");
  const Certificates second = Ensure(hosts);
  EXPECT_EQ(first.ca_pem, second.ca_pem);
  EXPECT_NE(first.certificate_pem, second.certificate_pem);
  EXPECT_EQ(Ensure(hosts).certificate_pem, second.certificate_pem);
}

TEST_F(CertificatesTest, ACertificateThatSoonEndsIsMadeAnew) {
  const Certificates first = Ensure(LocalHosts());
  EXPECT_EQ(Ensure(LocalHosts(), absl::Hours(24 * 700)).certificate_pem, first.certificate_pem);
  EXPECT_NE(Ensure(LocalHosts(), absl::Hours(24 * 800)).certificate_pem, first.certificate_pem);
}

TEST_F(CertificatesTest, AnotherAuthoritysCertificateIsReplaced) {
  const Certificates first = Ensure(LocalHosts());
  fs::remove(folder_ + "/tls/ca.pem");
  fs::remove(folder_ + "/tls/ca.key");
  const Certificates second = Ensure(LocalHosts());
  EXPECT_NE(first.ca_pem, second.ca_pem);
  EXPECT_NE(first.certificate_pem, second.certificate_pem);
}

TEST_F(CertificatesTest, DamageIsAnErrorThatNamesTheFile) {
  Ensure(LocalHosts());
  std::ofstream(folder_ + "/tls/server.key") << "no key\n";
  const auto damaged = EnsureCertificates(folder_ + "/tls", LocalHosts(), clock_.Now());
  EXPECT_EQ(ReasonOf(damaged.status()), Reason::kConfigInvalid);
  EXPECT_NE(damaged.status().message().find("server"), absl::string_view::npos);
}

TEST_F(CertificatesTest, ProcessesThatStartAtOnceAgree) {
  std::vector<Certificates> made(6);
  std::vector<std::thread> starting;
  for (Certificates& one : made) {
    starting.emplace_back([this, &one] { one = Ensure(LocalHosts()); });
  }
  for (std::thread& thread : starting) thread.join();
  for (const Certificates& one : made) {
    EXPECT_EQ(one.certificate_pem, made[0].certificate_pem);
  }
}

TEST(Tls, AServerOfAnotherAuthorityIsNotTrusted) {
  SmallHouse house, other;
  const auto channel = MakeChannel({.address = absl::StrCat("localhost:", house.server->port()),
                                    .ca_pem = other.certificates.ca_pem,
                                    .authorization = KeyAuthorization(kTill),
                                    .server_name = ""});
  grpc::ClientContext context;
  v1::GetBalanceResponse response;
  const grpc::Status status =
      v1::LedgerService::NewStub(channel)->GetBalance(&context, v1::GetBalanceRequest(), &response);
  EXPECT_EQ(ReasonOf(FromGrpc(status)), Reason::kPeerUnavailable);
}

TEST(Tls, TheServerIsFoundByNameAndByAddress) {
  SmallHouse house;
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto channel = MakeChannel({.address = absl::StrCat(host, ":", house.server->port()),
                                      .ca_pem = house.certificates.ca_pem,
                                      .authorization = KeyAuthorization(kTill),
                                      .server_name = ""});
    grpc::ClientContext context;
    v1::GetBalanceResponse response;
    const grpc::Status status = v1::LedgerService::NewStub(channel)->GetBalance(
        &context, v1::GetBalanceRequest(), &response);
    EXPECT_TRUE(status.ok()) << host << ": " << status.error_message();
  }
}

}  // namespace
}  // namespace gratis::rpc::testing
