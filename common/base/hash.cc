#include "common/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

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
  Digest digest;
  SHA256(Bytes(bytes), bytes.size(), digest.data());
  return digest;
}

Digest HmacSha256(std::string_view key, std::string_view bytes) {
  Digest digest;
  unsigned int length = 0;
  Require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(bytes), bytes.size(),
               digest.data(), &length) != nullptr);
  return digest;
}

struct Hmac::Context {
  EVP_MAC* algorithm;
  EVP_MAC_CTX* state;
};

Hmac::Hmac(std::string_view key) {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  Require(algorithm != nullptr);
  EVP_MAC_CTX* state = EVP_MAC_CTX_new(algorithm);
  Require(state != nullptr);
  char digest_name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest_name, 0),
                               OSSL_PARAM_construct_end()};
  Require(EVP_MAC_init(state, Bytes(key), key.size(), params) == 1);
  context_ = std::make_unique<Context>(Context{algorithm, state});
}

Hmac::~Hmac() {
  EVP_MAC_CTX_free(context_->state);
  EVP_MAC_free(context_->algorithm);
}

void Hmac::Update(std::string_view bytes) {
  Require(EVP_MAC_update(context_->state, Bytes(bytes), bytes.size()) == 1);
}

Digest Hmac::Finish() {
  Digest digest;
  size_t length = 0;
  Require(EVP_MAC_final(context_->state, digest.data(), &length, digest.size()) == 1);
  Require(EVP_MAC_init(context_->state, nullptr, 0, nullptr) == 1);
  return digest;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace gratis::base
