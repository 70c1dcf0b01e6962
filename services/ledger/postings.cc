#include "services/ledger/postings.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/merging.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {
namespace {

using ledger::Books;
using ledger::Envelope;
using ledger::FactKind;

// Whose points, and of what unit.
struct Place {
  MemberId member;
  int16_t unit = ledger::kPointsUnit;
};

// Errors: UNIT_NOT_FOUND.
absl::StatusOr<ledger::Unit> OwnUnit(const Books& books, std::string_view code) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(code));
  if (!ledger::IsVoucherUnit(unit.number)) return unit;
  return FieldError(Reason::kUnitNotFound, "unit",
                    absl::StrCat("\"", unit.code, "\" is kept in vouchers"));
}

// Errors: EFFECTIVE_TIME_INVALID.
absl::StatusOr<ledger::Posting> PostingOf(FactKind kind, const Stamp& stamp, const Place& place,
                                          const Envelope& envelope) {
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(stamp.effective_at, stamp.statable_past, envelope.now));
  return ledger::Posting{.kind = kind,
                         .transaction = stamp.transaction,
                         .member = place.member,
                         .unit = place.unit,
                         .effective_at = effective_at,
                         .source = stamp.source,
                         .detail = ""};
}

// The wallet is that of who the member is by now: what was done before a merge is corrected there.
Posted PostedOf(const ledger::Posting& posting, const Envelope& envelope, Books& books) {
  const MemberId member = ledger::SurvivorOf(books, posting.member).value_or(posting.member);
  return {.transaction = posting.transaction,
          .wallet = books.WalletOf(member, posting.unit),
          .tell_wallet = envelope.MayTell(member),
          .recorded_at = books.recorded_at()};
}

// Errors: HOLD_NOT_FOUND.
absl::StatusOr<ledger::Hold> RequireHold(Books& books, const HoldId& id) {
  ASSIGN_OR_RETURN(const ledger::Hold* hold, books.FindHold(id));
  if (hold != nullptr) return *hold;
  return FieldError(Reason::kHoldNotFound, "hold_id",
                    absl::StrCat("the program has no hold ", id.ToString()));
}

// Whose points a transaction moved. Errors: TRANSACTION_NOT_FOUND.
absl::StatusOr<Place> PlaceOf(Books& books, const TransactionId& transaction) {
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(transaction));
  if (rows.empty() || rows.front().row.fact.member.IsNil()) {
    return FieldError(Reason::kTransactionNotFound, "transaction_id",
                      absl::StrCat("the program has no posting ", transaction.ToString()));
  }
  const ledger::Fact& fact = rows.front().row.fact;
  return Place{fact.member, fact.unit};
}

absl::StatusOr<int64_t> PointsOf(const EarnOrder& order, const ledger::Unit& unit) {
  if (order.points) return *order.points;
  if (*order.milli_points <= 0) {
    return FieldError(Reason::kPointsNotPositive, "milli_points", "points to earn are above 0");
  }
  return ledger::RoundPoints(unit, *order.milli_points);
}

bool NeedsSecondPerson(const ledger::Unit& unit, int64_t points) {
  return unit.adjust_limit > 0 && std::abs(points) > unit.adjust_limit;
}

absl::Status NoSuchAdjustment(const AdjustmentId& adjustment) {
  return FieldError(Reason::kAdjustmentNotFound, "adjustment_id",
                    absl::StrCat("the program has no adjustment ", adjustment.ToString(),
                                 " that takes a second person"));
}

absl::Status AlreadyResolved(const AdjustmentId& adjustment, const ledger::Fact& by) {
  const bool done = by.kind == FactKind::kAdjusted;
  return Error(Reason::kAdjustmentResolved,
               absl::StrCat(adjustment.ToString(), " was ", done ? "approved" : "rejected",
                            " before, on ", base::FormatTime(by.effective_at)),
               {{"state", done ? "POSTED" : "REJECTED"}});
}

// The request that waits under this id. Errors: ADJUSTMENT_NOT_FOUND, ADJUSTMENT_RESOLVED.
absl::StatusOr<ledger::JournalRow> WaitingAdjustment(Books& books, const AdjustmentId& id) {
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(TransactionId{id.uuid}));
  if (rows.empty() || rows.front().row.fact.kind != FactKind::kAdjustmentRequested) {
    return NoSuchAdjustment(id);
  }
  const auto resolved = std::find_if(rows.begin(), rows.end(), [](const ledger::PostedRow& posted) {
    return ledger::ResolvesAdjustment(posted.row.fact);
  });
  if (resolved != rows.end()) return AlreadyResolved(id, resolved->row.fact);
  return rows.front().row;
}

// What is spent first, as far as it can be told from the order alone. Of points, that is; the code
// of another unit says its number only when the units were read.
void AddLots(const MemberId& member, std::string_view unit, ledger::Wants& wants) {
  constexpr int kAtFirst = 16;
  if (unit.empty()) wants.lots[{member, ledger::kPointsUnit}] = kAtFirst;
}

}  // namespace

