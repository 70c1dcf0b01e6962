#include "services/thanks/returns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/purchases.h"
#include "services/thanks/return_contract.h"

namespace gratis::thanks {
namespace {

absl::Status Twice(const std::string& return_id) {
  return Error(Reason::kReturnExists,
               absl::StrCat("return ", return_id, " of the order was recorded before"));
}

}  // namespace

RecordReturn::RecordReturn(ReturnOrder order, ledger::DirectoryKey name, const Located& located,
                           base::IdSource& ids, absl::Time now)
    : order_(std::move(order)),
      name_(std::move(name)),
      located_(located),
      stub_{ids.Next(now)},
      transaction_{ids.Next(now)} {}

void RecordReturn::AddPurchaseWants(PurchaseWants& wants) const {
  WantLocated(located_, wants);
  if (located_.where == Located::Where::kNowhere) wants.names.push_back(name_.hash);
}

Return RecordReturn::Came(const ledger::Books& books) const {
  return {
      .return_id = order_.return_id,
      .transaction = {ledger::InPartition(envelope.program, run().partition(), transaction_.uuid)},
      .returned_at = order_.returned_at,
      .recorded_at = books.recorded_at(),
      .returning = order_.returning};
}

absl::StatusOr<std::string> RecordReturn::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(order_.returned_at, envelope.now, order_.statable_past),
              "returned_at"));
  done_.reset();
  parked_.reset();
  if (located_.where == Located::Where::kNowhere) return Park(books);
  ASSIGN_OR_RETURN(const StoredPurchase* stored, FindLocated(run(), located_));
  return Do(books, *stored);
}

absl::StatusOr<std::string> RecordReturn::Park(ledger::Books& books) {
  const std::vector<Parked>& before = run().ParkedFor(name_.hash);
  if (books.FindEntry(name_) && before.empty()) return ElsewhereByNow();
  for (const Parked& parked : before) {
    if (parked.came.return_id == order_.return_id) return Twice(order_.return_id);
  }
  parked_ = Parked{.partition = run().partition(),
                   .purchase = before.empty() ? stub_ : before.front().purchase,
                   .number = static_cast<int32_t>(before.size()) + 1,
                   .came = Came(books)};
  if (before.empty()) books.Claim(name_, PlaceOf(name_), parked_->purchase.uuid);
  if (!envelope.validate_only) run().Park(name_.hash, *parked_);
  return ParkedAnswer();
}

absl::StatusOr<std::string> RecordReturn::Do(ledger::Books& books, const StoredPurchase& stored) {
  for (const Return& other : stored.returns) {
    if (other.return_id == order_.return_id) return Twice(order_.return_id);
  }
  purchase_ = stored.purchase;
  ASSIGN_OR_RETURN(Returned after, Plus(purchase_, purchase_.returned, order_.returning));
  Return came = Came(books);
  ASSIGN_OR_RETURN(Clawed clawed, DoReturn(books, std::move(after), purchase_, came));
  const MemberId& member = purchase_.member;
  Buyer buyer = run().BuyerOf(member);
  if (purchase_.returned.whole) buyer.kept = std::max<int64_t>(0, buyer.kept - 1);
  std::vector<Followed> followed;
  if (!member.IsNil()) {
    ASSIGN_OR_RETURN(followed, run().Follow(books, envelope,
                                            {.occasion = Occasion::kReturn,
                                             .purchase = purchase_,
                                             .buyer = buyer,
                                             .at = order_.returned_at}));
  }
  done_ = {purchase_.id, static_cast<int32_t>(stored.returns.size()) + 1, came};
  ASSIGN_OR_RETURN(std::string answer, Answer(books, std::move(clawed), std::move(followed)));
  if (!envelope.validate_only) {
    if (!member.IsNil() && purchase_.returned.whole) run().SetBuyer(member, buyer);
    if (!member.IsNil()) run().Count(member, TakenSince(purchase_, stored.purchase.returned));
    StoredPurchase kept{purchase_, stored.returns};
    kept.returns.push_back(std::move(came));
    KeepLocated(run(), located_, std::move(kept));
  }
  return answer;
}

absl::StatusOr<std::string> RecordReturn::Answer(ledger::Books& books, Clawed clawed,
                                                 std::vector<Followed> followed) const {
  std::optional<int64_t> available_points;
  if (!purchase_.member.IsNil()) {
    ASSIGN_OR_RETURN(const MemberId whose, ledger::SurvivorOf(books, purchase_.member));
    RETURN_IF_ERROR(ledger::Settle(books, whose));
    if (envelope.MayTell(whose)) available_points = books.AvailablePoints(whose);
  }
  return ReturnAnswer({.purchase = purchase_,
                       .transaction = done_->came.transaction,
                       .clawed = std::move(clawed),
                       .available_points = available_points,
                       .followed = std::move(followed),
                       .validate_only = envelope.validate_only});
}

void RecordReturn::AddRows(PurchaseRows& rows) const {
  if (parked_) rows.parked.emplace_back(name_.hash, *parked_);
  if (!done_) return;
  rows.returns.push_back(*done_);
  if (!purchase_.member.IsNil()) rows.decided.push_back(purchase_.id);
}

}  // namespace gratis::thanks
