#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/mend.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

absl::Status Insufficient(int64_t available, int64_t points) {
  return Error(Reason::kInsufficientPoints,
               absl::StrCat("the member has ", available, " points available, not ", points),
               {{"available_points", absl::StrCat(available)}});
}

absl::Status NoSuchHold(const HoldId& hold) {
  return FieldError(Reason::kHoldNotFound, "hold_id",
                    absl::StrCat("the program has no hold ", hold.ToString()));
}

// The hold as it stands after what fell due; its lots are here, too. Errors: HOLD_NOT_FOUND,
// HOLD_RESOLVED.
absl::StatusOr<const Hold*> RequireOpenHold(Books& books, const Posting& posting,
                                            const HoldId& id) {
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kCorrect));
  ASSIGN_OR_RETURN(const Hold* hold, books.FindHold(id));
  if (hold == nullptr || hold->member != posting.member) return NoSuchHold(id);
  if (hold->held() == 0) {
    return Error(Reason::kHoldResolved, "the hold was captured or voided, or has run out");
  }
  return hold;
}

// What a hold pins, in the order of spending.
absl::StatusOr<std::vector<const Lot*>> PinnedLots(Books& books, const Hold& hold) {
  const int32_t partition = PartitionOf(books.program(), hold.member);
  std::vector<const Lot*> lots;
  for (const auto& [seq, points] : hold.pins) {
    if (points == 0) continue;
    ASSIGN_OR_RETURN(const Lot* lot, books.FindLot({partition, seq}));
    lots.push_back(lot);
  }
  std::sort(lots.begin(), lots.end(), SpendOrderOfPointers());
  return lots;
}

absl::Status PinLots(Books& books, const Holding& holding, std::vector<Allocation> allocations) {
  const Posting& posting = holding.posting;
  Fact fact = Move(posting, Account::kAvailable, Account::kHeld, holding.points);
  fact.about = holding.hold.uuid;
  fact.hold_until = books.recorded_at() + holding.life;
  fact.allocations = std::move(allocations);
  return books.Post(std::move(fact)).status();
}

absl::Status CheckLife(const Unit& unit, absl::Duration life) {
  const absl::Duration longest = absl::Hours(unit.max_hold_hours);
  if (life > absl::ZeroDuration() && life <= longest) return absl::OkStatus();
  return FieldError(Reason::kHoldTooLong, "life_seconds",
                    absl::StrCat("a hold lives longer than 0 and at most ",
                                 absl::FormatDuration(longest), " here"));
}

}  // namespace

absl::StatusOr<std::vector<Allocation>> TakeFromLots(Books& books, const MemberId& member,
                                                     int16_t unit, int64_t points) {
  RETURN_IF_ERROR(CheckPoints(points));
  const int64_t available = books.WalletOf(member, unit).available;
  if (available < points) return Insufficient(available, points);
  ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.SpendableLots(member, unit, points));
  std::vector<Allocation> allocations;
  for (const Lot* lot : lots) {
    const int64_t part = std::min(points, lot->available);
    if (part == 0) break;
    allocations.push_back({lot->key.seq, lot->key.seq, part});
    points -= part;
  }
  if (points > 0) return Error(Reason::kBooksDamaged, "a wallet holds more than its lots");
  return allocations;
}

absl::Status Spend(Books& books, const Posting& posting, int64_t points) {
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kSpend));
  RETURN_IF_ERROR(books.UnitOf(posting.unit).status());
  Fact fact = Move(posting, Account::kAvailable, Account::kRedeemed, points);
  ASSIGN_OR_RETURN(fact.allocations, TakeFromLots(books, posting.member, posting.unit, points));
  return books.Post(std::move(fact)).status();
}

