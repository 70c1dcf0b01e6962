#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/books.h"
#include "services/thanks/clawback.h"
#include "services/thanks/deliveries.h"
#include "services/thanks/purchase_changes.h"
#include "services/thanks/thanks_rules.h"

// Purchases come in.
namespace gratis::thanks {

// A purchase that somebody wants recorded.
struct PurchaseOrder {
  MemberId member;  // nil: whoever bought had no card
  OrderKey order;
  base::Money total;  // with lines only its currency counts, or their sum
  int32_t item_count = 0;
  absl::Time purchased_at;
  absl::Duration statable_past = absl::InfiniteDuration();  // how far back that may lie
  MemberId organization = {};                               // it is made for; nil for none
  int32_t organization_percent = 0;                         // of the points, its own
  std::vector<Line> lines = {};
  std::vector<Payment> payments = {};
  std::string channel = {};
  std::string staff = {};
  MemberId staff_member = {};
  bool tax_on_top = false;
};

// What an order is filed under, and what its receipt is.
struct PurchaseNames {
  ledger::DirectoryKey order;
  std::optional<ledger::DirectoryKey> same_as;  // its other name
  std::string receipt_code = {};                // for whoever had no card, plain
  std::optional<ledger::DirectoryKey> receipt = {};
};

// The member whose id leads to the partition that an order of nobody lives in.
MemberId PlaceOf(const ledger::DirectoryKey& order);

// The basket of an order, for the rules; it points into both. `buyer`: before it; nothing for a
// purchase of nobody.
Basket BasketOf(const PurchaseOrder& order, const std::optional<Buyer>& buyer,
                const Earner& earner);

// Whose the points of a purchase are, for an organization or for none.
struct Split {
  int64_t member_points = 0;
  int64_t organization_points = 0;
};
Split SplitOf(int64_t points, const PurchaseOrder& order);

// One purchase on its way to the books: the points it earns, the thank-you that follows it, and
// what the answer says of both.
class RecordPurchase final : public PurchaseChange {
 public:
  // Ids are chosen once, so that a set that is rerun stays the same.
  RecordPurchase(PurchaseOrder order, PurchaseNames names, base::IdSource& ids, absl::Time now);

  void AddNeeds(ledger::Wants& wants) const override;
  void AddPurchaseWants(PurchaseWants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  void AddRows(PurchaseRows& rows) const override;

 private:
  // Nothing if the order is new; if it was recorded for the same member under its other name in
  // this very set, what it is. Errors: PURCHASE_EXISTS, CONFLICT.
  absl::StatusOr<std::optional<PurchaseId>> FindEarlier(ledger::Books& books) const;
  absl::StatusOr<std::string> DecideForNobody(ledger::Books& books);
  absl::StatusOr<std::string> DecideForMember(ledger::Books& books);
  std::vector<const ledger::DirectoryKey*> Names() const;  // of the order
  MemberId Place() const;                                  // whose partition it is in
  void ClaimNames(ledger::Books& books) const;
  void Start(const ledger::Books& books);
  absl::Status Earn(ledger::Books& books, const std::optional<Buyer>& buyer);
  void DecideThankYou(const ledger::Books& books);
  // What came before it.
  absl::Status TakeBackEarly(ledger::Books& books);
  absl::Status ArriveEarly(ledger::Books& books, std::vector<Followed>& followed);
  void Keep(const Buyer& buyer);
  void NoteRecorded();
  std::string Answer(const ledger::Books& books, std::vector<Followed> followed) const;

  const PurchaseOrder order_;
  const PurchaseNames names_;
  const PurchaseId id_;
  const TransactionId transaction_;
  const TransactionId organization_transaction_;     // nil without one
  const TransactionId early_transaction_;            // of what came before it
  std::vector<TransactionId> payment_transactions_;  // of holds that are captured
  // Decided:
  bool alias_ = false;  // only another name of what was recorded before
  const Policy* policy_ = nullptr;
  Purchase purchase_;
  EarlyReturns early_;
  std::optional<Arrival> arrived_;
  std::vector<Move> moves_;
  std::vector<std::string> unparked_;
};

// Whether the member, and the organization that it is made for, may make a purchase. Errors:
// MEMBER_NOT_FOUND, MEMBER_NOT_ACTIVE (metadata: state), MEMBER_ERASED.
absl::Status PermitPurchase(ledger::Books& books, const PurchaseOrder& order);

// What a basket earns with what budgets have left. Errors: as EarnPoints.
absl::StatusOr<Earned> EarnWithinBudgets(ledger::Books& books, const EarningRule& rule,
                                         Basket basket, const absl::TimeZone& zone);

// Of the member's points, what budgets pay: no more than there is.
std::vector<PaidByBudget> Within(std::vector<PaidByBudget> by_budgets, int64_t points);

// PURCHASE_EXISTS, with the purchase that the order is.
absl::Status PurchaseExists(const OrderKey& order, const PurchaseId& purchase);

// Whoever tells a recorded order again names whom it was recorded for, or who they became by now,
// or nobody. `whose`: whose the purchase is. Errors: PURCHASE_EXISTS.
absl::Status CheckWhose(ledger::Books& books, const OrderKey& order, const MemberId& told,
                        const PurchaseId& purchase, const MemberId& whose);

// A buyer after one more purchase.
Buyer Bought(Buyer buyer, const Purchase& purchase);

}  // namespace gratis::thanks
