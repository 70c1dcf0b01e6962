#include "services/thanks/purchases.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/purchase_contract.h"

namespace gratis::thanks {
namespace {

std::string PurchaseDetail(const Purchase& purchase) {
  const Earning& earning = purchase.earning;
  std::string detail =
      absl::StrCat("{\"currency\":", base::JsonString(purchase.total.currency_code),
                   ",\"total_minor\":", purchase.total.minor_units,
                   ",\"points_per_unit\":", earning.points_per_unit,
                   ",\"rounding\":", static_cast<int>(earning.rounding),
                   ",\"policy_version\":", earning.policy_version);
  const ForOrganization& organization = purchase.for_organization;
  if (!organization.organization.IsNil()) {
    absl::StrAppend(&detail,
                    ",\"organization\":", base::JsonString(organization.organization.ToString()),
                    ",\"organization_points\":", organization.points);
  }
  return detail + "}";
}

std::string ThankYouDetail(const Purchase& purchase, const ThankYouTrigger& trigger) {
  return absl::StrCat("{\"note\":\"purchase\",\"sender\":", base::JsonString(trigger.sender),
                      ",\"policy_version\":", purchase.earning.policy_version, "}");
}

// Journals a fact about the purchase, with the points that it gives the member, or none.
absl::Status PostAbout(ledger::Books& books, const ledger::Posting& posting, int64_t points,
                       ledger::Origin origin) {
  if (points > 0) {
    return ledger::Earn(books, {.posting = posting, .points = points, .origin = origin});
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

// What of a transaction's rows can come back: what it spent of the member's.
absl::Status FindSpent(ledger::Books& books, const MemberId& member, Payment& payment) {
  const auto none = [&] {
    return FieldError(Reason::kTransactionNotFound, "payments.transaction_id",
                      absl::StrCat("the member spent nothing by ", payment.transaction.ToString()));
  };
  if (ledger::PartitionOfId(books.program(), payment.transaction.uuid) !=
      ledger::PartitionOf(books.program(), member)) {
    return none();
  }
  ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(payment.transaction));
  payment.worth = 0;
  for (const ledger::PostedRow& posted : rows) {
    const ledger::Fact& fact = posted.row.fact;
    const bool took = fact.kind == ledger::FactKind::kSpend ||
                      fact.kind == ledger::FactKind::kHoldCaptured ||
                      fact.kind == ledger::FactKind::kVoucherRedeemed;
    if (!took || fact.member != member) continue;
    payment.worth += fact.points - posted.undone;
    payment.kind = ledger::IsVoucherUnit(fact.unit) ? PaymentKind::kVoucher : PaymentKind::kPoints;
  }
  return payment.worth > 0 ? absl::OkStatus() : none();
}

// Uses up what a hold pins.
absl::Status Capture(ledger::Books& books, const Purchase& purchase, Payment& payment) {
  const auto none = [&] {
    return FieldError(Reason::kHoldNotFound, "payments.hold_id",
                      absl::StrCat("the member has no hold ", payment.hold.ToString()));
  };
  if (ledger::PartitionOfId(books.program(), payment.hold.uuid) !=
      ledger::PartitionOf(books.program(), purchase.member)) {
    return none();
  }
  ASSIGN_OR_RETURN(const ledger::Hold* hold, books.FindHold(payment.hold));
  if (hold == nullptr || hold->member != purchase.member) return none();
  payment.kind = ledger::IsVoucherUnit(hold->unit) ? PaymentKind::kVoucher : PaymentKind::kPoints;
  ASSIGN_OR_RETURN(payment.worth, ledger::CaptureHold(books,
                                                      {.kind = ledger::FactKind::kHoldCaptured,
                                                       .transaction = payment.transaction,
                                                       .member = purchase.member,
                                                       .unit = hold->unit,
                                                       .effective_at = books.recorded_at(),
                                                       .source = purchase.id.ToString(),
                                                       .detail = {}},
                                                      payment.hold, 0));
  return absl::OkStatus();
}

}  // namespace

MemberId PlaceOf(const ledger::DirectoryKey& order) {
  MemberId place;
  std::memcpy(place.uuid.bytes.data(), order.hash.data(),
              std::min(order.hash.size(), place.uuid.bytes.size()));
  return place;
}

Basket BasketOf(const PurchaseOrder& order, const std::optional<Buyer>& buyer) {
  const int64_t position = buyer ? buyer->kept + 1 : 0;
  return {.order = order.order,
          .total = order.total,
          .lines = order.lines,
          .payments = order.payments,
          .channel = order.channel,
          .at = order.purchased_at,
          .tax_on_top = order.tax_on_top,
          .own_sale = !order.member.IsNil() && order.staff_member == order.member,
          .position = position,
          .position_new = buyer && position > buyer->highest_position};
}

Split SplitOf(int64_t points, const PurchaseOrder& order) {
  if (order.organization.IsNil()) return {.member_points = points};
  const int64_t of_organization = OrganizationShare(points, order.organization_percent);
  return {.member_points = points - of_organization, .organization_points = of_organization};
}

absl::StatusOr<Earned> EarnWithinBudgets(ledger::Books& books, const EarningRule& rule,
                                         Basket basket, const absl::TimeZone& zone) {
  std::vector<BudgetId> used_up;
  while (true) {  // at most once for each budget that rules name
    basket.used_up = used_up;
    ASSIGN_OR_RETURN(Earned earned, EarnPoints(rule, basket, zone));
    const size_t before = used_up.size();
    std::map<BudgetId, int64_t> drawn;
    for (const PaidByBudget& part : earned.by_budgets) drawn[part.budget] += part.points;
    for (const auto& [id, points] : drawn) {
      ASSIGN_OR_RETURN(const ledger::Budget* budget, books.FindBudget(id));
      const bool pays = budget != nullptr && budget->unit == ledger::kPointsUnit &&
                        budget->limit - budget->spent >= points;
      if (!pays) used_up.push_back(id);
    }
    if (used_up.size() == before) return earned;
  }
}

std::vector<PaidByBudget> Within(std::vector<PaidByBudget> by_budgets, int64_t points) {
  for (PaidByBudget& part : by_budgets) {
    part.points = std::min(part.points, points);
    points -= part.points;
  }
  std::erase_if(by_budgets, [](const PaidByBudget& part) { return part.points == 0; });
  return by_budgets;
}

absl::Status PostPurchase(ledger::Books& books, const Purchase& purchase,
                          const ThankYouTrigger& trigger) {
  ledger::Posting posting{.kind = ledger::FactKind::kPurchase,
                          .transaction = purchase.transaction,
                          .member = purchase.member,
                          .effective_at = purchase.purchased_at,
                          .source = purchase.id.ToString(),
                          .detail = PurchaseDetail(purchase)};
  int64_t points = purchase.earning.points;
  for (const PaidByBudget& part : purchase.by_budgets) points -= part.points;
  RETURN_IF_ERROR(PostAbout(books, posting, points, ledger::Origin::kPurchase));
  for (const PaidByBudget& part : purchase.by_budgets) {
    ledger::Posting of_budget = posting;
    of_budget.kind = ledger::FactKind::kEarn;
    of_budget.detail = {};
    RETURN_IF_ERROR(ledger::Earn(books, {.posting = std::move(of_budget),
                                         .points = part.points,
                                         .origin = ledger::Origin::kPurchase,
                                         .budget = part.budget}));
  }
  if (purchase.thank_you.outcome != ThanksOutcome::kGiven) return absl::OkStatus();
  posting.kind = ledger::FactKind::kThankYou;
  posting.detail = ThankYouDetail(purchase, trigger);
  return PostAbout(books, posting, purchase.thank_you.bonus_points, ledger::Origin::kGiven);
}

Buyer Bought(Buyer buyer, const Purchase& purchase) {
  if (!purchase.returned.whole) ++buyer.kept;
  buyer.highest_position = std::max(buyer.highest_position, purchase.position);
  buyer.first_at = std::min(buyer.first_at, purchase.purchased_at);
  buyer.last_at = std::max(buyer.last_at, purchase.purchased_at);
  return buyer;
}

RecordPurchase::RecordPurchase(PurchaseOrder order, PurchaseNames names, base::IdSource& ids,
                               absl::Time now)
    : order_(std::move(order)),
      names_(std::move(names)),
      id_{ids.Next(now)},
      transaction_{ids.Next(now)},
      organization_transaction_{order_.organization.IsNil() ? Uuid{} : ids.Next(now)},
      early_transaction_{ids.Next(now)} {
  for (const Payment& payment : order_.payments) {
    payment_transactions_.push_back({payment.hold.IsNil() ? Uuid{} : ids.Next(now)});
  }
}

void RecordPurchase::AddNeeds(ledger::Wants& wants) const {
  wants.names.insert(names_.order);
  if (names_.same_as) wants.names.insert(*names_.same_as);
  if (names_.receipt) wants.names.insert(*names_.receipt);
}

void RecordPurchase::AddPurchaseWants(PurchaseWants& wants) const {
  if (!order_.member.IsNil()) wants.buyers.push_back(order_.member);
  wants.names.push_back(names_.order.hash);
  if (names_.same_as) wants.names.push_back(names_.same_as->hash);
}

absl::StatusOr<std::optional<PurchaseId>> RecordPurchase::FindEarlier(ledger::Books& books) const {
  const auto exists = [&](const Uuid& id) {
    return Error(Reason::kPurchaseExists,
                 absl::StrCat(Describe(order_.order), " was recorded before, by another request"),
                 {{"purchase_id", PurchaseId{id}.ToString()}});
  };
  const auto own = books.FindEntry(names_.order);
  // A name that returns wait under leads to nothing yet.
  if (own && run().ParkedFor(names_.order.hash).empty()) return exists(own->id);
  if (!names_.same_as) return std::nullopt;
  const auto other = books.FindEntry(*names_.same_as);
  if (!other || !run().ParkedFor(names_.same_as->hash).empty()) return std::nullopt;
  if (own || other->partition != run().partition()) return exists(other->id);
  return PurchaseId{other->id};
}

absl::StatusOr<std::string> RecordPurchase::Decide(ledger::Books& books) {
  // Not before a replay was ruled out: a retry may come long after the purchase.
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(order_.purchased_at, envelope.now, order_.statable_past),
              "purchased_at"));
  alias_ = false;
  early_ = {};
  moves_.clear();
  unparked_.clear();
  policy_ = &run().PolicyAt(order_.purchased_at);
  if (order_.member.IsNil()) return DecideForNobody(books);
  return DecideForMember(books);
}

