#include "common/vault/cipher.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "common/base/hash.h"

namespace gratis::vault {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// OpenSSL refuses these calls only when memory is gone or an argument above is wrong.
void Require(bool ok) {
  if (!ok) std::abort();
}

const unsigned char* In(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

int Length(std::string_view bytes) { return static_cast<int>(bytes.size()); }

// EVP_aes_256_gcm() alone would be looked up anew for each message.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Require(cipher != nullptr);
  return cipher;
}

Context NewContext() {
  Context context(EVP_CIPHER_CTX_new());
  Require(context != nullptr);
  return context;
}

}  // namespace

std::string Encrypt(std::string_view key, std::string_view nonce, std::string_view plaintext,
                    std::string_view aad) {
  Require(key.size() == kKeyBytes && nonce.size() == kNonceBytes);
  const Context context = NewContext();
  Require(EVP_EncryptInit_ex2(context.get(), Aes256Gcm(), In(key), In(nonce), nullptr) == 1);
  int written = 0;
  Require(EVP_EncryptUpdate(context.get(), nullptr, &written, In(aad), Length(aad)) == 1);

  std::string sealed(plaintext.size() + kTagBytes, '\0');
  Require(EVP_EncryptUpdate(context.get(), Out(sealed), &written, In(plaintext),
                            Length(plaintext)) == 1);
  int rest = 0;
  Require(EVP_EncryptFinal_ex(context.get(), Out(sealed) + written, &rest) == 1);
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                              Out(sealed) + plaintext.size()) == 1);
  return sealed;
}

std::optional<std::string> Decrypt(std::string_view key, std::string_view nonce,
                                   std::string_view sealed, std::string_view aad) {
  Require(key.size() == kKeyBytes && nonce.size() == kNonceBytes);
  if (sealed.size() < kTagBytes) return std::nullopt;
  const std::string_view body = sealed.substr(0, sealed.size() - kTagBytes);
  std::string tag(sealed.substr(body.size()));

  const Context context = NewContext();
  Require(EVP_DecryptInit_ex2(context.get(), Aes256Gcm(), In(key), In(nonce), nullptr) == 1);
  int written = 0;
  Require(EVP_DecryptUpdate(context.get(), nullptr, &written, In(aad), Length(aad)) == 1);
  std::string plaintext(body.size(), '\0');
  Require(EVP_DecryptUpdate(context.get(), Out(plaintext), &written, In(body), Length(body)) == 1);
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  int rest = 0;
  if (EVP_DecryptFinal_ex(context.get(), Out(plaintext) + written, &rest) != 1) return std::nullopt;
  return plaintext;
}

std::string Hkdf(std::string_view secret, std::string_view salt, std::string_view info,
                 size_t length) {
  Require(length <= 255 * kKeyBytes);
  const base::Digest extracted = base::HmacSha256(salt, secret);
  std::string expanded;
  std::string block;
  for (uint8_t counter = 1; expanded.size() < length; ++counter) {
    block.append(info);
    block.push_back(static_cast<char>(counter));
    const base::Digest digest = base::HmacSha256(base::AsBytes(extracted), block);
    block = base::AsBytes(digest);
    expanded += block;
  }
  expanded.resize(length);
  return expanded;
}

}  // namespace gratis::vault
