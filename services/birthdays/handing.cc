#include "services/birthdays/handing.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthday_rules.h"

namespace gratis::birthdays {
namespace {

// When points that the unit's rule would end too soon end instead.
std::optional<absl::Time> LeastEnd(const ledger::Unit& unit, absl::Time given_at,
                                   const absl::TimeZone& zone) {
  if (unit.expiry != ledger::ExpiryKind::kRollingMonths &&
      unit.expiry != ledger::ExpiryKind::kCalendarDay) {
    return std::nullopt;
  }
  const absl::Time least = EndOf(given_at, kMinValidDays, zone);
  if (ledger::ExpiryOf(unit, given_at, zone) >= least) return std::nullopt;
  return least;
}

ledger::VoucherTerms TermsOf(const Present& present) {
  const bool money = present.kind == GiftKind::kVoucher;
  return {.kind = money ? ledger::VoucherKind::kFixed : ledger::VoucherKind::kItem,
          .item = present.item,
          .origin = std::string(kVoucherOrigin)};
}

}  // namespace

Handing::Handing(const ledger::Program& program, const MemberId& member, base::IdSource& ids,
                 const ledger::VoucherCodes& codes, absl::Time now, bool by_voucher)
    : transaction_(ledger::Beside(program, member, TransactionId{ids.Next(now)})),
      voucher_(by_voucher ? ledger::Beside(program, member, VoucherId{ids.Next(now)})
                          : VoucherId{}) {
  if (by_voucher) name_ = codes.NameOf(program.number, voucher_);
}

void Handing::AddNeeds(ledger::Wants& wants) const {
  if (name_) wants.names.insert(*name_);
}

absl::Status Handing::HandOver(ledger::Books& books, const ledger::Posting& posting,
                               const Present& present, int32_t valid_days,
                               const BudgetId& budget) const {
  if (present.kind == GiftKind::kPoints) {
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(posting.unit));
    return ledger::Earn(books, {.posting = posting,
                                .points = present.worth,
                                .expires_at = LeastEnd(unit, posting.effective_at, books.zone()),
                                .budget = budget});
  }
  if (!name_) std::abort();
  if (books.FindEntry(*name_)) {
    return Error(Reason::kConflict, "another voucher has this code by chance; try again");
  }
  ledger::Fact fact{.kind = posting.kind,
                    .transaction = posting.transaction,
                    .member = posting.member,
                    .effective_at = posting.effective_at,
                    .source = posting.source,
                    .detail = posting.detail};
  fact.about = voucher_.uuid;
  RETURN_IF_ERROR(books.Post(std::move(fact)).status());
  ledger::VoucherTerms terms = TermsOf(present);
  ledger::Posting issued = posting;
  issued.unit = ledger::UnitOfVoucher(terms.kind);
  RETURN_IF_ERROR(ledger::IssueVoucher(
      books, {.posting = std::move(issued),
              .voucher = voucher_,
              .terms = std::move(terms),
              .worth = present.worth,
              .expires_at = EndOf(posting.effective_at, valid_days, books.zone()),
              .budget = budget}));
  books.Claim(*name_, posting.member, voucher_.uuid);
  return absl::OkStatus();
}

}  // namespace gratis::birthdays
