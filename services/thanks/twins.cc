#include "services/thanks/twins.h"

#include <algorithm>
#include <utility>

#include "common/status/macros.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/purchase_contract.h"
#include "services/thanks/purchases.h"

namespace gratis::thanks {

RecordTwin::RecordTwin(OrderKey order, const MemberId& member, ledger::DirectoryKey name,
                       const Located& located, base::IdSource& ids, absl::Time now)
    : order_(std::move(order)),
      member_(member),
      name_(std::move(name)),
      located_(located),
      transaction_{ids.Next(now)} {}

void RecordTwin::AddPurchaseWants(PurchaseWants& wants) const {
  WantLocated(located_, wants);
  wants.names.push_back(name_.hash);
}

absl::StatusOr<std::string> RecordTwin::Decide(ledger::Books& books) {
  early_ = {};
  arrived_.reset();
  moves_.clear();
  ASSIGN_OR_RETURN(const StoredPurchase* stored, FindLocated(run(), located_));
  purchase_ = stored->purchase;
  const auto own = books.FindEntry(name_);
  const std::vector<Parked>& waiting = run().ParkedFor(name_.hash);
  unparked_ = !waiting.empty();
  // A name that returns wait under leads to nothing yet.
  if (own && !unparked_) return PurchaseExists(order_, {own->id});
  RETURN_IF_ERROR(CheckWhose(books, order_, member_, purchase_.id, purchase_.member));
  if (unparked_) {
    moves_.push_back(
        {waiting.front().partition, waiting.front().purchase, located_.place, purchase_.id});
    RETURN_IF_ERROR(TakeUpWaiting(books, *stored));
  } else {
    books.Claim(name_, located_.place, purchase_.id.uuid);
  }
  return TwinAnswer(purchase_.id, early_.taken, envelope.validate_only);
}

absl::Status RecordTwin::TakeUpWaiting(ledger::Books& books, const StoredPurchase& stored) {
  const std::vector<Parked>& parked = run().ParkedFor(name_.hash);
  const TransactionId transaction{
      ledger::InPartition(envelope.program, run().partition(), transaction_.uuid)};
  ASSIGN_OR_RETURN(early_,
                   DoEarly(books, ReturnsAmong(parked), transaction, stored.returns, purchase_));
  const std::optional<absl::Time> delivered_at = DeliveredAmong(parked);
  if (delivered_at && purchase_.delivered_at == absl::InfiniteFuture()) {
    ASSIGN_OR_RETURN(arrived_,
                     Arrive(books, run(), envelope, transaction_.uuid, *delivered_at, purchase_));
  }
  if (!purchase_.member.IsNil()) RETURN_IF_ERROR(NoteReturned(books, stored));
  if (envelope.validate_only) return absl::OkStatus();
  run().Unpark(name_.hash);
  StoredPurchase kept{purchase_, stored.returns};
  for (const NumberedReturn& one : early_.returns) kept.returns.push_back(one.came);
  KeepLocated(run(), located_, std::move(kept));
  return absl::OkStatus();
}

absl::Status RecordTwin::NoteReturned(ledger::Books& books, const StoredPurchase& stored) {
  const Returned& before = stored.purchase.returned;
  if (purchase_.returned == before) return absl::OkStatus();
  const MemberId& member = purchase_.member;
  Buyer buyer = run().BuyerOf(member);
  const bool came_wholly = purchase_.returned.whole && !before.whole;
  if (came_wholly) buyer.kept = std::max<int64_t>(0, buyer.kept - 1);
  RETURN_IF_ERROR(run()
                      .Follow(books, envelope,
                              {.occasion = Occasion::kReturn,
                               .purchase = purchase_,
                               .buyer = buyer,
                               .at = books.recorded_at()})
                      .status());
  if (envelope.validate_only) return absl::OkStatus();
  if (came_wholly) run().SetBuyer(member, buyer);
  run().Count(member, TakenSince(purchase_, before));
  return absl::OkStatus();
}

void RecordTwin::AddRows(PurchaseRows& rows) const {
  rows.moves.insert(rows.moves.end(), moves_.begin(), moves_.end());
  if (!unparked_) return;
  rows.unparked.push_back(name_.hash);
  rows.returns.insert(rows.returns.end(), early_.returns.begin(), early_.returns.end());
  if (arrived_) thanks::AddRows(*arrived_, rows);
  if (!purchase_.member.IsNil()) rows.decided.push_back(purchase_.id);
}

}  // namespace gratis::thanks
