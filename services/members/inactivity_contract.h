#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/members/inactivity.h"

namespace gratis::members::v1 {
class InactiveMember;
class InactivityPolicy;
class ListInactiveMembersRequest;
class SetInactivityPolicyRequest;
}  // namespace gratis::members::v1

// Between the contract's messages and the values of the rules.
namespace gratis::members {

// Errors: FIELD_MISSING, FIELD_INVALID.
absl::StatusOr<InactivityPolicy> PolicyOf(const v1::SetInactivityPolicyRequest& request);
// The policy to judge by; nothing: the one in force. Errors: FIELD_INVALID.
absl::StatusOr<std::optional<InactivityPolicy>> PolicyOf(
    const v1::ListInactiveMembersRequest& request);

void ToContract(const InactivityPolicy& policy, v1::InactivityPolicy& proto);
void ToContract(const InactiveMember& member, v1::InactiveMember& proto);
// A SetInactivityPolicyResponse.
std::string InactivityPolicyAnswer(const InactivityPolicy& policy);

// A place as a page token carries it; nothing if the text is none.
std::string CursorOf(const InactivityPlace& place);
std::optional<InactivityPlace> PlaceIn(const ledger::Program& program, std::string_view cursor);

}  // namespace gratis::members
