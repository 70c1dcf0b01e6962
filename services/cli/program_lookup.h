#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/context.h"

namespace gratis::ledger::v1 {
class Program;
}

namespace gratis::cli {

// The program that `engine` works for. Errors: PROGRAM_NOT_FOUND; FIELD_MISSING (usage) for a key
// of one program when nobody said which.
absl::StatusOr<ledger::v1::Program> LookUpProgram(Context& context, RemoteEngine& engine);

// The zone that its days begin in.
absl::StatusOr<absl::TimeZone> ZoneOfProgram(Context& context, RemoteEngine& engine);

}  // namespace gratis::cli
