#include "services/ledger/units.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/loading.h"
#include "common/ledger/setting.h"
#include "common/ledger/writing.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
UnitSetting::UnitSetting(TransactionId transaction, ledger::Unit draft, UnitAnswer answer)
    : transaction_(transaction), draft_(std::move(draft)), answer_(std::move(answer)) {}

absl::StatusOr<std::string> UnitSetting::Decide(ledger::Books& books) {
  const auto found = std::find_if(units_->begin(), units_->end(), [this](const ledger::Unit& unit) {
    return unit.code == draft_.code;
  });
  set_ = draft_;
  if (found != units_->end()) {
    set_.number = found->number;
    set_.version = found->version + 1;
  } else {
    set_.number = ledger::kPointsUnit;
    for (const ledger::Unit& unit : *units_) set_.number = std::max(set_.number, unit.number);
    if (set_.number == ledger::kLastOwnUnit) {
      return FieldError(Reason::kFieldInvalid, "unit.code",
                        absl::StrCat("a program has at most ", ledger::kLastOwnUnit, " units"));
    }
    ++set_.number;
    set_.version = 1;
  }
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kUnitSet,
                             .transaction = transaction_,
                             .member = {},
                             .unit = set_.number,
                             .effective_at = books.recorded_at(),
                             .source = set_.code,
                             .detail = ledger::UnitJson(set_)})
                      .status());
  if (!envelope.validate_only) {
    if (found != units_->end()) {
      *found = set_;
    } else {
      units_->push_back(set_);
    }
  }
  return answer_(set_);
}

absl::Status UnitSettings::LoadAll(pg::Tx& tx, absl::Span<UnitSetting* const> set) {
  ASSIGN_OR_RETURN(UnitsInRun units, ledger::ReadUnits(tx, set.front()->envelope.program));
  const auto shared = std::make_shared<UnitsInRun>(std::move(units));
  for (UnitSetting* setting : set) setting->SetUnits(shared);
  return absl::OkStatus();
}

absl::Status UnitSettings::WriteAll(pg::Tx& tx, absl::Span<UnitSetting* const> set) {
  for (const UnitSetting* setting : set) {
    ledger::WriteUnit(tx, setting->envelope.program, setting->set());
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
