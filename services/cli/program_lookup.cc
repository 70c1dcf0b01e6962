#include "services/cli/program_lookup.h"

#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/failure.h"

namespace gratis::cli {

absl::StatusOr<ledger::v1::Program> LookUpProgram(Context& context, RemoteEngine& engine) {
  if (engine.program().empty()) {
    return AsUsage(FieldError(Reason::kFieldMissing, "--program",
                              "the key is bound to a program; say its code here too"));
  }
  ledger::v1::GetProgramRequest request;
  request.set_code(engine.program());
  ledger::v1::GetProgramResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.program();
}

absl::StatusOr<absl::TimeZone> ZoneOfProgram(Context& context, RemoteEngine& engine) {
  ASSIGN_OR_RETURN(const ledger::v1::Program program, LookUpProgram(context, engine));
  return base::LoadZone(program.time_zone());
}

}  // namespace gratis::cli
