#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/house/keyring/role.h"
#include "services/members/consents.h"

// Between what the contract says of consents and what the rules work on.
namespace gratis::members {

namespace v1 {
class BatchGetConsentsRequest;
class Consent;
class ConsentRecord;
class RecordConsentRequest;
class RecordObjectionRequest;
}  // namespace v1

// Checked. Errors: as CheckedDecisions, CheckWordingVersion and CheckConsentSource; FIELD_MISSING
// and INVALID_ID of member_id; FIELD_INVALID of decided_at.
absl::StatusOr<Saying> SayingOf(const v1::RecordConsentRequest& request, house::Role role);
absl::StatusOr<Saying> SayingOf(const v1::RecordObjectionRequest& request, house::Role role);

// Errors: FIELD_MISSING, INVALID_ID of `field`.
absl::StatusOr<MemberId> MemberIdIn(std::string_view text, std::string_view field);

// Errors: FIELD_MISSING, BATCH_TOO_LARGE, INVALID_ID.
absl::StatusOr<std::vector<MemberId>> MembersOf(const v1::BatchGetConsentsRequest& request);

void ToContract(const Consent& consent, v1::Consent& proto);
void ToContract(const ConsentRecord& record, v1::ConsentRecord& proto);
// Leaves out which of the program's staff and systems recorded it.
void KeepForMember(v1::ConsentRecord& record);

}  // namespace gratis::members
