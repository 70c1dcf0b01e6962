#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/vault/sealed_token.h"

namespace gratis::members {

// What a member's app shows for some seconds.
struct QrToken {
  MemberId member;
  absl::Time expires_at;  // the program's time, in whole seconds

  friend bool operator==(const QrToken&, const QrToken&) = default;
};

inline constexpr absl::Duration kShortestQrLife = absl::Seconds(30);
inline constexpr absl::Duration kUsualQrLife = absl::Seconds(45);
inline constexpr absl::Duration kLongestQrLife = absl::Seconds(60);

// QR tokens as text: "GQ" and hexadecimal digits in upper case, 106 characters, all of which are in
// QR's alphanumeric mode; version 5 holds 122 of them at level M (ISO/IEC 18004:2015, table 7).
// Sealed, so that who photographs one learns nothing but the one use it is good for. Thread-safe.
class QrTokens {
 public:
  // `key`: 32 bytes, the vault's "qr-token".
  explicit QrTokens(std::string key) : sealer_(std::move(key)) {}

  std::string Make(const QrToken& token, int32_t program) const;

  // A token as a scanner read it, in either case. Nothing for any other text. It may be over.
  std::optional<QrToken> Open(std::string_view text, int32_t program) const;

  // What a token is known by as long as it lives: 16 bytes of a hash of all its readings.
  static std::string Fingerprint(std::string_view text);

 private:
  const vault::TokenSealer sealer_;
};

}  // namespace gratis::members
