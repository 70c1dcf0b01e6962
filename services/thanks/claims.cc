#include "services/thanks/claims.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/deliveries.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/purchase_contract.h"
#include "services/thanks/purchase_posting.h"
#include "services/thanks/purchases.h"

namespace gratis::thanks {

ClaimPurchase::ClaimPurchase(const Located& located, base::IdSource& ids, absl::Time now)
    : located_(located), transaction_{ids.Next(now)}, early_transaction_{ids.Next(now)} {}

void ClaimPurchase::AddPurchaseWants(PurchaseWants& wants) const {
  wants.buyers.push_back(envelope.member);
  wants.unclaimed[located_.partition].push_back(located_.purchase);
  wants.claims.emplace_back(envelope.member, located_.purchase);
}

absl::Status ClaimPurchase::Check(const Purchase& purchase, const EarningRule& rule,
                                  const Buyer& buyer, absl::CivilDay today) const {
  if (envelope.now - purchase.purchased_at > absl::Hours(24) * rule.claim_days) {
    return Error(Reason::kClaimTooLate,
                 absl::StrCat("it was bought on ", base::FormatTime(purchase.purchased_at),
                              "; purchases can be claimed for ", rule.claim_days, " days"),
                 {{"claim_days", absl::StrCat(rule.claim_days)}});
  }
  const int32_t claims = buyer.claim_day == today ? buyer.claims : 0;
  if (claims >= rule.claims_per_day) {
    return Error(
        Reason::kClaimLimitReached,
        absl::StrCat("the program lets a member claim ", rule.claims_per_day, " purchases a day"),
        {{"claims_per_day", absl::StrCat(rule.claims_per_day)}});
  }
  return absl::OkStatus();
}

absl::Status ClaimPurchase::Earn(ledger::Books& books, const Policy& policy, const Buyer& buyer) {
  const PurchaseOrder order{
      .member = purchase_.member,
      .order = purchase_.order,
      .total = purchase_.total,
      .purchased_at = purchase_.purchased_at,
      .lines = purchase_.lines,
      .payments = purchase_.payments,
      .channel = purchase_.channel,
      .staff_member = run().StaffFor(purchase_.member, purchase_.staff_member),
      .tax_on_top = purchase_.tax_on_top};
  const Earner earner = run().EarnerOf(order.member, order.order, order.purchased_at);
  ASSIGN_OR_RETURN(Earned earned, EarnWithinBudgets(books, policy.earning,
                                                    BasketOf(order, buyer, earner), run().zone()));
  purchase_.earning = std::move(earned.earning);
  purchase_.earning.policy_version = policy.version;
  purchase_.traces = std::move(earned.traces);
  purchase_.caps = std::move(earned.caps);
  purchase_.by_budgets = Within(std::move(earned.by_budgets), purchase_.earning.points);
  purchase_.position = buyer.kept + 1;
  purchase_.pending = TermsOf(policy.pending, purchase_.channel, purchase_.purchased_at);
  return absl::OkStatus();
}

absl::Status ClaimPurchase::TakeBackReturned(ledger::Books& books) {
  const int64_t points = UndoneBy(purchase_, purchase_.returned).points;
  if (points == 0) return absl::OkStatus();
  const ledger::Posting posting{
      .kind = ledger::FactKind::kReturn,
      .transaction = ledger::Beside(envelope.program, envelope.member, early_transaction_),
      .member = envelope.member,
      .effective_at = books.recorded_at(),
      .source = purchase_.id.ToString(),
      .detail = {}};
  ASSIGN_OR_RETURN(const ledger::Reversed reversed,
                   TakeEarned(books, posting, purchase_, 0, points));
  taken_ = reversed.taken;
  purchase_.returned.points_taken = points;
  return absl::OkStatus();
}

absl::Status ClaimPurchase::Post(ledger::Books& books, const Policy& policy) const {
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kPurchaseClaimed,
                             .transaction = purchase_.transaction,
                             .member = purchase_.member,
                             .effective_at = books.recorded_at(),
                             .source = purchase_.id.ToString(),
                             .detail = absl::StrCat(
                                 "{\"purchase\":", base::JsonString(purchase_.id.ToString()), "}")})
                      .status());
  RETURN_IF_ERROR(PostPurchase(books, purchase_));
  return PostThankYou(books, purchase_, policy.thank_you);
}