void RecordPurchase::Start(const ledger::Books& books) {
  purchase_ = {.id = id_,
               .member = order_.member,
               .order = order_.order,
               .total = order_.total,
               .item_count = order_.item_count,
               .purchased_at = order_.purchased_at,
               .recorded_at = books.recorded_at(),
               .channel = order_.channel,
               .staff = order_.staff,
               .staff_member = order_.staff_member,
               .tax_on_top = order_.tax_on_top,
               .lines = order_.lines,
               .payments = order_.payments};
  for (const auto* name : {&names_.order, names_.same_as ? &*names_.same_as : nullptr}) {
    if (name == nullptr) continue;
    const std::vector<Parked>& parked = run().ParkedFor(name->hash);
    if (parked.empty()) continue;
    // The purchase is what the name leads to already.
    if (unparked_.empty()) purchase_.id = parked.front().purchase;
    unparked_.push_back(name->hash);
    moves_.push_back({parked.front().partition, parked.front().purchase, order_.member, id_});
  }
  for (Move& move : moves_) move.became = purchase_.id;
}

absl::Status RecordPurchase::Earn(ledger::Books& books, const std::optional<Buyer>& buyer) {
  PurchaseOrder paid = order_;
  paid.payments = purchase_.payments;
  ASSIGN_OR_RETURN(Earned earned,
                   EarnWithinBudgets(books, policy_->earning, BasketOf(paid, buyer), run().zone()));
  const Split split = SplitOf(earned.earning.points, order_);
  purchase_.earning = std::move(earned.earning);
  purchase_.earning.points = split.member_points;
  purchase_.earning.policy_version = policy_->version;
  purchase_.total.minor_units = earned.total_minor;
  purchase_.traces = std::move(earned.traces);
  purchase_.position = buyer ? buyer->kept + 1 : 0;
  purchase_.by_budgets = Within(std::move(earned.by_budgets), split.member_points);
  if (!order_.organization.IsNil()) {
    purchase_.for_organization = {
        order_.organization,
        ledger::Beside(envelope.program, order_.organization, organization_transaction_),
        split.organization_points};
  }
  purchase_.returned = SumOf(purchase_, {});
  return absl::OkStatus();
}

