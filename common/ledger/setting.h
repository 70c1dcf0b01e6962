#pragma once

#include <string>

#include "common/ledger/program.h"
#include "common/ledger/unit.h"

// What is set for a program is journaled as one JSON object of everything its row says, so that
// verifying can compare the two as texts. The latest fact about
// a unit or budget counts. Budgets: LimitJson in budgets.h.
namespace gratis::ledger {

// Detail of kProgramCreated, effective when it was made. Number and first partition follow from the
// order in which programs were made.
std::string ProgramJson(const Program& program);
// Detail of kUnitSet, whose `unit` is its number.
std::string UnitJson(const Unit& unit);

}  // namespace gratis::ledger
