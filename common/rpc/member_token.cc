#include "common/rpc/member_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::rpc {
namespace {

constexpr std::string_view kPurpose = "member-token";
constexpr size_t kUuidBytes = 16;
constexpr size_t kTokenBytes = kUuidBytes + 4 + kUuidBytes + 8;

void PutNumber(std::string& out, uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
}

uint64_t TakeNumber(std::string_view& in, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(bytes);
  return number;
}

Uuid TakeUuid(std::string_view& in) {
  Uuid uuid;
  std::copy_n(in.begin(), kUuidBytes, reinterpret_cast<char*>(uuid.bytes.data()));
  in.remove_prefix(kUuidBytes);
  return uuid;
}

}  // namespace

std::string MemberTokens::Make(const MemberToken& token) const {
  std::string plain(token.member.uuid.AsBytes());
  PutNumber(plain, static_cast<uint32_t>(token.program), 4);
  plain += token.issuer.uuid.AsBytes();
  PutNumber(plain, static_cast<uint64_t>(absl::ToUnixSeconds(token.expires_at)), 8);
  return absl::StrCat(base::Abs(kPrefix), absl::WebSafeBase64Escape(sealer_.Seal(plain, kPurpose)));
}

std::optional<MemberToken> MemberTokens::Open(std::string_view text) const {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  std::string sealed;
  if (!absl::WebSafeBase64Unescape(base::Abs(text.substr(kPrefix.size())), &sealed)) {
    return std::nullopt;
  }
  const std::optional<std::string> plain = sealer_.Open(sealed, kPurpose);
  if (!plain || plain->size() != kTokenBytes) return std::nullopt;
  std::string_view rest = *plain;
  MemberToken token;
  token.member.uuid = TakeUuid(rest);
  token.program = static_cast<int32_t>(TakeNumber(rest, 4));
  token.issuer.uuid = TakeUuid(rest);
  token.expires_at = absl::FromUnixSeconds(static_cast<int64_t>(TakeNumber(rest, 8)));
  return token;
}

}  // namespace gratis::rpc