absl::StatusOr<std::string> RecordPurchase::DecideForNobody(ledger::Books& books) {
  ASSIGN_OR_RETURN(const std::optional<PurchaseId> earlier, FindEarlier(books));
  if (earlier) {
    return Error(Reason::kPurchaseExists,
                 absl::StrCat(Describe(order_.order), " was recorded before under its other name"),
                 {{"purchase_id", earlier->ToString()}});
  }
  Start(books);
  RETURN_IF_ERROR(Earn(books, std::nullopt));
  purchase_.transaction = {
      ledger::InPartition(envelope.program, run().partition(), transaction_.uuid)};
  RETURN_IF_ERROR(TakeBackEarly(books));
  // What waits under its other name waits for the purchase of that name.
  std::erase_if(unparked_, [&](const std::string& name) { return name != names_.order.hash; });
  moves_.clear();
  const MemberId place = PlaceOf(names_.order);
  if (!books.FindEntry(names_.order)) books.Claim(names_.order, place, purchase_.id.uuid);
  books.Claim(*names_.receipt, place, purchase_.id.uuid);
  if (!envelope.validate_only) {
    run().Unpark(names_.order.hash);
  }
  return PurchaseAnswer({.purchase = purchase_,
                         .receipt_code = names_.receipt_code,
                         .returned_points = 0,
                         .validate_only = envelope.validate_only},
                        policy_->thank_you);
}

