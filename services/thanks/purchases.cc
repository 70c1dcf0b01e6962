#include "services/thanks/purchases.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/deliveries.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/located.h"
#include "services/thanks/payments.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/purchase_contract.h"
#include "services/thanks/purchase_posting.h"

namespace gratis::thanks {

MemberId PlaceOf(const ledger::DirectoryKey& order) {
  MemberId place;
  std::memcpy(place.uuid.bytes.data(), order.hash.data(),
              std::min(order.hash.size(), place.uuid.bytes.size()));
  return place;
}

Basket BasketOf(const PurchaseOrder& order, const std::optional<Buyer>& buyer,
                const Earner& earner) {
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
          .position_new = buyer && position > buyer->highest_position,
          .tier = earner.tier,
          .counted = earner.counted};
}

Split SplitOf(int64_t points, const PurchaseOrder& order) {
  if (order.organization.IsNil()) return {.member_points = points};
  const int64_t of_organization = OrganizationShare(points, order.organization_percent);
  return {.member_points = points - of_organization, .organization_points = of_organization};
}

absl::Status PermitPurchase(ledger::Books& books, const PurchaseOrder& order) {
  RETURN_IF_ERROR(books.Permit(order.member, ledger::Deed::kEarn));
  if (order.organization.IsNil()) return absl::OkStatus();
  return InField(books.Permit(order.organization, ledger::Deed::kEarn), "organization_id");
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

absl::Status PurchaseExists(const OrderKey& order, const PurchaseId& purchase) {
  return Error(Reason::kPurchaseExists,
               absl::StrCat(Describe(order), " was recorded before, by another request"),
               {{"purchase_id", purchase.ToString()}});
}

absl::Status CheckWhose(ledger::Books& books, const OrderKey& order, const MemberId& told,
                        const PurchaseId& purchase, const MemberId& whose) {
  if (told.IsNil() || told == whose) return absl::OkStatus();
  if (whose.IsNil()) return PurchaseExists(order, purchase);
  ASSIGN_OR_RETURN(const MemberId survivor, ledger::SurvivorOf(books, whose));
  return survivor == told ? absl::OkStatus() : PurchaseExists(order, purchase);
}

namespace {

// Returns that waited bring back what paid, where it was spent.
absl::Status CheckPayers(const ledger::Books& books, const Purchase& purchase) {
  for (const Payment& payment : purchase.payments) {
    if (payment.of.IsNil() || books.PostsFor(payment.of)) continue;
    return Error(Reason::kConflict,
                 "who spent what pays became part of the member at this moment; call again with "
                 "the same request_id");
  }
  return absl::OkStatus();
}

}  // namespace

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
  if (!order_.member.IsNil()) {
    wants.buyers.push_back(order_.member);
    wants.earnings.push_back({order_.member, order_.order, order_.purchased_at});
  }
  wants.names.push_back(names_.order.hash);
  if (names_.same_as) wants.names.push_back(names_.same_as->hash);
}

absl::StatusOr<std::optional<PurchaseId>> RecordPurchase::FindEarlier(ledger::Books& books) const {
  const auto own = books.FindEntry(names_.order);
  // A name that returns wait under leads to nothing yet.
  if (own && run().ParkedFor(names_.order.hash).empty()) {
    return PurchaseExists(order_.order, {own->id});
  }
  if (!names_.same_as) return std::nullopt;
  const auto other = books.FindEntry(*names_.same_as);
  if (!other || !run().ParkedFor(names_.same_as->hash).empty()) return std::nullopt;
  // When it was looked for, its other name led nowhere.
  const PurchaseId earlier{other->id};
  const std::optional<MemberId> whose = run().RecordedFor(earlier);
  if (own || order_.member.IsNil() || !whose) return ElsewhereByNow();
  RETURN_IF_ERROR(CheckWhose(books, order_.order, order_.member, earlier, *whose));
  return earlier;
}