absl::StatusOr<Earned> Post(const EarnOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, OwnUnit(books, order.unit));
  ASSIGN_OR_RETURN(const int64_t points, PointsOf(order, unit));
  RETURN_IF_ERROR(ledger::CheckPoints(points));
  ASSIGN_OR_RETURN(ledger::Posting posting,
                   PostingOf(FactKind::kEarn, order.stamp, {order.member, unit.number}, envelope));
  if (order.expires_at && *order.expires_at <= posting.effective_at) {
    return FieldError(Reason::kFieldInvalid, "expires_at",
                      "points end after they took effect, not before");
  }
  RETURN_IF_ERROR(ledger::Earn(books, {.posting = posting,
                                       .points = points,
                                       .origin = order.origin,
                                       .available_at = order.available_at,
                                       .expires_at = order.expires_at,
                                       .budget = order.budget,
                                       .about = {}}));
  // What is brought in late may have ended since: the answer is what can be spent.
  RETURN_IF_ERROR(ledger::Settle(books, order.member));
  return Earned{PostedOf(posting, envelope, books), points};
}

absl::StatusOr<Posted> Post(const SpendOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, OwnUnit(books, order.unit));
  ASSIGN_OR_RETURN(const ledger::Posting posting,
                   PostingOf(FactKind::kSpend, order.stamp, {order.member, unit.number}, envelope));
  RETURN_IF_ERROR(ledger::Spend(books, posting, order.points));
  return PostedOf(posting, envelope, books);
}

absl::StatusOr<Placed> Post(const HoldOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, OwnUnit(books, order.unit));
  ASSIGN_OR_RETURN(const ledger::Posting posting, PostingOf(FactKind::kHoldPlaced, order.stamp,
                                                            {order.member, unit.number}, envelope));
  ASSIGN_OR_RETURN(const ledger::Hold hold, ledger::PlaceHold(books, {.posting = posting,
                                                                      .hold = order.hold,
                                                                      .points = order.points,
                                                                      .life = order.life}));
  return Placed{PostedOf(posting, envelope, books), hold};
}

absl::StatusOr<Captured> Post(const CaptureOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Hold hold, RequireHold(books, order.hold));
  ASSIGN_OR_RETURN(const ledger::Posting posting, PostingOf(FactKind::kHoldCaptured, order.stamp,
                                                            {hold.member, hold.unit}, envelope));
  ASSIGN_OR_RETURN(const int64_t captured,
                   ledger::CaptureHold(books, posting, order.hold, order.points));
  return Captured{PostedOf(posting, envelope, books), captured, hold.held() - captured};
}

absl::StatusOr<Released> Post(const VoidOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Hold hold, RequireHold(books, order.hold));
  ASSIGN_OR_RETURN(const ledger::Posting posting, PostingOf(FactKind::kHoldReleased, order.stamp,
                                                            {hold.member, hold.unit}, envelope));
  ASSIGN_OR_RETURN(const int64_t released, ledger::VoidHold(books, posting, order.hold));
  return Released{PostedOf(posting, envelope, books), released};
}

absl::StatusOr<Undone> Post(const ReverseOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const Place place, PlaceOf(books, order.undone));
  ASSIGN_OR_RETURN(const ledger::Posting posting,
                   PostingOf(FactKind::kEarnReversed, order.stamp, place, envelope));
  ASSIGN_OR_RETURN(const ledger::Reversed reversed,
                   ledger::Reverse(books, {.posting = posting,
                                           .undone = order.undone,
                                           .points = order.points,
                                           .clawback = order.clawback}));
  return Undone{PostedOf(posting, envelope, books), reversed};
}

absl::StatusOr<Activated> Post(const ActivateOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const Place place, PlaceOf(books, order.earned_by));
  ASSIGN_OR_RETURN(const ledger::Posting posting,
                   PostingOf(FactKind::kActivated, order.stamp, place, envelope));
  ASSIGN_OR_RETURN(const int64_t points, ledger::Activate(books, posting, order.earned_by));
  return Activated{PostedOf(posting, envelope, books), points};
}

absl::StatusOr<Adjusted> Post(const AdjustOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, OwnUnit(books, order.unit));
  ASSIGN_OR_RETURN(const ledger::Posting posting, PostingOf(FactKind::kAdjusted, order.stamp,
                                                            {order.member, unit.number}, envelope));
  if (!NeedsSecondPerson(unit, order.points)) {
    RETURN_IF_ERROR(ledger::Adjust(books, posting, order.points));
    RETURN_IF_ERROR(ledger::Settle(books, posting.member));
    return Adjusted{PostedOf(posting, envelope, books), false};
  }
  RETURN_IF_ERROR(ledger::Settle(books, posting.member));
  RETURN_IF_ERROR(books
                      .Post({.kind = FactKind::kAdjustmentRequested,
                             .transaction = posting.transaction,
                             .member = posting.member,
                             .unit = posting.unit,
                             .effective_at = posting.effective_at,
                             .source = posting.source,
                             .detail = AdjustmentDetail(order.points),
                             .about = posting.transaction.uuid})
                      .status());
  return Adjusted{PostedOf(posting, envelope, books), true};
}

