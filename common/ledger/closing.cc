#include <algorithm>
#include <utility>
#include <vector>

#include "common/ledger/mend.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

// Ends what all open lots of a wallet have on one side, in rows of what one may move at most.
absl::StatusOr<int64_t> End(Books& books, const Posting& posting, int16_t unit, Account side,
                            int64_t Lot::*points) {
  ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.OpenLots(posting.member, unit));
  std::vector<std::pair<int64_t, int64_t>> parts;  // a row changes what is open
  for (const Lot* lot : lots) {
    if (lot->*points > 0) parts.emplace_back(lot->key.seq, lot->*points);
  }
  int64_t ended = 0;
  Fact fact = Move(posting, side, Account::kExpired, 0);
  fact.unit = unit;
  const auto post = [&]() -> absl::Status {
    if (fact.points == 0) return absl::OkStatus();
    ended += fact.points;
    RETURN_IF_ERROR(books.Post(fact).status());
    fact.points = 0;
    fact.allocations.clear();
    return absl::OkStatus();
  };
  for (const auto& [lot, part] : parts) {
    if (part > kMaxPoints - fact.points) RETURN_IF_ERROR(post());
    fact.points += part;
    fact.allocations.push_back({lot, lot, part});
  }
  RETURN_IF_ERROR(post());
  return ended;
}

}  // namespace

absl::Status SetMemberState(Books& books, const Posting& posting, MemberState state) {
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kCorrect));
  const MemberState was = books.FindHolder(posting.member)->state;
  if (was == state) return absl::OkStatus();
  return books
      .Post({.kind = FactKind::kMemberStateSet,
             .transaction = posting.transaction,
             .member = posting.member,
             .effective_at = posting.effective_at,
             .source = posting.source,
             .detail = StateJson(state, was)})
      .status();
}

absl::StatusOr<Forfeited> Forfeit(Books& books, const Posting& posting) {
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kCorrect));
  ASSIGN_OR_RETURN(const std::vector<const Hold*> holds, books.OpenHolds(posting.member));
  Forfeited forfeited;
  for (const Hold* hold : holds) {
    Fact released = Move(posting, Account::kHeld, Account::kAvailable, 0);
    released.kind = FactKind::kHoldReleased;
    released.unit = hold->unit;
    RETURN_IF_ERROR(ReleaseHold(books, std::move(released), hold->id));
    ++forfeited.holds;
  }
  ASSIGN_OR_RETURN(const std::vector<const Voucher*> vouchers, books.LiveVouchers(posting.member));
  forfeited.vouchers = static_cast<int64_t>(vouchers.size());
  std::vector<int16_t> units;
  for (const auto& [unit, wallet] : books.FindHolder(posting.member)->wallets) {
    units.push_back(unit);
  }
  Posting ending = posting;
  ending.kind = FactKind::kForfeited;
  for (const int16_t unit : units) {
    ASSIGN_OR_RETURN(const int64_t available,
                     End(books, ending, unit, Account::kAvailable, &Lot::available));
    ASSIGN_OR_RETURN(const int64_t pending,
                     End(books, ending, unit, Account::kPending, &Lot::pending));
    if (available + pending > 0) forfeited.points[unit] = available + pending;
  }
  return forfeited;
}

}  // namespace gratis::ledger
