#include "services/ledger/clocks.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/house/clock.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {

ClockSetting::ClockSetting(TransactionId transaction, absl::Time target, std::string answer)
    : transaction_(transaction), target_(target), answer_(std::move(answer)) {}

absl::StatusOr<std::string> ClockSetting::Decide(ledger::Books& books) {
  if (*last_ && target_ < **last_) {
    return FieldError(Reason::kClockBackwards, "now",
                      absl::StrCat("the program recorded something at ", base::FormatTime(**last_),
                                   "; its clock cannot go back behind that"));
  }
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kClockSet,
                             .transaction = transaction_,
                             .member = {},
                             .effective_at = target_,
                             .source = "clock",
                             .detail = absl::StrCat(
                                 "{\"now\":", base::JsonString(base::FormatTime(target_)), "}")})
                      .status());
  *last_ = target_;
  return answer_;
}

absl::Status ClockSettings::LoadAll(pg::Tx& tx, absl::Span<ClockSetting* const> set) {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> last,
                   ledger::LastRecorded(tx, set.front()->envelope.program));
  const auto shared = std::make_shared<std::optional<absl::Time>>(last);
  for (ClockSetting* setting : set) setting->SetLastRecorded(shared);
  return absl::OkStatus();
}

absl::Status ClockSettings::WriteAll(pg::Tx& tx, absl::Span<ClockSetting* const> set) {
  const ClockSetting& last = *set.back();
  house::SetClock(tx, last.envelope.program.number, last.target());
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
