#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"
#include "common/ledger/unit.h"

namespace gratis::ledger_service {

// The answer to store and send for a unit that was made or changed.
using UnitAnswer = std::function<std::string(const ledger::Unit&)>;

// A program's units as they stand in one run, those set in it included.
using UnitsInRun = std::vector<ledger::Unit>;

// A unit being made or changed, posted among the facts about the program.
class UnitSetting final : public ledger::Mutation {
 public:
  // `draft` is complete, but for number and version.
  UnitSetting(TransactionId transaction, ledger::Unit draft, UnitAnswer answer);

  // Errors: FIELD_INVALID (the program has as many units as it can).
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  void SetUnits(std::shared_ptr<UnitsInRun> units) { units_ = std::move(units); }
  // As decided.
  const ledger::Unit& set() const { return set_; }

 private:
  const TransactionId transaction_;
  const ledger::Unit draft_;
  const UnitAnswer answer_;
  std::shared_ptr<UnitsInRun> units_;
  ledger::Unit set_;
};

class UnitSettings final : public ledger::KindOf<UnitSetting> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<UnitSetting* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<UnitSetting* const> set) override;
};

}  // namespace gratis::ledger_service
