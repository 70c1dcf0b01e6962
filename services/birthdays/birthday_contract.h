#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "services/birthdays/birthdays.h"

// Between the contract's messages and the domain's values.
namespace gratis::birthdays {

// The policy that somebody wants set; its version is ignored. Errors: as CheckPolicy, and
// FIELD_MISSING.
absl::StatusOr<Policy> ParsePolicy(const v1::SetBirthdayPolicyRequest& request);

// Errors: INVALID_DATE.
absl::StatusOr<std::optional<absl::CivilDay>> ParseThrough(const v1::RunBirthdaysRequest& request);

struct ExplainOrder {
  MemberId member;
  int32_t year;
};
// Errors: FIELD_MISSING, INVALID_ID, FIELD_INVALID.
absl::StatusOr<ExplainOrder> ParseExplain(const v1::ExplainBirthdayRequest& request);

// Whose gifts are asked for. Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<MemberId> ParseMember(const v1::ListGiftsRequest& request);
// Where a list of gifts goes on: behind this year. Errors: INVALID_PAGE_TOKEN.
absl::StatusOr<int32_t> ParseAfter(const std::string& cursor);

v1::GivenGift ToContract(const Gift& gift);
v1::BirthdayPolicy ToContract(const Policy& policy);
v1::RunBirthdaysResponse ToContract(const RunReport& report);
v1::ExplainBirthdayResponse ToContract(const Explanation& explanation);

// The serialized answer, as it is stored and sent.
std::string PolicyAnswer(const Policy& policy);

}  // namespace gratis::birthdays
