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

// All that is open is asked for before any of it is missed, so that one look is enough however many
// units there are.
absl::Status KnowWhatIsOpen(Books& books, const MemberId& member,
                            const std::vector<int16_t>& units) {
  absl::Status known = books.OpenHolds(member).status();
  for (const int16_t unit : units) known.Update(books.OpenLots(member, unit).status());
  return known;
}

bool HasWorth(const Lot* lot) { return lot->available > 0 || lot->pending > 0; }

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
  const MemberId& member = posting.member;
  RETURN_IF_ERROR(Settle(books, member));
  RETURN_IF_ERROR(books.Permit(member, Deed::kCorrect));
  std::vector<int16_t> units;
  for (const auto& [unit, wallet] : books.FindHolder(member)->wallets) units.push_back(unit);
  RETURN_IF_ERROR(KnowWhatIsOpen(books, member, units));
  ASSIGN_OR_RETURN(const std::vector<const Hold*> holds, books.OpenHolds(member));
  Forfeited forfeited;
  for (const Hold* hold : holds) {
    Fact released = Move(posting, Account::kHeld, Account::kAvailable, 0);
    released.kind = FactKind::kHoldReleased;
    released.unit = hold->unit;
    RETURN_IF_ERROR(ReleaseHold(books, std::move(released), hold->id));
    ++forfeited.holds;
  }
  Posting ending = posting;
  ending.kind = FactKind::kForfeited;
  for (const int16_t unit : units) {
    ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.OpenLots(member, unit));
    // A voucher is a lot. Those that were used up long ago are not looked at.
    if (IsVoucherUnit(unit))
      forfeited.vouchers += std::count_if(lots.begin(), lots.end(), HasWorth);
    ASSIGN_OR_RETURN(const int64_t available,
                     End(books, ending, unit, Account::kAvailable, &Lot::available));
    ASSIGN_OR_RETURN(const int64_t pending,
                     End(books, ending, unit, Account::kPending, &Lot::pending));
    if (available + pending > 0) forfeited.points[unit] = available + pending;
  }
  return forfeited;
}

}  // namespace gratis::ledger
