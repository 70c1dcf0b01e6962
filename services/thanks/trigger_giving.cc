#include "services/thanks/trigger_giving.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

// What it is for, unlike anything else.
std::string NameOf(const TriggerResult& result, std::string_view what) {
  const std::string subject =
      result.purchase.IsNil() ? result.member.ToString() : result.purchase.ToString();
  return absl::StrCat(base::Abs(what), " ", subject, " ", result.trigger);
}

TransactionId TransactionFor(const ledger::Program& program, const TriggerResult& result,
                             absl::Time now) {
  return ledger::Beside(program, result.member,
                        TransactionId{IdFor(NameOf(result, "thanks"), now)});
}

ledger::Posting PostingFor(const TriggerResult& result, const GivingOrder& order,
                           ledger::FactKind kind) {
  return {.kind = kind,
          .transaction = result.transaction,
          .member = result.member,
          .effective_at = order.now,
          .source = result.purchase.IsNil() ? "sign-up" : result.purchase.ToString(),
          .detail = ""};
}

std::string OriginOf(const Trigger& trigger) { return absl::StrCat("trigger:", trigger.code); }

absl::Time EndOf(const TriggerVoucher& voucher, absl::Time now) {
  return voucher.valid_days == 0 ? absl::InfiniteFuture()
                                 : now + absl::Hours(24) * voucher.valid_days;
}

// What becomes of the evergreen voucher that lives.
struct Renewal {
  VoucherId kept;         // nil: the next is issued
  bool paid_for = false;  // the next promises nothing that the one it replaces did not
};

// Whether one is what the trigger gives by now: it may have been changed since.
bool IsAlike(const ledger::VoucherTerms& terms, const TriggerVoucher& voucher) {
  return terms.kind == voucher.kind && terms.basis_points == voucher.basis_points &&
         terms.item == voucher.item;
}

// It is kept, unless it ends before `ends`: then it is made worthless, so that the next takes its
// place.
absl::StatusOr<Renewal> KeepOrEnd(ledger::Books& books, const GivingOrder& order,
                                  const TriggerResult& result, absl::Time ends) {
  RETURN_IF_ERROR(ledger::Settle(books, result.member));
  ASSIGN_OR_RETURN(const std::vector<const ledger::Voucher*> live,
                   books.LiveVouchers(result.member));
  const std::string origin = OriginOf(order.trigger);
  const auto found = std::find_if(live.begin(), live.end(), [&](const ledger::Voucher* voucher) {
    return voucher->terms.origin == origin;
  });
  if (found == live.end()) return Renewal{};
  const VoucherId id = (*found)->id;
  ASSIGN_OR_RETURN(const ledger::VoucherState state, ledger::FindVoucher(books, id));
  // One that is held for an order, or owed, stays as it is.
  if (state.lot.available == 0 || state.lot.held > 0 || state.lot.expires_at >= ends) {
    return Renewal{.kept = id};
  }
  ASSIGN_OR_RETURN(
      const int64_t left,
      ledger::VoidVoucher(books, PostingFor(result, order, ledger::FactKind::kVoucherVoided), id));
  const TriggerVoucher& next = *order.trigger.voucher;
  return Renewal{.kept = {}, .paid_for = IsAlike(state.voucher.terms, next) && left >= next.worth};
}

