#include "services/messages/webhook_signature.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace gratis::messages {
namespace {

constexpr std::string_view kPrefix = "whsec_";

}  // namespace

std::string WebhookSecret(std::string_view key, const Uuid& subscription, int32_t generation) {
  const std::string what = absl::StrCat(base::Abs(subscription.AsBytes()), ":", generation);
  return absl::StrCat(base::Abs(kPrefix),
                      absl::Base64Escape(base::Abs(base::AsBytes(base::HmacSha256(key, what)))));
}

std::string WebhookSignature(std::string_view secret, std::string_view id, int64_t timestamp,
                             std::string_view body) {
  std::string bytes;
  const std::string_view encoded = secret.substr(std::min(secret.size(), kPrefix.size()));
  if (!absl::Base64Unescape(base::Abs(encoded), &bytes)) return "";
  base::Hmac hmac(bytes);
  hmac.Update(id);
  hmac.Update(".");
  hmac.Update(absl::StrCat(timestamp));
  hmac.Update(".");
  hmac.Update(body);
  return absl::StrCat("v1,", absl::Base64Escape(base::Abs(base::AsBytes(hmac.Finish()))));
}

}  // namespace gratis::messages
