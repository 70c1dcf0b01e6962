#include "services/ledger/unit_names.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

constexpr std::string_view kVoucherMoney = "voucher-money";
constexpr std::string_view kVoucherUses = "voucher-uses";

}  // namespace

absl::StatusOr<ledger::Unit> FindUnit(const std::vector<ledger::Unit>& units,
                                      std::string_view code) {
  for (const ledger::Unit& unit : units) {
    if (unit.code == code || (code.empty() && unit.number == ledger::kPointsUnit)) return unit;
  }
  return FieldError(Reason::kUnitNotFound, "unit",
                    absl::StrCat("the program has no unit \"", base::Abs(code), "\""));
}

absl::StatusOr<int16_t> FindAnyUnit(const std::vector<ledger::Unit>& units, std::string_view code) {
  if (code == kVoucherMoney) return ledger::kVoucherMoneyUnit;
  if (code == kVoucherUses) return ledger::kVoucherUseUnit;
  ASSIGN_OR_RETURN(const ledger::Unit unit, FindUnit(units, code));
  return unit.number;
}

std::string CodeOf(const std::vector<ledger::Unit>& units, int16_t number) {
  if (number == ledger::kVoucherMoneyUnit) return std::string(kVoucherMoney);
  if (number == ledger::kVoucherUseUnit) return std::string(kVoucherUses);
  for (const ledger::Unit& unit : units) {
    if (unit.number == number) return unit.code;
  }
  return "";
}

}  // namespace gratis::ledger_service
