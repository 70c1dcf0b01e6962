#include "common/rpc/metadata.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/rpc/channel.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kService = "Service ";
constexpr size_t kMaxLogId = 64;
constexpr size_t kLogIdBytes = 10;

bool FitForLogs(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

}  // namespace

absl::StatusOr<std::string_view> BearerKey(std::string_view authorization) {
  if (authorization.empty()) {
    return Error(Reason::kKeyMissing, "send the API key as metadata: authorization: Bearer gk_...");
  }
  // The scheme's case does not matter (RFC 9110, 11.1).
  if (!absl::StartsWithIgnoreCase(base::Abs(authorization), base::Abs(kBearer))) {
    return Error(Reason::kKeyInvalid, "metadata authorization must read: Bearer gk_...");
  }
  return authorization.substr(kBearer.size());
}

// "Service <name>:<token>", where the token is HMAC-SHA-256 of the name under the secret.
std::string ServiceAuthorization(std::string_view service, std::string_view service_secret) {
  const base::Digest token = base::HmacSha256(service_secret, service);
  return absl::StrCat(base::Abs(kService), base::Abs(service), ":",
                      absl::WebSafeBase64Escape(base::Abs(base::AsBytes(token))));
}

std::optional<std::string_view> AuthorizedService(std::string_view authorization,
                                                  std::string_view secret) {
  if (authorization.substr(0, kService.size()) != kService) return std::nullopt;
  const size_t colon = authorization.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view service = authorization.substr(kService.size(), colon - kService.size());
  if (!base::ConstantTimeEqual(ServiceAuthorization(service, secret), authorization)) {
    return std::nullopt;
  }
  return service;
}

std::string LogIdFrom(std::string_view presented) {
  if (!presented.empty() && presented.size() <= kMaxLogId &&
      std::all_of(presented.begin(), presented.end(), FitForLogs)) {
    return std::string(presented);
  }
  return base::Hex(base::RandomBytes(kLogIdBytes));
}

obs::Trace TraceFrom(std::string_view traceparent) {
  const std::optional<obs::Trace> above = obs::Trace::Parse(traceparent);
  return above ? above->Child() : obs::Trace::New();
}

}  // namespace gratis::rpc
