#include "common/rpc/proof.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::rpc {
namespace {

constexpr std::string_view kPrefix = "gp_";
constexpr size_t kIdBytes = 16;
constexpr size_t kProofBytes = 1 + kIdBytes + 8 + 8;
constexpr size_t kMaxLength = 128;

void PutInt64(std::string& out, int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

int64_t GetInt64(std::string_view in) {
  uint64_t value = 0;
  for (const char c : in.substr(0, 8)) value = value << 8 | static_cast<uint8_t>(c);
  return static_cast<int64_t>(value);
}

std::string BoundTo(int32_t program, std::string_view actor) {
  return absl::StrCat(program, "/", base::Abs(actor));
}

}  // namespace

std::string Proofs::Make(const Proof& proof, int32_t program, std::string_view actor) const {
  std::string plain(1, static_cast<char>(proof.strength));
  plain.append(proof.member.uuid.AsBytes());
  PutInt64(plain, proof.weak_limit_points);
  PutInt64(plain, absl::ToUnixMicros(proof.expires_at));
  return absl::StrCat(base::Abs(kPrefix),
                      absl::WebSafeBase64Escape(sealer_.Seal(plain, BoundTo(program, actor))));
}

std::optional<Proof> Proofs::Open(std::string_view text, int32_t program,
                                  std::string_view actor) const {
  std::string bytes;
  if (text.size() > kMaxLength || text.substr(0, kPrefix.size()) != kPrefix ||
      !absl::WebSafeBase64Unescape(base::Abs(text.substr(kPrefix.size())), &bytes)) {
    return std::nullopt;
  }
  const std::optional<std::string> plain = sealer_.Open(bytes, BoundTo(program, actor));
  if (!plain || plain->size() != kProofBytes) return std::nullopt;
  const std::string_view view = *plain;
  Proof proof{.member = {},
              .strength = static_cast<ProofStrength>(view[0]),
              .weak_limit_points = GetInt64(view.substr(1 + kIdBytes)),
              .expires_at = absl::FromUnixMicros(GetInt64(view.substr(1 + kIdBytes + 8)))};
  std::copy_n(view.begin() + 1, kIdBytes, proof.member.uuid.bytes.begin());
  return proof;
}

}  // namespace gratis::rpc
