#include "services/ledger/vouchers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/ledger/reads.h"
#include "common/ledger/voucher_reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {
namespace {

absl::StatusOr<SeenVoucher> See(ledger::Books& books, const VoucherId& voucher, bool voided) {
  ASSIGN_OR_RETURN(ledger::VoucherState found, ledger::FindVoucher(books, voucher));
  const Standing standing = StandingOf(found.lot, voided);
  const ledger::MemberState holder_state = books.FindHolder(found.voucher.member)->state;
  return SeenVoucher{std::move(found.voucher), found.lot, standing, holder_state};
}

// What is used of a voucher. Of one that has nothing left, its one unit: the kernel says why not.
absl::StatusOr<int64_t> WorthAsked(const ledger::VoucherState& voucher,
                                   std::optional<int64_t> amount) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> asked, AskedOf(voucher.voucher.terms, amount));
  return asked.value_or(std::max<int64_t>(voucher.lot.available, 1));
}

// Puts the vouchers into `seen`. All that is not known yet is asked for before any of it is read.
absl::Status SeeAll(ledger::Books& books, const MemberId& member,
                    absl::Span<const VoucherId> vouchers, std::vector<SeenVoucher>& seen) {
  absl::Status lacking = books.CheckNotErased(member);
  for (const VoucherId& voucher : vouchers) lacking.Update(books.FindVoucher(voucher).status());
  RETURN_IF_ERROR(lacking);
  RETURN_IF_ERROR(ledger::Settle(books, member));
  seen.clear();
  for (const VoucherId& voucher : vouchers) {
    ASSIGN_OR_RETURN(SeenVoucher one, See(books, voucher, /*voided=*/false));
    seen.push_back(std::move(one));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<SeenVoucher>> SeeVouchers(pg::Tx& tx, const ledger::Program& program,
                                                     const MemberId& member,
                                                     absl::Span<const VoucherId> vouchers,
                                                     absl::Time now) {
  std::vector<SeenVoucher> seen;
  RETURN_IF_ERROR(ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) {
    return SeeAll(books, member, vouchers, seen);
  }));
  std::vector<ledger::Voucher> over;
  for (const SeenVoucher& one : seen) {
    if (!one.lot.open()) over.push_back(one.voucher);
  }
  ASSIGN_OR_RETURN(const std::set<VoucherId> voided, ledger::VoidedOf(tx, program, member, over));
  for (SeenVoucher& one : seen) {
    one.standing = StandingOf(one.lot, voided.count(one.voucher.id) > 0);
  }
  return seen;
}

absl::StatusOr<std::map<VoucherId, MemberId>> HoldersOf(pg::Tx& tx, const ledger::Program& program,
                                                        absl::Span<const VoucherId> vouchers,
                                                        absl::Time now) {
  std::map<VoucherId, MemberId> holders;
  if (vouchers.empty()) return holders;
  RETURN_IF_ERROR(ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) {
    absl::Status lacking;
    for (const VoucherId& voucher : vouchers) {
      const absl::StatusOr<const ledger::Voucher*> found = books.FindVoucher(voucher);
      lacking.Update(found.status());
      if (found.ok() && *found != nullptr) holders.emplace(voucher, (*found)->member);
    }
    return lacking;
  }));
  return holders;
}

VoucherIssue::VoucherIssue(VoucherIssueOrder order, VoucherAnswer answer)
    : order_(std::move(order)), answer_(std::move(answer)) {
  envelope.member = order_.member;
}

void VoucherIssue::AddNeeds(ledger::Wants& wants) const {
  wants.names.insert(order_.name);
  if (order_.terms.one_live) wants.member_vouchers.insert(order_.member);
  if (!order_.budget.IsNil()) wants.budgets.insert(order_.budget);
}

absl::StatusOr<std::string> VoucherIssue::Decide(ledger::Books& books) {
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(order_.effective_at, order_.statable_past, envelope.now));
  const absl::Time expires_at = order_.expires_at.value_or(absl::InfiniteFuture());
  RETURN_IF_ERROR(CheckExpiry(expires_at, effective_at));
  if (books.FindEntry(order_.name)) {
    return Error(Reason::kConflict, "another voucher has this code by chance; try again");
  }
  RETURN_IF_ERROR(
      ledger::IssueVoucher(books, {.posting = {.kind = ledger::FactKind::kVoucherIssued,
                                               .transaction = order_.transaction,
                                               .member = order_.member,
                                               .unit = ledger::UnitOfVoucher(order_.terms.kind),
                                               .effective_at = effective_at,
                                               .source = order_.source,
                                               .detail = ""},
                                   .voucher = order_.voucher,
                                   .terms = order_.terms,
                                   .worth = order_.worth,
                                   .expires_at = expires_at,
                                   .budget = order_.budget}));
  books.Claim(order_.name, order_.member, order_.voucher.uuid);
  VoucherDeed deed{.transaction = order_.transaction,
                   .recorded_at = books.recorded_at(),
                   .after = {},
                   .worth = order_.worth,
                   .hold = {}};
  ASSIGN_OR_RETURN(deed.after, See(books, order_.voucher, /*voided=*/false));
  return answer_(deed);
}