absl::StatusOr<std::string> RecordPurchase::Decide(ledger::Books& books) {
  // Not before a replay was ruled out: a retry may come long after the purchase.
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(order_.purchased_at, envelope.now, order_.statable_past),
              "purchased_at"));
  alias_ = false;
  early_ = {};
  arrived_.reset();
  moves_.clear();
  unparked_.clear();
  policy_ = &run().PolicyAt(order_.purchased_at);
  if (order_.member.IsNil()) return DecideForNobody(books);
  return DecideForMember(books);
}

std::vector<const ledger::DirectoryKey*> RecordPurchase::Names() const {
  std::vector<const ledger::DirectoryKey*> names = {&names_.order};
  if (names_.same_as) names.push_back(&*names_.same_as);
  return names;
}

MemberId RecordPurchase::Place() const {
  return order_.member.IsNil() ? PlaceOf(names_.order) : order_.member;
}

void RecordPurchase::ClaimNames(ledger::Books& books) const {
  for (const ledger::DirectoryKey* name : Names()) {
    if (!books.FindEntry(*name)) books.Claim(*name, Place(), purchase_.id.uuid);
  }
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
  if (!order_.member.IsNil()) {
    purchase_.pending = TermsOf(policy_->pending, order_.channel, order_.purchased_at);
  }
  std::vector<const Parked*> stubs;
  for (const ledger::DirectoryKey* name : Names()) {
    const std::vector<Parked>& parked = run().ParkedFor(name->hash);
    if (parked.empty()) continue;
    stubs.push_back(&parked.front());
    unparked_.push_back(name->hash);
  }
  // The purchase is what the name leads to already.
  if (!stubs.empty()) purchase_.id = stubs.front()->purchase;
  for (const Parked* stub : stubs) {
    if (stub->partition == run().partition() && stub->purchase == purchase_.id) continue;
    moves_.push_back({stub->partition, stub->purchase, Place(), purchase_.id});
  }
}

absl::Status RecordPurchase::Earn(ledger::Books& books, const std::optional<Buyer>& buyer) {
  PurchaseOrder paid = order_;
  paid.payments = purchase_.payments;
  paid.staff_member = run().StaffFor(paid.member, paid.staff_member);
  const Earner earner = run().EarnerOf(paid.member, paid.order, paid.purchased_at);
  ASSIGN_OR_RETURN(Earned earned, EarnWithinBudgets(books, policy_->earning,
                                                    BasketOf(paid, buyer, earner), run().zone()));
  const Split split = SplitOf(earned.earning.points, order_);
  purchase_.earning = std::move(earned.earning);
  purchase_.earning.points = split.member_points;
  purchase_.earning.policy_version = policy_->version;
  purchase_.total.minor_units = earned.total_minor;
  purchase_.traces = std::move(earned.traces);
  purchase_.caps = std::move(earned.caps);
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
  RETURN_IF_ERROR(FindEarlier(books).status());
  Start(books);
  RETURN_IF_ERROR(Earn(books, std::nullopt));
  purchase_.transaction = {
      ledger::InPartition(envelope.program, run().partition(), transaction_.uuid)};
  RETURN_IF_ERROR(TakeBackEarly(books));
  std::vector<Followed> nothing;  // follows while it is nobody's
  RETURN_IF_ERROR(ArriveEarly(books, nothing));
  ClaimNames(books);
  books.Claim(*names_.receipt, Place(), purchase_.id.uuid);
  if (!envelope.validate_only) NoteRecorded();
  return PurchaseAnswer({.purchase = purchase_,
                         .receipt_code = names_.receipt_code,
                         .returned_points = 0,
                         .validate_only = envelope.validate_only},
                        policy_->thank_you);
}

