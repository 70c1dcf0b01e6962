#include "services/members/qr_token.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace gratis::members {
namespace {

constexpr std::string_view kPrefix = "GQ";
constexpr size_t kIdBytes = 16;
constexpr size_t kPlainBytes = kIdBytes + 8;
constexpr size_t kLength = kPrefix.size() + 2 * (kPlainBytes + vault::TokenSealer::kOverheadBytes);
constexpr size_t kFingerprintBytes = 16;

std::string BoundTo(int32_t program) { return absl::StrCat("qr/", program); }

}  // namespace

std::string QrTokens::Make(const QrToken& token, int32_t program) const {
  std::string plain(token.member.uuid.AsBytes());
  const int64_t seconds = absl::ToUnixSeconds(token.expires_at);
  for (int shift = 56; shift >= 0; shift -= 8) plain.push_back(static_cast<char>(seconds >> shift));
  return absl::StrCat(base::Abs(kPrefix),
                      absl::AsciiStrToUpper(base::Hex(sealer_.Seal(plain, BoundTo(program)))));
}

std::optional<QrToken> QrTokens::Open(std::string_view text, int32_t program) const {
  if (text.size() != kLength || !absl::StartsWithIgnoreCase(base::Abs(text), base::Abs(kPrefix))) {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(kPrefix.size());
  const auto is_hex = [](unsigned char c) { return absl::ascii_isxdigit(c); };
  if (!std::all_of(digits.begin(), digits.end(), is_hex)) return std::nullopt;
  const std::optional<std::string> plain =
      sealer_.Open(absl::HexStringToBytes(base::Abs(digits)), BoundTo(program));
  if (!plain || plain->size() != kPlainBytes) return std::nullopt;
  QrToken token;
  std::copy_n(plain->begin(), kIdBytes, token.member.uuid.bytes.begin());
  uint64_t seconds = 0;
  for (size_t i = kIdBytes; i < kPlainBytes; ++i) {
    seconds = seconds << 8 | static_cast<uint8_t>((*plain)[i]);
  }
  token.expires_at = absl::FromUnixSeconds(static_cast<int64_t>(seconds));
  return token;
}

std::string QrTokens::Fingerprint(std::string_view text) {
  const base::Digest digest = base::Sha256(absl::AsciiStrToUpper(base::Abs(text)));
  return std::string(base::AsBytes(digest).substr(0, kFingerprintBytes));
}

}  // namespace gratis::members
