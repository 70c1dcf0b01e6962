#include "services/messages/unsubscribe_token.h"

#include <cstring>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kMaxToken = 200;

std::string BoundTo(int32_t program) { return absl::StrCat("unsubscribe of program ", program); }

Uuid UuidOf(std::string_view bytes) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), bytes.data(), kUuidBytes);
  return uuid;
}

}  // namespace

std::string UnsubscribeTokens::Make(int32_t program, const Unsubscription& unsubscription) const {
  std::string plain(unsubscription.member.uuid.AsBytes());
  plain += unsubscription.message.uuid.AsBytes();
  return absl::WebSafeBase64Escape(sealer_.Seal(plain, BoundTo(program)));
}

absl::StatusOr<Unsubscription> UnsubscribeTokens::Open(int32_t program,
                                                       std::string_view token) const {
  std::string sealed;
  if (token.size() <= kMaxToken && absl::WebSafeBase64Unescape(base::Abs(token), &sealed)) {
    const std::optional<std::string> plain = sealer_.Open(sealed, BoundTo(program));
    if (plain && plain->size() == 2 * kUuidBytes) {
      const std::string_view bytes = *plain;
      return Unsubscription{{UuidOf(bytes.substr(0, kUuidBytes))},
                            {UuidOf(bytes.substr(kUuidBytes))}};
    }
  }
  return FieldError(Reason::kUnsubscribeTokenInvalid, "token",
                    "the link is damaged, or of another program");
}

}  // namespace gratis::messages
