#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/figures.h"
#include "common/ledger/liability.h"
#include "common/ledger/period.h"
#include "common/ledger/program.h"
#include "common/ledger/unit.h"

namespace gratis::ledger::v1 {
class GetLiabilityResponse;
class GetMovementsResponse;
class Period;
class Rate;
}  // namespace gratis::ledger::v1

// Reports, as the contract says them. `units` are the program's own.
namespace gratis::ledger_service {

// What is needed to say what points are worth.
struct Valuation {
  const ledger::Program& program;
  const std::vector<ledger::Unit>& units;
  const std::vector<ledger::Rate>& rates;
  absl::Time before;  // rates count that hold before it
};
// Errors: POINTS_OVERFLOW (what they are worth cannot be counted).
absl::Status ToProto(const ledger::Outstanding& outstanding, const Valuation& valuation,
                     ledger::v1::GetLiabilityResponse& out);

void ToProto(const ledger::Flow& flow, const std::vector<ledger::Unit>& units,
             ledger::v1::GetMovementsResponse& out);
void ToProto(const ledger::Rate& rate, const ledger::Program& program, std::string_view unit,
             ledger::v1::Rate& out);
void ToProto(const ledger::Period& period, ledger::v1::Period& out);

}  // namespace gratis::ledger_service
