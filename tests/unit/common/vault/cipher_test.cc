#include "common/vault/cipher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/base/text.h"

namespace gratis::vault {
namespace {

std::string Unhex(const char* text) { return absl::HexStringToBytes(text); }

struct Vector {
  const char* key;
  const char* nonce;
  const char* plaintext;
  const char* aad;
  const char* sealed;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13, 14 and 16.
constexpr Vector kVectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000", "",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Cipher, MatchesThePublishedVectors) {
  for (const Vector& v : kVectors) {
    const std::string sealed =
        Encrypt(Unhex(v.key), Unhex(v.nonce), Unhex(v.plaintext), Unhex(v.aad));
    EXPECT_EQ(base::Hex(sealed), v.sealed);
    EXPECT_EQ(Decrypt(Unhex(v.key), Unhex(v.nonce), sealed, Unhex(v.aad)), Unhex(v.plaintext));
  }
}

TEST(Cipher, EveryFlippedBitIsNoticed) {
  const Vector& v = kVectors[2];
  const std::string sealed = Unhex(v.sealed);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(Decrypt(Unhex(v.key), Unhex(v.nonce), changed, Unhex(v.aad)), std::nullopt) << bit;
  }
}

TEST(Cipher, AnotherKeyNonceOrContextOpensNothing) {
  const Vector& v = kVectors[2];
  const auto decrypt = [&](std::string key, std::string nonce, std::string aad) {
    return Decrypt(key, nonce, Unhex(v.sealed), aad);
  };
  ASSERT_NE(decrypt(Unhex(v.key), Unhex(v.nonce), Unhex(v.aad)), std::nullopt);
  EXPECT_EQ(decrypt(std::string(32, 'k'), Unhex(v.nonce), Unhex(v.aad)), std::nullopt);
  EXPECT_EQ(decrypt(Unhex(v.key), std::string(12, 'n'), Unhex(v.aad)), std::nullopt);
  EXPECT_EQ(decrypt(Unhex(v.key), Unhex(v.nonce), "someone else"), std::nullopt);
  EXPECT_EQ(decrypt(Unhex(v.key), Unhex(v.nonce), ""), std::nullopt);
}

TEST(Cipher, WhatIsShorterThanATagOpensNothing) {
  EXPECT_EQ(Decrypt(std::string(32, 'k'), std::string(12, 'n'), std::string(15, 's'), ""),
            std::nullopt);
}

TEST(CipherDeath, AKeyOfAnotherLengthStopsTheProcess) {
  EXPECT_DEATH(Encrypt("short", std::string(12, 'n'), "", ""), "");
}

// RFC 5869, appendix A, test cases 1 and 3.
TEST(Hkdf, MatchesThePublishedVectors) {
  EXPECT_EQ(base::Hex(Hkdf(std::string(22, '\x0b'), Unhex("000102030405060708090a0b0c"),
                           Unhex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(base::Hex(Hkdf(std::string(22, '\x0b'), "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

}  // namespace
}  // namespace gratis::vault