absl::StatusOr<Approved> Post(const ApproveOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::JournalRow request, WaitingAdjustment(books, order.adjustment));
  if (request.actor == envelope.actor) {
    return Error(Reason::kSecondPersonNeeded,
                 "whoever requested an adjustment does not approve it; use another key");
  }
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(order.effective_at, order.statable_past, envelope.now));
  const std::optional<int64_t> points = PointsOfAdjustment(request.fact.detail);
  if (!points) return Error(Reason::kBooksDamaged, "a requested adjustment says no points");
  const ledger::Posting posting{.kind = FactKind::kAdjusted,
                                .transaction = request.fact.transaction,
                                .member = request.fact.member,
                                .unit = request.fact.unit,
                                .effective_at = effective_at,
                                .source = request.fact.source,
                                .detail = ResolutionDetail(request.actor, order.why)};
  RETURN_IF_ERROR(ledger::Adjust(books, posting, *points, order.adjustment));
  return Approved{PostedOf(posting, envelope, books), *points};
}

absl::StatusOr<Rejected> Post(const RejectOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::JournalRow request, WaitingAdjustment(books, order.adjustment));
  if (request.actor != envelope.actor && !order.others) {
    return Error(Reason::kRoleNotAllowed,
                 "this key withdraws only what it requested itself; another's adjustment is "
                 "rejected with a key of the role finance or admin");
  }
  ASSIGN_OR_RETURN(const absl::Time effective_at,
                   EffectiveTime(order.effective_at, order.statable_past, envelope.now));
  ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(request.fact.unit));
  RETURN_IF_ERROR(books
                      .Post({.kind = FactKind::kAdjustmentRejected,
                             .transaction = request.fact.transaction,
                             .member = request.fact.member,
                             .unit = request.fact.unit,
                             .effective_at = effective_at,
                             .source = order.reason,
                             .detail = ResolutionDetail(request.actor),
                             .about = order.adjustment.uuid})
                      .status());
  const ledger::ListedAdjustment::Resolution resolution{.kind = FactKind::kAdjustmentRejected,
                                                        .recorded_at = books.recorded_at(),
                                                        .actor = envelope.actor,
                                                        .source = order.reason};
  return Rejected{.adjustment = {.request = request, .resolution = resolution}, .unit = unit.code};
}

absl::StatusOr<Posted> Post(const TransferOrder& order, const Envelope& envelope, Books& books) {
  ASSIGN_OR_RETURN(const ledger::Unit unit, OwnUnit(books, order.unit));
  ASSIGN_OR_RETURN(const ledger::Posting posting, PostingOf(FactKind::kTransferredOut, order.stamp,
                                                            {order.member, unit.number}, envelope));
  if (const absl::Status known = books.RequireHolder(order.to);
      ReasonOf(known) == Reason::kMemberNotFound) {
    return FieldError(Reason::kMemberNotFound, "to_member_id", base::Std(known.message()));
  }
  RETURN_IF_ERROR(
      ledger::TransferPoints(books, {.posting = posting, .to = order.to, .points = order.points}));
  return PostedOf(posting, envelope, books);
}

void AddNeedsOf(const EarnOrder& order, ledger::Wants& wants) {
  if (!order.budget.IsNil()) wants.budgets.insert(order.budget);
}
void AddNeedsOf(const SpendOrder& order, ledger::Wants& wants) {
  AddLots(order.member, order.unit, wants);
}
void AddNeedsOf(const HoldOrder& order, ledger::Wants& wants) {
  AddLots(order.member, order.unit, wants);
}
void AddNeedsOf(const CaptureOrder& order, ledger::Wants& wants) { wants.holds.insert(order.hold); }
void AddNeedsOf(const VoidOrder& order, ledger::Wants& wants) { wants.holds.insert(order.hold); }
void AddNeedsOf(const ReverseOrder& order, ledger::Wants& wants) {
  wants.transactions.insert(order.undone);
}
void AddNeedsOf(const ActivateOrder& order, ledger::Wants& wants) {
  wants.transactions.insert(order.earned_by);
}
void AddNeedsOf(const AdjustOrder& order, ledger::Wants& wants) {
  if (order.points < 0) AddLots(order.member, order.unit, wants);
}
void AddNeedsOf(const ApproveOrder& order, ledger::Wants& wants) {
  wants.transactions.insert({order.adjustment.uuid});
}
void AddNeedsOf(const RejectOrder& order, ledger::Wants& wants) {
  wants.transactions.insert({order.adjustment.uuid});
}
void AddNeedsOf(const TransferOrder& order, ledger::Wants& wants) {
  AddLots(order.member, order.unit, wants);
}

}  // namespace gratis::ledger_service