Redemption::Redemption(RedemptionOrder order, VoucherAnswer answer)
    : order_(std::move(order)), answer_(std::move(answer)) {
  envelope.member = order_.member;
}

void Redemption::AddNeeds(ledger::Wants& wants) const { wants.vouchers.insert(order_.voucher); }

absl::StatusOr<std::string> Redemption::Decide(ledger::Books& books) {
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(order_.effective_at, order_.statable_past, envelope.now));
  ASSIGN_OR_RETURN(const ledger::VoucherState found, ledger::FindVoucher(books, order_.voucher));
  ASSIGN_OR_RETURN(const int64_t worth, WorthAsked(found, order_.amount));
  RETURN_IF_ERROR(ledger::RedeemVoucher(books,
                                        {.kind = ledger::FactKind::kVoucherRedeemed,
                                         .transaction = order_.transaction,
                                         .member = found.voucher.member,
                                         .unit = found.lot.unit,
                                         .effective_at = effective_at,
                                         .source = order_.order_id,
                                         .detail = ""},
                                        order_.voucher, worth));
  VoucherDeed deed{.transaction = order_.transaction,
                   .recorded_at = books.recorded_at(),
                   .after = {},
                   .worth = worth,
                   .hold = {}};
  ASSIGN_OR_RETURN(deed.after, See(books, order_.voucher, /*voided=*/false));
  return answer_(deed);
}

VoucherHold::VoucherHold(VoucherHoldOrder order, VoucherAnswer answer)
    : order_(std::move(order)), answer_(std::move(answer)) {
  envelope.member = order_.member;
}

void VoucherHold::AddNeeds(ledger::Wants& wants) const { wants.vouchers.insert(order_.voucher); }

absl::StatusOr<std::string> VoucherHold::Decide(ledger::Books& books) {
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(order_.effective_at, order_.statable_past, envelope.now));
  ASSIGN_OR_RETURN(const ledger::VoucherState found, ledger::FindVoucher(books, order_.voucher));
  ASSIGN_OR_RETURN(const int64_t worth, WorthAsked(found, order_.amount));
  VoucherDeed deed{.transaction = order_.transaction,
                   .recorded_at = books.recorded_at(),
                   .after = {},
                   .worth = worth,
                   .hold = {}};
  ASSIGN_OR_RETURN(deed.hold,
                   ledger::HoldVoucher(books,
                                       {.posting = {.kind = ledger::FactKind::kHoldPlaced,
                                                    .transaction = order_.transaction,
                                                    .member = found.voucher.member,
                                                    .unit = found.lot.unit,
                                                    .effective_at = effective_at,
                                                    .source = order_.order_id,
                                                    .detail = ""},
                                        .hold = order_.hold,
                                        .points = worth,
                                        .life = order_.life},
                                       order_.voucher));
  ASSIGN_OR_RETURN(deed.after, See(books, order_.voucher, /*voided=*/false));
  return answer_(deed);
}

VoucherVoiding::VoucherVoiding(VoucherVoidOrder order, VoucherAnswer answer)
    : order_(std::move(order)), answer_(std::move(answer)) {
  envelope.member = order_.member;
}

void VoucherVoiding::AddNeeds(ledger::Wants& wants) const { wants.vouchers.insert(order_.voucher); }

absl::StatusOr<std::string> VoucherVoiding::Decide(ledger::Books& books) {
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(order_.effective_at, order_.statable_past, envelope.now));
  ASSIGN_OR_RETURN(const ledger::VoucherState found, ledger::FindVoucher(books, order_.voucher));
  VoucherDeed deed{.transaction = order_.transaction,
                   .recorded_at = books.recorded_at(),
                   .after = {},
                   .worth = 0,
                   .hold = {}};
  ASSIGN_OR_RETURN(deed.worth, ledger::VoidVoucher(books,
                                                   {.kind = ledger::FactKind::kVoucherVoided,
                                                    .transaction = order_.transaction,
                                                    .member = found.voucher.member,
                                                    .unit = found.lot.unit,
                                                    .effective_at = effective_at,
                                                    .source = order_.reason,
                                                    .detail = ""},
                                                   order_.voucher));
  ASSIGN_OR_RETURN(deed.after, See(books, order_.voucher, /*voided=*/true));
  return answer_(deed);
}

}  // namespace gratis::ledger_service
