#pragma once

#include <string>

#include "absl/status/status.h"
#include "gratis/thanks/v1/triggers.pb.h"
#include "services/cli/context.h"

namespace gratis::cli {

// A trigger as it stands in a file, with the contract's names. Errors: FIELD_INVALID of --file
// (usage), which lists the events there are if it is about them.
absl::Status ReadTrigger(const std::string& file, thanks::v1::Trigger& trigger);

// Says what a trigger names and nobody has set yet, without which it tells nobody anything. Whoever
// may not look hears nothing.
void WarnOfMissing(Context& context, Engine& engine, const thanks::v1::Trigger& trigger);

}  // namespace gratis::cli
