#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "common/rpc/gate.h"
#include "common/rpc/member_token.h"

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
  std::optional<MemberToken> token;         // the member's token that it is, over or not
};

// Finds out who calls and for which program, and whether they may make this call; fills `call`,
// whose deadline is set. `now` is real time, and only asked for with a token.
// Errors: see Shell.
absl::Status LetIn(const Presented& presented, const Method& method, Scope scope, Gate& gate,
                   absl::Time now, Call& call);

// A member's own call concerns that member alone, whatever the method does with its request: it
// names them, or somebody who is the same person by a merge, as far as the gate knows. Errors:
// MEMBER_NOT_ALLOWED.
absl::Status CheckMember(const google::protobuf::Message& request, const Method& method, Gate& gate,
                         const Call& call);

// Whether the message is one to be worked on. Errors: see Shell.
absl::Status CheckRequest(const google::protobuf::Message& request, const Method& method);

// The message's request_id; empty if it has none or it is not well formed.
std::string RequestIdOf(const google::protobuf::Message& request, const Method& method);

}  // namespace gratis::rpc