absl::StatusOr<Hold> PlaceHold(Books& books, const Holding& holding) {
  const Posting& posting = holding.posting;
  RETURN_IF_ERROR(Settle(books, posting.member));
  RETURN_IF_ERROR(books.Permit(posting.member, Deed::kSpend));
  ASSIGN_OR_RETURN(const Unit unit, books.UnitOf(posting.unit));
  RETURN_IF_ERROR(CheckLife(unit, holding.life));
  ASSIGN_OR_RETURN(std::vector<Allocation> allocations,
                   TakeFromLots(books, posting.member, posting.unit, holding.points));
  RETURN_IF_ERROR(PinLots(books, holding, std::move(allocations)));
  return *books.PeekHold(holding.hold);
}

absl::StatusOr<Hold> HoldVoucher(Books& books, const Holding& holding, const VoucherId& id) {
  ASSIGN_OR_RETURN(const VoucherState state, RequireLiveVoucher(books, id, holding.points));
  RETURN_IF_ERROR(books.Permit(state.voucher.member, Deed::kSpend));
  ASSIGN_OR_RETURN(const Unit unit, books.UnitOf(state.lot.unit));
  RETURN_IF_ERROR(CheckLife(unit, holding.life));
  Holding pinned = holding;
  pinned.posting.member = state.voucher.member;
  pinned.posting.unit = state.lot.unit;
  const int64_t seq = state.lot.key.seq;
  RETURN_IF_ERROR(PinLots(books, pinned, {{seq, seq, holding.points}}));
  return *books.PeekHold(holding.hold);
}

absl::StatusOr<int64_t> CaptureHold(Books& books, const Posting& posting, const HoldId& id,
                                    int64_t points) {
  ASSIGN_OR_RETURN(const Hold* hold, RequireOpenHold(books, posting, id));
  const int64_t held = hold->held();
  if (points == 0) points = held;
  RETURN_IF_ERROR(CheckPoints(points));
  if (points > held) {
    return Error(Reason::kInsufficientPoints,
                 absl::StrCat("the hold pins ", held, ", not ", points),
                 {{"available_points", absl::StrCat(held)}});
  }
  Fact captured = Move(posting, Account::kHeld, Account::kRedeemed, points);
  captured.unit = hold->unit;
  captured.about = id.uuid;
  ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, PinnedLots(books, *hold));
  int64_t left = points;
  for (const Lot* lot : lots) {
    const int64_t part = std::min(left, hold->pins.at(lot->key.seq));
    if (part > 0) captured.allocations.push_back({lot->key.seq, lot->key.seq, part});
    left -= part;
  }
  RETURN_IF_ERROR(books.Post(captured).status());
  if (held > points) {
    Fact rest = Move(posting, Account::kHeld, Account::kAvailable, 0);
    rest.kind = FactKind::kHoldReleased;
    rest.unit = hold->unit;
    RETURN_IF_ERROR(ReleaseHold(books, std::move(rest), id));
  }
  return points;
}

absl::StatusOr<int64_t> VoidHold(Books& books, const Posting& posting, const HoldId& id) {
  ASSIGN_OR_RETURN(const Hold* hold, RequireOpenHold(books, posting, id));
  const int64_t held = hold->held();
  Fact fact = Move(posting, Account::kHeld, Account::kAvailable, 0);
  fact.unit = hold->unit;
  RETURN_IF_ERROR(ReleaseHold(books, std::move(fact), id));
  return held;
}

absl::Status ReleaseHold(Books& books, Fact fact, const HoldId& id) {
  ASSIGN_OR_RETURN(const Hold* hold, books.FindHold(id));
  ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, PinnedLots(books, *hold));
  fact.debit = Account::kHeld;
  fact.credit = Account::kAvailable;
  fact.about = id.uuid;
  fact.points = 0;
  fact.allocations.clear();
  for (const Lot* lot : lots) {
    const int64_t pinned = hold->pins.at(lot->key.seq);
    fact.points += pinned;
    fact.allocations.push_back({lot->key.seq, lot->key.seq, pinned});
  }
  RETURN_IF_ERROR(books.Post(fact).status());
  for (const Lot* lot : lots) {
    RETURN_IF_ERROR(MakeGood(books, fact, lot->key));
    RETURN_IF_ERROR(EndIfOver(books, fact, lot->key, absl::ZeroDuration()));
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
