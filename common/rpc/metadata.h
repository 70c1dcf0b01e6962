#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/obs/trace.h"

namespace gratis::rpc {

// The names of what travels beside the messages.
inline constexpr char kAuthorizationKey[] = "authorization";
inline constexpr char kProgramKey[] = "gratis-program";
inline constexpr char kProofKey[] = "gratis-proof";
// "true": a read is about the member it names, and neither about who they became nor about whoever
// became part of them.
inline constexpr char kAsNamedKey[] = "gratis-as-named";
inline constexpr char kReplayedKey[] = "gratis-replayed";
inline constexpr char kLogIdKey[] = "x-request-id";
inline constexpr char kTraceKey[] = "traceparent";
// Of answers to callers that have a limit: how many calls fit in a row, how many of them are left,
// and after how many seconds all are there again.
inline constexpr char kLimitKey[] = "ratelimit-limit";
inline constexpr char kRemainingKey[] = "ratelimit-remaining";
inline constexpr char kResetKey[] = "ratelimit-reset";

// The API key in "Bearer gk_…". Errors: KEY_MISSING (nothing there), KEY_INVALID (something else).
absl::StatusOr<std::string_view> BearerKey(std::string_view authorization);

// The engine's own service whose ServiceAuthorization this is; nothing if it is none.
std::optional<std::string_view> AuthorizedService(std::string_view authorization,
                                                  std::string_view secret);

// `presented`, if it is fit for logs (1 to 64 letters, digits and -._), else a new one.
std::string LogIdFrom(std::string_view presented);

// A span below the one that `traceparent` names, or of a new trace.
obs::Trace TraceFrom(std::string_view traceparent);

}  // namespace gratis::rpc
