#include "common/rpc/tls.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/random.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

constexpr absl::Duration kCaLife = absl::Hours(24 * 3650);
constexpr absl::Duration kServerLife = absl::Hours(24 * 825);
constexpr absl::Duration kRenewBefore = absl::Hours(24 * 30);
// Clocks of other machines may be behind.
constexpr absl::Duration kClockSkew = absl::Hours(24);

template <class T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* object) const { kFree(object); }
};
void FreeBio(BIO* bio) { BIO_free(bio); }
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, FreeBio>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;

absl::Status Unusable(std::string_view what, const std::string& path) {
  return Error(Reason::kConfigInvalid,
               absl::StrCat(std::string(what), " ", path, ": ", std::strerror(errno)),
               {{"path", path}});
}

absl::Status OpensslError(std::string_view what) {
  char text[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return Error(Reason::kConfigInvalid, absl::StrCat("TLS: ", std::string(what), ": ", text));
}

// --- files -------------------------------------------------------------------------------------

// Nothing if there is no such file.
absl::StatusOr<std::optional<std::string>> ReadIfThere(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return Unusable("cannot look at", path);
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return Unusable("cannot read", path);
  return content.str();
}

// All of it or nothing, also when the machine goes down on the way.
absl::Status WriteWhole(const std::string& path, const std::string& content, mode_t mode) {
  const std::string draft = path + ".new";
  unlink(draft.c_str());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return Unusable("cannot write", draft);
  const bool written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fchmod(file, mode) == 0 && fsync(file) == 0;
  close(file);
  if (!written || rename(draft.c_str(), path.c_str()) != 0) return Unusable("cannot write", path);
  return absl::OkStatus();
}

// One process at a time in a folder, for as long as it lives.
class FolderLock {
 public:
  explicit FolderLock(const std::string& dir)
      : file_(open(absl::StrCat(dir, "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    held_ = file_ >= 0 && flock(file_, LOCK_EX) == 0;
  }
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  bool held() const { return held_; }

 private:
  int file_;
  bool held_;
};

// --- keys and certificates ---------------------------------------------------------------------

struct Identity {
  Key key;
  Certificate certificate;
};

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio.get());
}

Bio Reading(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// The certificate and key in the two files; nothing if either is missing.
absl::StatusOr<std::optional<Identity>> ReadIdentity(const std::string& certificate_path,
                                                     const std::string& key_path) {
  ASSIGN_OR_RETURN(const std::optional<std::string> certificate, ReadIfThere(certificate_path));
  ASSIGN_OR_RETURN(const std::optional<std::string> key, ReadIfThere(key_path));
  if (!certificate || !key) return std::nullopt;
  Identity identity{
      Key(PEM_read_bio_PrivateKey(Reading(*key).get(), nullptr, nullptr, nullptr)),
      Certificate(PEM_read_bio_X509(Reading(*certificate).get(), nullptr, nullptr, nullptr))};
  if (!identity.key || !identity.certificate ||
      X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1) {
    return OpensslError(absl::StrCat(certificate_path, " and ", key_path, " are not a pair"));
  }
  return identity;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool IsIpAddress(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

std::string AlternativeNames(const std::vector<std::string>& hosts) {
  return absl::StrJoin(hosts, ",", [](std::string* out, const std::string& host) {
    absl::StrAppend(out, IsIpAddress(host) ? "IP:" : "DNS:", host);
  });
}

struct Wanted {
  std::string common_name;
  absl::Duration life;
  std::vector<std::pair<int, std::string>> extensions;
};

// A new key and its certificate, by `issuer` or, without one, by itself.
absl::StatusOr<Identity> Make(const Wanted& wanted, const Identity* issuer, absl::Time now) {
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* const certificate = made.certificate.get();
  if (!made.key || certificate == nullptr) return OpensslError("cannot make a key");
  X509* const signer = issuer != nullptr ? issuer->certificate.get() : certificate;

  std::string serial = base::RandomBytes(16);
  serial[0] = static_cast<char>(serial[0] & 0x7F);  // positive
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                             static_cast<int>(serial.size()), nullptr);
  bool ok = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);

  X509_NAME* const name = X509_get_subject_name(certificate);
  ok =
      ok && X509_set_version(certificate, X509_VERSION_3) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(now - kClockSkew)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(now + wanted.life)) != nullptr &&
      X509_set_pubkey(certificate, made.key.get()) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()),
                                 -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1;
  for (const auto& [nid, value] : wanted.extensions) {
    ok = ok && AddExtension(certificate, signer, nid, value);
  }
  EVP_PKEY* const signing = issuer != nullptr ? issuer->key.get() : made.key.get();
  ok = ok && X509_sign(certificate, signing, EVP_sha256()) > 0;
  if (!ok) return OpensslError("cannot make a certificate");
  return made;
}

