#include "common/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

namespace gratis::base {
namespace {

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

// OpenSSL's digests fail only when memory is gone.
void Require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

Digest Sha256(std::string_view bytes) {
  // Looking the algorithm up and making room for its state cost several times what hashing an id
  // does.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Freed {
    void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Freed> state(EVP_MD_CTX_new());
  Require(algorithm != nullptr && state != nullptr);
  Digest digest;
  Require(EVP_DigestInit_ex2(state.get(), algorithm, nullptr) == 1 &&
          EVP_DigestUpdate(state.get(), bytes.data(), bytes.size()) == 1 &&
          EVP_DigestFinal_ex(state.get(), digest.data(), nullptr) == 1);
  return digest;
}

Digest HmacSha256(std::string_view key, std::string_view bytes) {
  Hmac hmac(key);
  hmac.Update(bytes);
  return hmac.Finish();
}

void Hmac::Freed::operator()(evp_mac_ctx_st* state) const { EVP_MAC_CTX_free(state); }

Hmac::Hmac(std::string_view key) {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  Require(algorithm != nullptr);
  state_.reset(EVP_MAC_CTX_new(algorithm));
  char digest_name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest_name, 0),
                               OSSL_PARAM_construct_end()};
  Require(state_ != nullptr && EVP_MAC_init(state_.get(), Bytes(key), key.size(), params) == 1);
}

Hmac::Hmac(const Hmac& other) : state_(EVP_MAC_CTX_dup(other.state_.get())) {
  Require(state_ != nullptr);
}

void Hmac::Update(std::string_view bytes) {
  Require(EVP_MAC_update(state_.get(), Bytes(bytes), bytes.size()) == 1);
}

Digest Hmac::Finish() {
  Digest digest;
  size_t length = 0;
  Require(EVP_MAC_final(state_.get(), digest.data(), &length, digest.size()) == 1);
  Require(EVP_MAC_init(state_.get(), nullptr, 0, nullptr) == 1);
  return digest;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace gratis::base
