#include "services/thanks/deliveries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/purchase_posting.h"
#include "services/thanks/purchases.h"
#include "services/thanks/return_contract.h"

namespace gratis::thanks {
namespace {

// Makes what waited for the delivery ready to be spent, or says when it will be.
absl::Status ReadyOrWait(ledger::Books& books, const Purchase& purchase, const Uuid& transaction,
                         Arrival& arrival) {
  if (!purchase.pending.waits()) return absl::OkStatus();
  const absl::Time at = AvailableAt(purchase.pending, purchase.delivered_at);
  if (at <= books.recorded_at()) {
    ASSIGN_OR_RETURN(arrival.activated_points, ActivatePoints(books, purchase, transaction, at));
  } else if (at < purchase.pending.latest_at) {
    // The wallet itself knows how long they wait at most.
    arrival.waits = DueActivation{.due_at = at, .purchase = purchase.id};
  }
  return absl::OkStatus();
}

absl::Status PostDelivery(ledger::Books& books, const ledger::Envelope& envelope,
                          const Uuid& transaction, const Purchase& purchase) {
  const MemberId& member = purchase.member;
  RETURN_IF_ERROR(books.CheckNotErased(member));
  return books
      .Post(
          {.kind = ledger::FactKind::kDelivery,
           .transaction = ledger::Beside(envelope.program, member, TransactionId{transaction}),
           .member = member,
           .effective_at = purchase.delivered_at,
           .source = purchase.id.ToString(),
           .detail = absl::StrCat("{\"purchase\":", base::JsonString(purchase.id.ToString()), "}")})
      .status();
}

absl::StatusOr<std::vector<Followed>> FollowDelivery(ledger::Books& books, PurchaseRun& run,
                                                     const ledger::Envelope& envelope,
                                                     const Purchase& purchase) {
  return run.Follow(books, envelope,
                    {.occasion = Occasion::kDelivery,
                     .purchase = purchase,
                     .buyer = run.BuyerOf(purchase.member),
                     .at = purchase.delivered_at});
}

}  // namespace

absl::StatusOr<Arrival> Arrive(ledger::Books& books, PurchaseRun& run,
                               const ledger::Envelope& envelope, const Uuid& transaction,
                               absl::Time delivered_at, Purchase& purchase) {
  purchase.delivered_at = delivered_at;
  Arrival arrival{.delivery = {purchase.id, delivered_at, books.recorded_at()}};
  if (purchase.member.IsNil()) return arrival;
  RETURN_IF_ERROR(PostDelivery(books, envelope, transaction, purchase));
  RETURN_IF_ERROR(ReadyOrWait(books, purchase, transaction, arrival));
  ASSIGN_OR_RETURN(arrival.followed, FollowDelivery(books, run, envelope, purchase));
  return arrival;
}

absl::StatusOr<std::vector<Followed>> TellArrived(ledger::Books& books, PurchaseRun& run,
                                                  const ledger::Envelope& envelope,
                                                  const Uuid& transaction,
                                                  const Purchase& purchase) {
  RETURN_IF_ERROR(PostDelivery(books, envelope, transaction, purchase));
  return FollowDelivery(books, run, envelope, purchase);
}

void AddRows(const Arrival& arrival, PurchaseRows& rows) {
  rows.deliveries.push_back(arrival.delivery);
  if (arrival.waits) rows.activations.push_back(*arrival.waits);
}

std::optional<absl::Time> DeliveredAmong(absl::Span<const Parked> parked) {
  for (const Parked& one : parked) {
    if (one.is_delivery()) return one.delivered_at;
  }
  return std::nullopt;
}

RecordDelivery::RecordDelivery(DeliveryOrder order, ledger::DirectoryKey name,
                               const Located& located, base::IdSource& ids, absl::Time now)
    : order_(std::move(order)),
      name_(std::move(name)),
      located_(located),
      stub_{ids.Next(now)},
      transaction_{ids.Next(now)} {}

void RecordDelivery::AddPurchaseWants(PurchaseWants& wants) const {
  WantLocated(located_, wants);
  if (located_.where == Located::Where::kNowhere) wants.names.push_back(name_.hash);
}

absl::StatusOr<std::string> RecordDelivery::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(order_.delivered_at, envelope.now, order_.statable_past),
              "delivered_at"));
  done_.reset();
  parked_.reset();
  if (located_.where == Located::Where::kNowhere) return Park(books);
  ASSIGN_OR_RETURN(const StoredPurchase* stored, FindLocated(run(), located_));
  if (stored->purchase.delivered_at != absl::InfiniteFuture()) {
    return DeliveryAnswer({.purchase = stored->purchase, .known = true});
  }
  StoredPurchase delivered = *stored;
  member_ = delivered.purchase.member;
  ASSIGN_OR_RETURN(done_, Arrive(books, run(), envelope, transaction_.uuid, order_.delivered_at,
                                 delivered.purchase));
  std::string answer = DeliveryAnswer({.purchase = delivered.purchase,
                                       .activated_points = done_->activated_points,
                                       .followed = done_->followed});
  if (!envelope.validate_only) KeepLocated(run(), located_, std::move(delivered));
  return answer;
}

absl::StatusOr<std::string> RecordDelivery::Park(ledger::Books& books) {
  const std::vector<Parked>& before = run().ParkedFor(name_.hash);
  if (books.FindEntry(name_) && before.empty()) return ElsewhereByNow();
  if (const auto told = DeliveredAmong(before)) return ParkedDeliveryAnswer(*told, /*known=*/true);
  parked_ = Parked{.partition = run().partition(),
                   .purchase = before.empty() ? stub_ : before.front().purchase,
                   .number = static_cast<int32_t>(before.size()) + 1,
                   .came = {},
                   .delivered_at = order_.delivered_at};
  if (before.empty()) books.Claim(name_, PlaceOf(name_), parked_->purchase.uuid);
  if (!envelope.validate_only) run().Park(name_.hash, *parked_);
  return ParkedDeliveryAnswer(order_.delivered_at, /*known=*/false);
}

void RecordDelivery::AddRows(PurchaseRows& rows) const {
  if (parked_) rows.parked.emplace_back(name_.hash, *parked_);
  if (!done_) return;
  thanks::AddRows(*done_, rows);
  if (!member_.IsNil()) rows.decided.push_back(done_->delivery.purchase);
}

}  // namespace gratis::thanks
