#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/house/keyring/key.h"
#include "common/ledger/adjustments.h"
#include "common/ledger/fact.h"
#include "common/ledger/past.h"
#include "common/ledger/program.h"
#include "common/ledger/unit.h"
#include "common/ledger/verify.h"
#include "common/rpc/values.h"

namespace gratis::ledger::v1 {
class Adjustment;
class Damage;
class Entry;
class Key;
class RateLimit;
class Program;
class Unit;
}  // namespace gratis::ledger::v1

// The engine's values, as the contract says them.
namespace gratis::ledger_service {

// kUnspecified for a number that is no role.
house::Role RoleOf(int number);

// Nothing if it is not said. Errors: FIELD_INVALID of "basis".
absl::StatusOr<std::optional<ledger::Basis>> BasisOf(int basis);

// When what a request asks for takes effect; nothing if it is not said. Errors: FIELD_INVALID.
template <class Req>
absl::StatusOr<std::optional<absl::Time>> EffectiveTimeIn(const Req& request) {
  if (!request.has_effective_at()) return std::nullopt;
  return rpc::ParseTime(request.effective_at(), "effective_at");
}

// All but the unit.
void ToProto(const ledger::JournalRow& row, ledger::v1::Entry& out);
// `units` are the program's own.
void ToProto(const ledger::JournalRow& row, const std::vector<ledger::Unit>& units,
             ledger::v1::Entry& out);
// `unit`: its code.
void ToProto(const ledger::ListedAdjustment& adjustment, const std::string& unit,
             ledger::v1::Adjustment& out);
void ToProto(const ledger::Damage& damage, ledger::v1::Damage& out);
void ToProto(const ledger::Program& program, ledger::v1::Program& out);
void ToProto(const ledger::Unit& unit, ledger::v1::Unit& out);
// As the request says it, without number and version. Errors: FIELD_INVALID (there is no such
// rule).
absl::StatusOr<ledger::Unit> UnitOf(const ledger::v1::Unit& unit);
// Leaves out which of the program's staff and systems did it, and what they noted.
void KeepForMember(ledger::v1::Entry& entry);
// `program_code`: of the program that the key is bound to; empty for none.
void ToProto(const house::KeyRecord& key, const std::string& program_code, ledger::v1::Key& out);
house::CallLimit LimitOf(const ledger::v1::RateLimit& limit);

}  // namespace gratis::ledger_service
