#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"
#include "common/ledger/program.h"
#include "common/ledger/voucher_code.h"
#include "services/birthdays/gift_rules.h"

namespace gratis::birthdays {

// What gave a voucher of this service.
inline constexpr std::string_view kVoucherOrigin = "birthday";

// How a present comes into somebody's hands: points are earned, and of anything else there is a
// voucher by which it is had, for any amount, on an empty basket, beside any other offer.
class Handing {
 public:
  // Ids are chosen once, so that a set that is rerun stays the same. `by_voucher`: whether what is
  // handed over may be anything but points.
  Handing(const ledger::Program& program, const MemberId& member, base::IdSource& ids,
          const ledger::VoucherCodes& codes, absl::Time now, bool by_voucher);

  const TransactionId& transaction() const { return transaction_; }
  // By which this present is had; nil for points.
  VoucherId VoucherFor(const Present& present) const {
    return present.kind == GiftKind::kPoints ? VoucherId{} : voucher_;
  }

  void AddNeeds(ledger::Wants& wants) const;
  // Posts one fact of the posting's kind, with the points, or about the voucher, which is then
  // issued. It can be used for `valid_days`, points for kMinValidDays at least, whatever the unit's
  // rule. Errors: those of ledger::Earn and ledger::IssueVoucher; CONFLICT (another voucher has
  // this code by chance).
  absl::Status HandOver(ledger::Books& books, const ledger::Posting& posting,
                        const Present& present, int32_t valid_days, const BudgetId& budget) const;

 private:
  const TransactionId transaction_;
  const VoucherId voucher_;
  std::optional<ledger::DirectoryKey> name_;  // the voucher's code
};

}  // namespace gratis::birthdays
