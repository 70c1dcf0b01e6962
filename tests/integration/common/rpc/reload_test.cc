#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/integration/common/rpc/small_house.h"

// What a channel between services checks its peers by and shows them, when the files change.
namespace gratis::rpc::testing {
namespace {

constexpr absl::Duration kConnectingLimit = absl::Seconds(30);

struct Pem {
  std::string certificate;
  std::string key;
};

std::string Written(BIO* out) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(out);
  return text;
}

// A new key, and a certificate that vouches for itself.
Pem VouchingForItself(const std::string& name) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  EXPECT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  BIO* const certificate_out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_out, certificate);
  BIO* const key_out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(key_out, key, nullptr, nullptr, 0, nullptr, nullptr);
  Pem pem{Written(certificate_out), Written(key_out)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pem;
}

void Put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

using Shared = std::shared_ptr<grpc::ChannelCredentials>;

class Reload : public ::testing::Test {
 protected:
  Reload() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "gratis-reload-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~Reload() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void PutPair(const Pem& pair) const {
    Put(File("client.key"), pair.key);
    Put(File("client.pem"), pair.certificate);
  }
  static Shared Watched(const PeerFiles& files) {
    const auto credentials = WatchPeerFiles(files);
    EXPECT_TRUE(credentials.ok()) << credentials.status();
    return credentials.ok() ? *credentials : nullptr;
  }

  // Channels by one name share their connections, those by others do not.
  static ChannelOptions To(const SmallHouse& house, const std::string& host = "localhost") {
    return {.address = absl::StrCat(host, ":", house.server->port()),
            .ca_pem = house.certificates.ca_pem,
            .authorization = KeyAuthorization(kTill)};
  }
  static std::shared_ptr<grpc::Channel> Watching(const SmallHouse& house, const Shared& credentials,
                                                 const std::string& host = "localhost") {
    ChannelOptions options = To(house, host);
    options.credentials = credentials;
    return MakeChannel(options);
  }
  static std::shared_ptr<grpc::Channel> Showing(const SmallHouse& house, const Pem& pair) {
    ChannelOptions options = To(house);
    options.certificate_pem = pair.certificate;
    options.private_key_pem = pair.key;
    return MakeChannel(options);
  }

  // What a call gets that tries to connect once.
  static absl::Status Ask(const std::shared_ptr<grpc::Channel>& channel, bool patiently = false) {
    grpc::ClientContext context;
    context.set_wait_for_ready(patiently);
    context.set_deadline(absl::ToChronoTime(base::SystemClock().Now() + kConnectingLimit));
    v1::GetBalanceResponse response;
    return FromGrpc(v1::LedgerService::NewStub(channel)->GetBalance(
        &context, v1::GetBalanceRequest(), &response));
  }
  // The same of one that tries until it is let in.
  static absl::Status AskPatiently(const std::shared_ptr<grpc::Channel>& channel) {
    return Ask(channel, /*patiently=*/true);
  }

  std::string folder_;
};

TEST_F(Reload, ANewConnectionShowsThePairThatIsThereNow) {
  const Pem old = VouchingForItself("old"), renewed = VouchingForItself("renewed");
  Put(File("client_ca.pem"), old.certificate);
  PutPair(old);
  const SmallHouse house({}, 4 << 20, 4'000, File("client_ca.pem"));
  const Shared credentials = Watched({.ca_path = house.certificates.ca_path,
                                      .certificate_path = File("client.pem"),
                                      .private_key_path = File("client.key")});
  const auto connected = Watching(house, credentials);
  ASSERT_EQ(AskPatiently(connected), absl::OkStatus());

  PutPair(renewed);
  Put(File("client_ca.pem"), renewed.certificate);
  // The server lets the new one in from when on it lets the old one in no more.
  ASSERT_EQ(AskPatiently(Showing(house, renewed)), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Ask(Showing(house, old))), Reason::kPeerUnavailable);
  EXPECT_EQ(AskPatiently(Watching(house, credentials, "127.0.0.1")), absl::OkStatus());
  EXPECT_EQ(Ask(connected), absl::OkStatus()) << "what is connected stays so";
}

TEST_F(Reload, ANewConnectionIsCheckedByTheAuthorityThatIsThereNow) {
  const SmallHouse house;
  const auto others = EnsureCertificates(File("others"), LocalHosts(), house.clock.Now());
  ASSERT_TRUE(others.ok()) << others.status();
  Put(File("ca.pem"), house.certificates.ca_pem);
  const Shared credentials = Watched({.ca_path = File("ca.pem")});
  const auto connected = Watching(house, credentials);
  ASSERT_EQ(AskPatiently(connected), absl::OkStatus());

  Put(house.certificates.private_key_path, others->private_key_pem);
  Put(house.certificates.certificate_path, others->certificate_pem);
  Put(File("ca.pem"), others->ca_pem);
  ChannelOptions trusting = To(house);
  trusting.ca_pem = others->ca_pem;
  ASSERT_EQ(AskPatiently(MakeChannel(trusting)), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Ask(MakeChannel(To(house)))), Reason::kPeerUnavailable);
  EXPECT_EQ(AskPatiently(Watching(house, credentials, "127.0.0.1")), absl::OkStatus());
  EXPECT_EQ(Ask(connected), absl::OkStatus()) << "what is connected stays so";
}

TEST_F(Reload, AServerThatIsNotWhomTheChannelMeansIsNotTrusted) {
  const SmallHouse house;
  ChannelOptions options = To(house, "127.0.0.1");
  options.credentials = Watched({.ca_path = house.certificates.ca_path});
  options.server_name = "localhost";
  EXPECT_EQ(AskPatiently(MakeChannel(options)), absl::OkStatus());
  options.server_name = "elsewhere.example";
  EXPECT_EQ(ReasonOf(Ask(MakeChannel(options))), Reason::kPeerUnavailable);
}

TEST_F(Reload, FilesThatAreNoneAreFoundAtTheStart) {
  const Pem one = VouchingForItself("one"), other = VouchingForItself("other");
  PutPair(one);
  Put(File("ca.pem"), one.certificate);
  Put(File("other.key"), other.key);
  Put(File("none.pem"), "none\n");
  const auto found = [](const PeerFiles& files) {
    return ReasonOf(WatchPeerFiles(files).status());
  };
  EXPECT_EQ(found({.ca_path = File("missing.pem")}), Reason::kConfigInvalid);
  EXPECT_EQ(found({.ca_path = File("none.pem")}), Reason::kConfigInvalid);
  EXPECT_EQ(found({.ca_path = File("ca.pem"), .certificate_path = File("client.pem")}),
            Reason::kConfigInvalid);
  EXPECT_EQ(found({.ca_path = File("ca.pem"),
                   .certificate_path = File("client.pem"),
                   .private_key_path = File("other.key")}),
            Reason::kConfigInvalid);
  EXPECT_EQ(found({.ca_path = File("ca.pem"),
                   .certificate_path = File("client.pem"),
                   .private_key_path = File("client.key")}),
            std::nullopt);
}

}  // namespace
}  // namespace gratis::rpc::testing