absl::Status GiveVoucher(ledger::Books& books, const GivingOrder& order, TriggerResult& result) {
  const TriggerVoucher& voucher = *order.trigger.voucher;
  const absl::Time ends = EndOf(voucher, order.now);
  Renewal renewal;
  if (voucher.evergreen) {
    ASSIGN_OR_RETURN(renewal, KeepOrEnd(books, order, result, ends));
    result.voucher = renewal.kept;
    if (!result.voucher.IsNil()) return absl::OkStatus();
  }
  const ledger::Program& program = books.program();
  const VoucherId id = ledger::Beside(program, result.member,
                                      VoucherId{IdFor(NameOf(result, "voucher"), order.now)});
  RETURN_IF_ERROR(ledger::IssueVoucher(
      books, {.posting = PostingFor(result, order, ledger::FactKind::kVoucherIssued),
              .voucher = id,
              .terms = {.kind = voucher.kind,
                        .basis_points = voucher.basis_points,
                        .item = voucher.item,
                        .origin = OriginOf(order.trigger),
                        .one_live = voucher.evergreen},
              .worth = voucher.worth,
              .expires_at = ends,
              .budget = renewal.paid_for ? BudgetId{} : order.trigger.budget}));
  books.Claim(order.codes.NameOf(program.number, id), result.member, id.uuid);
  result.voucher = id;
  return absl::OkStatus();
}

absl::Status Post(ledger::Books& books, const GivingOrder& order, const TriggerResult& result) {
  ledger::Posting posting = PostingFor(result, order, ledger::FactKind::kThankYou);
  posting.detail = FiguresOf(result, order.trigger);
  if (order.trigger.points > 0) {
    return ledger::Earn(books, {.posting = std::move(posting),
                                .points = order.trigger.points,
                                .origin = ledger::Origin::kGiven,
                                .available_at = absl::InfinitePast(),
                                .expires_at = std::nullopt,
                                .budget = order.trigger.budget,
                                .about = {}});
  }
  return books
      .Post({.kind = posting.kind,
             .transaction = posting.transaction,
             .member = posting.member,
             .effective_at = posting.effective_at,
             .source = posting.source,
             .detail = posting.detail})
      .status();
}

absl::Status GiveAndPost(ledger::Books& books, const GivingOrder& order, TriggerResult& result) {
  if (order.trigger.voucher) RETURN_IF_ERROR(GiveVoucher(books, order, result));
  return Post(books, order, result);
}

// Less is left of the budget than it takes, or it is none that can pay for it.
bool IsOfBudget(std::optional<Reason> reason) {
  return reason == Reason::kBudgetExhausted || reason == Reason::kBudgetNotFound;
}

}  // namespace

Uuid IdFor(std::string_view what, absl::Time at) {
  const base::Digest digest = base::Sha256(what);
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  const auto milliseconds = static_cast<uint64_t>(absl::ToUnixMillis(at));
  for (size_t i = 0; i < 6; ++i) {
    uuid.bytes[i] = static_cast<uint8_t>(milliseconds >> (8 * (5 - i)));
  }
  uuid.bytes[6] = static_cast<uint8_t>(0x70 | (uuid.bytes[6] & 0x0F));
  uuid.bytes[8] = static_cast<uint8_t>(0x80 | (uuid.bytes[8] & 0x3F));
  return uuid;
}

absl::Status Give(ledger::Books& books, const GivingOrder& order, TriggerResult& result) {
  result.outcome = TriggerOutcome::kGiven;
  result.why = TriggerWhy::kNone;
  result.decided_at = order.now;
  result.points = order.trigger.points;
  result.transaction = TransactionFor(books.program(), result, order.now);
  const ledger::Books::Mark mark = books.mark();
  const absl::Status given = GiveAndPost(books, order, result);
  if (!IsOfBudget(ReasonOf(given))) return given;
  // The voucher that was to be replaced lives on.
  books.UndoTo(mark);
  result.outcome = TriggerOutcome::kWithheld;
  result.why = TriggerWhy::kBudgetUsedUp;
  result.points = 0;
  result.voucher = {};
  result.transaction = {};
  return absl::OkStatus();
}

absl::Status CallOff(ledger::Books& books, absl::Time now, const TriggerResult& result) {
  return books
      .Post({.kind = ledger::FactKind::kThanksCancelled,
             .transaction = TransactionFor(books.program(), result, now),
             .member = result.member,
             .effective_at = now,
             .source = result.purchase.IsNil() ? "sign-up" : result.purchase.ToString(),
             .detail = CancelFigures(result)})
      .status();
}

}  // namespace gratis::thanks