absl::StatusOr<Identity> MakeAuthority(absl::Time now) {
  return Make({"Gratis local authority",
               kCaLife,
               {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                {NID_subject_key_identifier, "hash"}}},
              nullptr, now);
}

absl::StatusOr<Identity> MakeServer(const Identity& authority,
                                    const std::vector<std::string>& hosts, absl::Time now) {
  return Make({"Gratis",
               kServerLife,
               {{NID_basic_constraints, "critical,CA:FALSE"},
                {NID_key_usage, "critical,digitalSignature"},
                {NID_ext_key_usage, "serverAuth"},
                {NID_subject_key_identifier, "hash"},
                {NID_authority_key_identifier, "keyid"},
                {NID_subject_alt_name, AlternativeNames(hosts)}}},
              &authority, now);
}

// Whether the certificate is by `authority`, lasts long enough and names every host.
bool Serves(const Identity& server, const Identity& authority,
            const std::vector<std::string>& hosts, absl::Time now) {
  X509* const certificate = server.certificate.get();
  time_t soon = absl::ToTimeT(now + kRenewBefore);
  if (X509_cmp_time(X509_get0_notAfter(certificate), &soon) <= 0) return false;
  if (X509_verify(certificate, authority.key.get()) != 1) {
    ERR_clear_error();
    return false;
  }
  for (const std::string& host : hosts) {
    const bool named = IsIpAddress(host)
                           ? X509_check_ip_asc(certificate, host.c_str(), 0) == 1
                           : X509_check_host(certificate, host.c_str(), 0, 0, nullptr) == 1;
    if (!named) return false;
  }
  return true;
}

absl::Status WriteIdentity(const std::string& stem, const Identity& identity, mode_t pem_mode) {
  RETURN_IF_ERROR(WriteWhole(stem + ".key", PemOf(identity.key.get()), 0600));
  return WriteWhole(stem + ".pem", PemOf(identity.certificate.get()), pem_mode);
}

}  // namespace

absl::StatusOr<Certificates> EnsureCertificates(const std::string& dir,
                                                const std::vector<std::string>& hosts,
                                                absl::Time now) {
  if (mkdir(dir.c_str(), 0755) != 0 && errno != EEXIST) return Unusable("cannot make", dir);
  const FolderLock lock(dir);
  if (!lock.held()) return Unusable("cannot lock", dir);

  const std::string ca_stem = dir + "/ca";
  ASSIGN_OR_RETURN(std::optional<Identity> authority,
                   ReadIdentity(ca_stem + ".pem", ca_stem + ".key"));
  if (!authority) {
    ASSIGN_OR_RETURN(authority, MakeAuthority(now));
    RETURN_IF_ERROR(WriteIdentity(ca_stem, *authority, 0644));
  }
  const std::string server_stem = dir + "/server";
  ASSIGN_OR_RETURN(std::optional<Identity> server,
                   ReadIdentity(server_stem + ".pem", server_stem + ".key"));
  if (!server || !Serves(*server, *authority, hosts, now)) {
    ASSIGN_OR_RETURN(server, MakeServer(*authority, hosts, now));
    RETURN_IF_ERROR(WriteIdentity(server_stem, *server, 0600));
  }
  return Certificates{.ca_path = ca_stem + ".pem",
                      .ca_pem = PemOf(authority->certificate.get()),
                      .certificate_path = server_stem + ".pem",
                      .certificate_pem = PemOf(server->certificate.get()),
                      .private_key_path = server_stem + ".key",
                      .private_key_pem = PemOf(server->key.get())};
}

absl::Status CheckPair(const std::string& certificate_path, const std::string& private_key_path) {
  ASSIGN_OR_RETURN(const std::optional<Identity> identity,
                   ReadIdentity(certificate_path, private_key_path));
  if (identity) return absl::OkStatus();
  return Error(Reason::kConfigInvalid, absl::StrCat("there is no certificate ", certificate_path,
                                                    " with its key ", private_key_path));
}

absl::Status CheckAuthorities(const std::string& path) {
  ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadIfThere(path));
  if (!text) return Error(Reason::kConfigInvalid, absl::StrCat("there is no file ", path));
  const Certificate first(PEM_read_bio_X509(Reading(*text).get(), nullptr, nullptr, nullptr));
  return first ? absl::OkStatus() : OpensslError(absl::StrCat("no certificate in ", path));
}

std::vector<std::string> LocalHosts() {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  char name[HOST_NAME_MAX + 1] = "";
  if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' && hosts[0] != name) {
    hosts.emplace_back(name);
  }
  return hosts;
}

}  // namespace gratis::rpc