absl::StatusOr<std::string> RecordPurchase::DecideForMember(ledger::Books& books) {
  RETURN_IF_ERROR(books.RequireHolder(order_.member));
  // An envelope that names who spent what pays leaves this to be looked at here (of_merged).
  const ledger::Holder& holder = *books.FindHolder(order_.member);
  if (holder.state == ledger::MemberState::kMerged) {
    return ledger::BecameOf(order_.member, holder.survivor);
  }
  ASSIGN_OR_RETURN(const std::optional<PurchaseId> earlier, FindEarlier(books));
  if (earlier) {
    alias_ = true;
    books.Claim(names_.order, order_.member, earlier->uuid);
    return TwinAnswer(*earlier, /*returned_points=*/0, envelope.validate_only);
  }
  RETURN_IF_ERROR(PermitPurchase(books, order_));
  Start(books);
  RETURN_IF_ERROR(Pay(books, payment_transactions_, purchase_));
  RETURN_IF_ERROR(CheckPayers(books, purchase_));
  const Buyer buyer = run().BuyerOf(order_.member);
  RETURN_IF_ERROR(Earn(books, buyer));
  purchase_.transaction = ledger::Beside(envelope.program, order_.member, transaction_);
  RETURN_IF_ERROR(PostPurchase(books, purchase_));
  RETURN_IF_ERROR(PostForOrganization(books, purchase_, order_.organization_percent));
  RETURN_IF_ERROR(TakeBackEarly(books));
  // Not before: what came back wholly is not thanked for.
  DecideThankYou(books);
  RETURN_IF_ERROR(PostThankYou(books, purchase_, policy_->thank_you));
  ClaimNames(books);
  ASSIGN_OR_RETURN(std::vector<Followed> followed, run().Follow(books, envelope,
                                                                {.occasion = Occasion::kPurchase,
                                                                 .purchase = purchase_,
                                                                 .buyer = buyer,
                                                                 .at = purchase_.purchased_at}));
  RETURN_IF_ERROR(ArriveEarly(books, followed));
  // What is brought in late may have ended since: the answer is what can be spent.
  RETURN_IF_ERROR(ledger::Settle(books, order_.member));
  if (!envelope.validate_only) Keep(buyer);
  return Answer(books, std::move(followed));
}

void RecordPurchase::DecideThankYou(const ledger::Books& books) {
  purchase_.thank_you =
      DecideThanks(*policy_, purchase_, envelope.now, books.FindHolder(order_.member)->state,
                   run().Complains(order_.member));
}

absl::Status RecordPurchase::TakeBackEarly(ledger::Books& books) {
  std::vector<Return> waiting;
  for (const std::string& name : unparked_) {
    for (Return& came : ReturnsAmong(run().ParkedFor(name))) waiting.push_back(std::move(came));
  }
  if (waiting.empty()) return absl::OkStatus();
  const TransactionId transaction{
      ledger::InPartition(envelope.program, run().partition(), early_transaction_.uuid)};
  ASSIGN_OR_RETURN(early_, DoEarly(books, std::move(waiting), transaction, {}, purchase_));
  return absl::OkStatus();
}

absl::Status RecordPurchase::ArriveEarly(ledger::Books& books, std::vector<Followed>& followed) {
  std::optional<absl::Time> delivered_at;
  for (const std::string& name : unparked_) {
    if (!delivered_at) delivered_at = DeliveredAmong(run().ParkedFor(name));
  }
  if (!delivered_at) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      arrived_, Arrive(books, run(), envelope, early_transaction_.uuid, *delivered_at, purchase_));
  followed.insert(followed.end(), arrived_->followed.begin(), arrived_->followed.end());
  return absl::OkStatus();
}

void RecordPurchase::Keep(const Buyer& buyer) {
  run().SetBuyer(order_.member, Bought(buyer, purchase_));
  run().Count(order_.member, CountsOf(purchase_));
  NoteRecorded();
}

void RecordPurchase::NoteRecorded() {
  run().NoteRecorded(purchase_.id, order_.member);
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
  rows.moves.insert(rows.moves.end(), moves_.begin(), moves_.end());
  if (arrived_) thanks::AddRows(*arrived_, rows);
  if (order_.member.IsNil()) {
    rows.unclaimed.push_back(&purchase_);
    return;
  }
  rows.purchases.push_back(&purchase_);
  rows.decided.push_back(purchase_.id);
}

}  // namespace gratis::thanks
