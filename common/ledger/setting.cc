#include "common/ledger/setting.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::ledger {

std::string ProgramJson(const Program& program) {
  return absl::StrCat("{\"code\":", base::JsonString(program.code),
                      ",\"display_name\":", base::JsonString(program.display_name),
                      ",\"currency_code\":", base::JsonString(program.currency_code),
                      ",\"time_zone\":", base::JsonString(program.time_zone),
                      ",\"partition_count\":", program.partitions, "}");
}

std::string UnitJson(const Unit& unit) {
  return absl::StrCat(
      "{\"number\":", unit.number, ",\"version\":", unit.version,
      ",\"code\":", base::JsonString(unit.code),
      ",\"display_name\":", base::JsonString(unit.display_name),
      ",\"expiry\":", static_cast<int>(unit.expiry), ",\"expiry_months\":", unit.expiry_months,
      ",\"expiry_month\":", unit.expiry_month, ",\"expiry_day\":", unit.expiry_day,
      ",\"rounding\":", static_cast<int>(unit.rounding),
      ",\"clawback\":", static_cast<int>(unit.clawback),
      ",\"transferable\":", unit.transferable ? "true" : "false",
      ",\"adjust_limit\":", unit.adjust_limit, ",\"max_hold_hours\":", unit.max_hold_hours,
      ",\"return_grace_days\":", unit.return_grace_days, "}");
}

}  // namespace gratis::ledger
