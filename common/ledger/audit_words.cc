#include "common/ledger/audit_words.h"

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"

namespace gratis::ledger {

std::string Named(Account account) {
  switch (account) {
    case Account::kAvailable:
      return "available";
    case Account::kPending:
      return "pending";
    case Account::kHeld:
      return "held";
    case Account::kDebt:
      return "debt";
    case Account::kIssued:
      return "issued";
    case Account::kRedeemed:
      return "redeemed";
    case Account::kExpired:
      return "expired";
    case Account::kTransferred:
      return "transferred";
    case Account::kAdjusted:
      return "adjusted";
    case Account::kVoided:
      return "voided";
    default:
      return absl::StrCat("account ", static_cast<int>(account));
  }
}

std::string Figures(const Wallet& wallet) {
  return absl::StrCat("available ", wallet.available, ", pending ", wallet.pending, ", held ",
                      wallet.held, ", debt ", wallet.debt, ", active at ",
                      base::FormatTime(wallet.active_at));
}

std::string Figures(const Lot& lot) {
  return absl::StrCat(
      "of ", lot.member.ToString(), ", unit ", lot.unit, ", origin ", static_cast<int>(lot.origin),
      ", ", lot.points, " points earned at ", base::FormatTime(lot.earned_at), ", available at ",
      base::FormatTime(lot.available_at), ", until ", base::FormatTime(lot.expires_at),
      ": available ", lot.available, ", pending ", lot.pending, ", held ", lot.held, ", debt ",
      lot.debt, ", spent ", lot.spent, ", expired ", lot.expired, ", taken ", lot.taken, ", lent ",
      lot.lent, ", borrowed ", lot.borrowed);
}

std::string Figures(const Hold& hold) {
  std::string text = absl::StrCat(
      "of ", hold.member.ToString(), ", unit ", hold.unit, ", ", hold.points, " points placed at ",
      base::FormatTime(hold.placed_at), ", until ", base::FormatTime(hold.expires_at), ", pins");
  for (const auto& [lot, points] : hold.pins) absl::StrAppend(&text, " ", points, " of lot ", lot);
  return text;
}

}  // namespace gratis::ledger