absl::StatusOr<std::string> RecordPurchase::DecideForMember(ledger::Books& books) {
  RETURN_IF_ERROR(books.RequireHolder(order_.member));
  ASSIGN_OR_RETURN(const std::optional<PurchaseId> earlier, FindEarlier(books));
  if (earlier) {
    alias_ = true;
    books.Claim(names_.order, order_.member, earlier->uuid);
    return AliasAnswer(*earlier, envelope.validate_only);
  }
  RETURN_IF_ERROR(books.Permit(order_.member, ledger::Deed::kEarn));
  if (!order_.organization.IsNil()) {
    RETURN_IF_ERROR(
        InField(books.Permit(order_.organization, ledger::Deed::kEarn), "organization_id"));
  }
  Start(books);
  RETURN_IF_ERROR(Pay(books));
  const Buyer buyer = run().BuyerOf(order_.member);
  RETURN_IF_ERROR(Earn(books, buyer));
  purchase_.transaction = ledger::Beside(envelope.program, order_.member, transaction_);
  DecideThankYou(books);
  RETURN_IF_ERROR(PostPurchase(books, purchase_, policy_->thank_you));
  RETURN_IF_ERROR(PostForOrganization(books));
  RETURN_IF_ERROR(TakeBackEarly(books));
  for (const auto* name : {&names_.order, names_.same_as ? &*names_.same_as : nullptr}) {
    if (name != nullptr && !books.FindEntry(*name)) {
      books.Claim(*name, order_.member, purchase_.id.uuid);
    }
  }
  ASSIGN_OR_RETURN(std::vector<Followed> followed, run().Follow(books, envelope,
                                                                {.occasion = Occasion::kPurchase,
                                                                 .purchase = purchase_,
                                                                 .buyer = buyer,
                                                                 .at = purchase_.purchased_at}));
  // What is brought in late may have ended since: the answer is what can be spent.
  RETURN_IF_ERROR(ledger::Settle(books, order_.member));
  if (!envelope.validate_only) Keep(buyer);
  return Answer(books, std::move(followed));
}

