#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/context.h"

namespace CLI {
class App;
}
namespace gratis::members::v1 {
class IdentifyMemberRequest;
}

namespace gratis::cli {

// A member as people name them: by id, or by whatever else they are known by.
struct MemberName {
  std::string any;          // mem_…, source:id, an e-mail address or a phone number
  std::string external_id;  // source:id
  std::string email;
  std::string phone;

  bool empty() const {
    return any.empty() && external_id.empty() && email.empty() && phone.empty();
  }
};

// Declares --external-id, --email and --phone, and `positional` ("MEMBER" or "--member").
void DeclareMember(CLI::App& command, MemberName& name, const std::string& positional);

// The identifiers as a request. Errors: FIELD_INVALID (usage).
absl::StatusOr<members::v1::IdentifyMemberRequest> ToIdentifyRequest(const MemberName& name);

// The member's id, asked from the engine unless it was given. Errors: FIELD_MISSING (usage),
// MEMBER_NOT_FOUND, MEMBER_AMBIGUOUS.
absl::StatusOr<std::string> ResolveMember(Context& context, Engine& engine, const MemberName& name);

// "webshop:A-17" as its two parts; the id may hold colons. Errors: FIELD_INVALID (usage).
absl::StatusOr<std::pair<std::string, std::string>> SplitSourceAndId(std::string_view option,
                                                                     std::string_view text);

}  // namespace gratis::cli