absl::Status ClaimPurchase::TellArrival(ledger::Books& books, std::vector<Followed>& followed) {
  if (purchase_.delivered_at == absl::InfiniteFuture()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Followed> more,
                   TellArrived(books, run(), envelope, early_transaction_.uuid, purchase_));
  followed.insert(followed.end(), more.begin(), more.end());
  return absl::OkStatus();
}

void ClaimPurchase::BringReturns(const ledger::Books& books, const std::vector<Return>& returns) {
  int32_t number = 0;
  for (const Return& came : returns) {
    ++number;
    if (located_.partition != run().partition()) returns_.push_back({purchase_.id, number, came});
  }
  if (purchase_.returned.points_taken == 0) return;
  const Return at_once{
      .transaction = ledger::Beside(envelope.program, envelope.member, early_transaction_),
      .returned_at = books.recorded_at(),
      .recorded_at = books.recorded_at(),
      .points_taken = purchase_.returned.points_taken};
  returns_.push_back({purchase_.id, number + 1, at_once});
}

absl::StatusOr<std::string> ClaimPurchase::Decide(ledger::Books& books) {
  const MemberId& member = envelope.member;
  returns_.clear();
  taken_ = 0;
  RETURN_IF_ERROR(books.RequireHolder(member));
  RETURN_IF_ERROR(books.Permit(member, ledger::Deed::kEarn));
  const Unclaimed* unclaimed = run().FindUnclaimed(located_.purchase);
  if (unclaimed == nullptr || !unclaimed->purchase || !unclaimed->moved_to.IsNil()) {
    return Error(Reason::kPurchaseClaimed, "the purchase is somebody's already");
  }
  const std::vector<Return> returns = unclaimed->purchase->returns;
  purchase_ = unclaimed->purchase->purchase;
  Buyer buyer = run().BuyerOf(member);
  const absl::CivilDay today = base::DayOf(envelope.now, run().zone());
  RETURN_IF_ERROR(Check(purchase_, run().PolicyAt(envelope.now).earning, buyer, today));
  const Policy& policy = run().PolicyAt(purchase_.purchased_at);
  purchase_.member = member;
  purchase_.recorded_at = books.recorded_at();
  purchase_.transaction = ledger::Beside(envelope.program, member, transaction_);
  purchase_.thank_you = DecideThanks(policy, purchase_, envelope.now,
                                     books.FindHolder(member)->state, run().Complains(member));
  RETURN_IF_ERROR(Earn(books, policy, buyer));
  RETURN_IF_ERROR(Post(books, policy));
  RETURN_IF_ERROR(TakeBackReturned(books));
  BringReturns(books, returns);
  ASSIGN_OR_RETURN(std::vector<Followed> followed, run().Follow(books, envelope,
                                                                {.occasion = Occasion::kPurchase,
                                                                 .purchase = purchase_,
                                                                 .buyer = buyer,
                                                                 .at = purchase_.purchased_at,
                                                                 .claimed = true}));
  RETURN_IF_ERROR(TellArrival(books, followed));
  RETURN_IF_ERROR(ledger::Settle(books, member));
  if (!envelope.validate_only) {
    buyer.claims = (buyer.claim_day == today ? buyer.claims : 0) + 1;
    buyer.claim_day = today;
    run().SetBuyer(member, Bought(buyer, purchase_));
    run().Count(member, CountsOf(purchase_));
    run().PutUnclaimed(purchase_.id, {.moved_to = member, .became = purchase_.id});
  }
  return Answer(books, policy, std::move(followed));
}

std::string ClaimPurchase::Answer(const ledger::Books& books, const Policy& policy,
                                  std::vector<Followed> followed) const {
  std::optional<int64_t> available_points;
  if (envelope.MayTell(envelope.member)) {
    available_points = books.AvailablePoints(envelope.member);
  }
  return ClaimAnswer({.purchase = purchase_,
                      .available_points = available_points,
                      .returned_points = taken_,
                      .followed = std::move(followed)},
                     policy.thank_you);
}

void ClaimPurchase::AddRows(PurchaseRows& rows) const {
  rows.purchases.push_back(&purchase_);
  rows.decided.push_back(purchase_.id);
  rows.moves.push_back({located_.partition, located_.purchase, envelope.member, purchase_.id});
  rows.returns.insert(rows.returns.end(), returns_.begin(), returns_.end());
  if (purchase_.delivered_at != absl::InfiniteFuture() && located_.partition != envelope.home()) {
    rows.deliveries.push_back({purchase_.id, purchase_.delivered_at, purchase_.recorded_at});
  }
}

}  // namespace gratis::thanks
