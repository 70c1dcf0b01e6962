#include "common/house/keyring/key.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::house {
namespace {

constexpr std::string_view kPrefix = "gk";
constexpr size_t kIdLength = kPrefix.size() + 1 + 26;
constexpr size_t kSecretLength = 43;  // 32 bytes in base 64 without padding

}  // namespace

std::string MakeKeyText(const KeyId& key_id, std::string_view api_key_secret, int32_t generation) {
  std::string named(key_id.uuid.AsBytes());
  if (generation > 1) absl::StrAppend(&named, "/", generation);
  const base::Digest secret = base::HmacSha256(api_key_secret, named);
  return absl::StrCat(base::FormatId(kPrefix, key_id.uuid), "_",
                      absl::WebSafeBase64Escape(base::Abs(base::AsBytes(secret))));
}

absl::StatusOr<KeyId> KeyIdIn(std::string_view presented) {
  // Made only where it is needed: every call comes by here.
  const auto invalid = [] { return Error(Reason::kKeyInvalid, "this is not an API key"); };
  if (presented.size() != kIdLength + 1 + kSecretLength || presented[kIdLength] != '_') {
    return invalid();
  }
  const absl::StatusOr<Uuid> uuid = base::ParseId(kPrefix, presented.substr(0, kIdLength));
  if (!uuid.ok()) return invalid();
  return KeyId{*uuid};
}

std::string KeyHash(std::string_view presented) {
  return std::string(base::AsBytes(base::Sha256(presented)));
}

}  // namespace gratis::house