void RecordPurchase::DecideThankYou(const ledger::Books& books) {
  purchase_.thank_you = DecideThanks(*policy_, order_.purchased_at, envelope.now,
                                     books.FindHolder(order_.member)->state);
}

absl::Status RecordPurchase::Pay(ledger::Books& books) {
  for (size_t i = 0; i < purchase_.payments.size(); ++i) {
    Payment& payment = purchase_.payments[i];
    if (!payment.hold.IsNil()) {
      payment.transaction =
          ledger::Beside(envelope.program, order_.member, payment_transactions_[i]);
      RETURN_IF_ERROR(Capture(books, purchase_, payment));
    } else if (!payment.transaction.IsNil()) {
      RETURN_IF_ERROR(FindSpent(books, order_.member, payment));
    }
  }
  return absl::OkStatus();
}

absl::Status RecordPurchase::PostForOrganization(ledger::Books& books) const {
  const ForOrganization& organization = purchase_.for_organization;
  if (organization.points == 0) return absl::OkStatus();
  // What was bought stays between the member and the shop.
  return ledger::Earn(books, {.posting = {.kind = ledger::FactKind::kEarn,
                                          .transaction = organization.transaction,
                                          .member = organization.organization,
                                          .effective_at = purchase_.purchased_at,
                                          .source = "purchase for an organization",
                                          .detail = absl::StrCat("{\"organization_percent\":",
                                                                 order_.organization_percent, "}")},
                              .points = organization.points,
                              .origin = ledger::Origin::kPurchase});
}

absl::Status RecordPurchase::TakeBackEarly(ledger::Books& books) {
  std::vector<Return> waiting;
  for (const std::string& name : unparked_) {
    if (order_.member.IsNil() && name != names_.order.hash) continue;
    for (const Parked& parked : run().ParkedFor(name)) waiting.push_back(parked.came);
  }
  if (waiting.empty()) return absl::OkStatus();
  const TransactionId transaction{
      ledger::InPartition(envelope.program, run().partition(), early_transaction_.uuid)};
  ASSIGN_OR_RETURN(early_, DoEarly(books, std::move(waiting), transaction, purchase_));
  return absl::OkStatus();
}

void RecordPurchase::Keep(const Buyer& buyer) {
  run().SetBuyer(order_.member, Bought(buyer, purchase_));
  for (const std::string& name : unparked_) run().Unpark(name);
}

std::string RecordPurchase::Answer(const ledger::Books& books,
                                   std::vector<Followed> followed) const {
  std::optional<int64_t> available_points;
  if (envelope.MayTell(order_.member)) available_points = books.AvailablePoints(order_.member);
  return PurchaseAnswer({.purchase = purchase_,
                         .available_points = available_points,
                         .returned_points = early_.taken,
                         .followed = std::move(followed),
                         .validate_only = envelope.validate_only},
                        policy_->thank_you);
}

void RecordPurchase::AddRows(PurchaseRows& rows) const {
  if (alias_) return;
  rows.returns.insert(rows.returns.end(), early_.returns.begin(), early_.returns.end());
  rows.unparked.insert(rows.unparked.end(), unparked_.begin(), unparked_.end());
  if (order_.member.IsNil()) {
    rows.unclaimed.push_back(&purchase_);
    return;
  }
  rows.purchases.push_back(&purchase_);
  rows.decided.push_back(purchase_.id);
  rows.moves.insert(rows.moves.end(), moves_.begin(), moves_.end());
}

}  // namespace gratis::thanks
