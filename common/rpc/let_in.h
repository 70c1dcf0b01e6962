#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "common/rpc/gate.h"

namespace google::protobuf {
class Message;
}

namespace gratis::rpc {

struct Method;

// What a call brings along to be let in.
struct Presented {
  std::string_view authorization;
  std::string_view program;                 // a code; may be empty
  std::optional<std::string_view> service;  // the engine's own service whose authorization it is
};

// Finds out who calls and for which program, and whether they may make this call; fills `call`,
// whose deadline is set. Errors: see Shell.
absl::Status LetIn(const Presented& presented, const Method& method, Scope scope, Gate& gate,
                   Call& call);

// Whether the message is one to be worked on. Errors: see Shell.
absl::Status CheckRequest(const google::protobuf::Message& request, const Method& method);

// The message's request_id; empty if it has none or it is not well formed.
std::string RequestIdOf(const google::protobuf::Message& request, const Method& method);

}  // namespace gratis::rpc
