#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/members/v1/consents.pb.h"

namespace gratis::cli {

// A purpose and its channel as people write them: "marketing/email", "third-parties"; a withdrawal
// may leave the channel out. Errors: FIELD_INVALID of `option` (usage).
absl::StatusOr<members::v1::ConsentDecision> ParseMatter(std::string_view text,
                                                         members::v1::ConsentState state,
                                                         std::string_view option);
// "marketing/email".
std::string MatterText(members::v1::ConsentPurpose purpose, members::v1::ConsentChannel channel);

// "web-form". Errors: FIELD_INVALID of `option` (usage).
absl::StatusOr<members::v1::ConsentSource> ParseConsentSource(std::string_view text,
                                                              std::string_view option);
// "till, web-form, …".
std::string ConsentSourceNames();

}  // namespace gratis::cli
