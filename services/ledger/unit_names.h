#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/unit.h"

// Units by their codes, as contracts name them. `units` are the program's own, as ReadUnits has
// them.
namespace gratis::ledger_service {

// Points if `code` is empty. Errors: UNIT_NOT_FOUND of the field "unit".
absl::StatusOr<ledger::Unit> FindUnit(const std::vector<ledger::Unit>& units,
                                      std::string_view code);
// The same, or of those that vouchers are kept in. Returns the unit's number.
absl::StatusOr<int16_t> FindAnyUnit(const std::vector<ledger::Unit>& units, std::string_view code);

// How a unit is called, of its own and of those that vouchers are kept in.
std::string CodeOf(const std::vector<ledger::Unit>& units, int16_t number);

}  // namespace gratis::ledger_service
