#include "services/thanks/thanks.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_contract.h"
#include "services/thanks/thanks_store.h"

namespace gratis::thanks {
namespace {

// What the journal says of a policy: its figures. Sender and note may name a person.
std::string FiguresJson(const Policy& policy) {
  const auto rate = [](std::string* out, const EarningRate& r) {
    absl::StrAppend(out, "{\"currency_code\":", base::JsonString(r.currency_code),
                    ",\"points_per_unit\":", r.points_per_unit, "}");
  };
  const ThankYouTrigger& thank_you = policy.thank_you;
  return absl::StrCat("{\"policy_version\":", policy.version, ",\"rates\":[",
                      absl::StrJoin(policy.earning.rates, ",", rate),
                      "],\"rounding\":", static_cast<int>(policy.earning.rounding),
                      ",\"enabled\":", thank_you.enabled ? "true" : "false",
                      ",\"bonus_points\":", thank_you.bonus_points,
                      ",\"max_age_days\":", thank_you.max_age_days, "}");
}

// `organization`: more about whom it was made for; empty without one.
std::string PurchaseDetail(const Purchase& purchase, const std::string& organization) {
  const Earning& earning = purchase.earning;
  return absl::StrCat("{\"currency\":", base::JsonString(purchase.total.currency_code),
                      ",\"total_minor\":", purchase.total.minor_units,
                      ",\"points_per_unit\":", earning.points_per_unit,
                      ",\"rounding\":", static_cast<int>(earning.rounding),
                      ",\"policy_version\":", earning.policy_version, organization, "}");
}

std::string ThankYouDetail(const Purchase& purchase, const ThankYouTrigger& trigger) {
  return absl::StrCat("{\"note\":\"purchase\",\"sender\":", base::JsonString(trigger.sender),
                      ",\"policy_version\":", purchase.earning.policy_version, "}");
}

// Journals a fact about the purchase, with the points that it gives the member, or none.
absl::Status PostAbout(ledger::Books& books, ledger::FactKind kind, const Purchase& purchase,
                       int64_t points, ledger::Origin origin, std::string detail) {
  const ledger::Posting posting{.kind = kind,
                                .transaction = purchase.transaction,
                                .member = purchase.member,
                                .effective_at = purchase.purchased_at,
                                .source = purchase.id.ToString(),
                                .detail = std::move(detail)};
  if (points > 0) {
    return ledger::Earn(books, {.posting = posting, .points = points, .origin = origin});
  }
  return books
      .Post({.kind = kind,
             .transaction = posting.transaction,
             .member = posting.member,
             .effective_at = posting.effective_at,
             .source = posting.source,
             .detail = posting.detail})
      .status();
}

}  // namespace

RecordPurchase::RecordPurchase(PurchaseOrder order, ledger::DirectoryKey name, base::IdSource& ids,
                               absl::Time now)
    : order_(std::move(order)),
      name_(std::move(name)),
      id_{ids.Next(now)},
      transaction_{ids.Next(now)},
      organization_transaction_{order_.organization.IsNil() ? Uuid{} : ids.Next(now)} {}

absl::StatusOr<std::string> RecordPurchase::Decide(ledger::Books& books) {
  // Not before a replay was ruled out: a retry may come long after the purchase.
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(order_.purchased_at, envelope.now, order_.statable_past),
              "purchased_at"));
  RETURN_IF_ERROR(books.RequireHolder(order_.member));
  if (const auto earlier = books.FindEntry(name_)) {
    return Error(Reason::kPurchaseExists,
                 absl::StrCat("order ", order_.order_id, " of ", order_.source,
                              " was recorded before, by another request"),
                 {{"purchase_id", PurchaseId{earlier->id}.ToString()}});
  }
  RETURN_IF_ERROR(books.Permit(order_.member, ledger::Deed::kEarn));
  ASSIGN_OR_RETURN(Earning earning, EarnPoints(*policy_, order_.total));
  organization_points_ = 0;
  if (!order_.organization.IsNil()) {
    RETURN_IF_ERROR(
        InField(books.Permit(order_.organization, ledger::Deed::kEarn), "organization_id"));
    organization_points_ = OrganizationShare(earning.points, order_.organization_percent);
    earning.points -= organization_points_;
  }
  purchase_ = {.id = id_,
               .member = order_.member,
               .source = order_.source,
               .order_id = order_.order_id,
               .total = order_.total,
               .item_count = order_.item_count,
               .purchased_at = order_.purchased_at,
               .recorded_at = books.recorded_at(),
               .transaction = ledger::Beside(envelope.program, order_.member, transaction_),
               .earning = earning,
               .thank_you = DecideThanks(*policy_, order_.purchased_at, envelope.now,
                                         books.FindHolder(order_.member)->state)};
  RETURN_IF_ERROR(PostFacts(books));
  books.Claim(name_, order_.member, id_.uuid);
  // What is brought in late may have ended since: the answer is what can be spent.
  RETURN_IF_ERROR(ledger::Settle(books, order_.member));
  return Answer(books);
}

absl::Status RecordPurchase::PostFacts(ledger::Books& books) const {
  std::string organization;
  if (!order_.organization.IsNil()) {
    organization =
        absl::StrCat(",\"organization\":", base::JsonString(order_.organization.ToString()),
                     ",\"organization_points\":", organization_points_);
  }
  RETURN_IF_ERROR(PostAbout(books, ledger::FactKind::kPurchase, purchase_, purchase_.earning.points,
                            ledger::Origin::kPurchase, PurchaseDetail(purchase_, organization)));
  RETURN_IF_ERROR(PostForOrganization(books));
  if (purchase_.thank_you.outcome != ThanksOutcome::kGiven) return absl::OkStatus();
  return PostAbout(books, ledger::FactKind::kThankYou, purchase_, purchase_.thank_you.bonus_points,
                   ledger::Origin::kGiven, ThankYouDetail(purchase_, policy_->thank_you));
}

absl::Status RecordPurchase::PostForOrganization(ledger::Books& books) const {
  if (organization_points_ == 0) return absl::OkStatus();
  // What was bought stays between the member and the shop.
  return ledger::Earn(
      books, {.posting = {.kind = ledger::FactKind::kEarn,
                          .transaction = ledger::Beside(envelope.program, order_.organization,
                                                        organization_transaction_),
                          .member = order_.organization,
                          .effective_at = purchase_.purchased_at,
                          .source = "purchase for an organization",
                          .detail = absl::StrCat(
                              "{\"organization_percent\":", order_.organization_percent, "}")},
              .points = organization_points_,
              .origin = ledger::Origin::kPurchase});
}

std::string RecordPurchase::Answer(const ledger::Books& books) const {
  std::optional<int64_t> available_points;
  if (envelope.MayTell(order_.member)) available_points = books.AvailablePoints(order_.member);
  return PurchaseAnswer(purchase_, policy_->thank_you, available_points, organization_points_,
                        envelope.validate_only);
}

absl::Status RecordPurchases::LoadAll(pg::Tx& tx, absl::Span<RecordPurchase* const> set) {
  ASSIGN_OR_RETURN(Policy policy, ReadPolicy(tx, set.front()->envelope.program));
  const auto shared = std::make_shared<const Policy>(std::move(policy));
  for (RecordPurchase* purchase : set) purchase->policy_ = shared;
  return absl::OkStatus();
}

absl::Status RecordPurchases::WriteAll(pg::Tx& tx, absl::Span<RecordPurchase* const> set) {
  std::vector<const Purchase*> purchases;
  purchases.reserve(set.size());
  for (const RecordPurchase* purchase : set) purchases.push_back(&purchase->purchase_);
  const ledger::Envelope& envelope = set.front()->envelope;
  InsertPurchases(tx, ledger::PartitionOf(envelope.program, envelope.member), purchases);
  return absl::OkStatus();
}

SetPolicy::SetPolicy(Policy policy, base::IdSource& ids, absl::Time now)
    : policy_(std::move(policy)), transaction_{ids.Next(now)} {}

absl::StatusOr<std::string> SetPolicy::Decide(ledger::Books& books) {
  policy_.version = *latest_ + 1;
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kThanksPolicySet,
                 .transaction = ledger::TransactionOfProgram(envelope.program, transaction_.uuid),
                 .effective_at = books.recorded_at(),
                 .source = "thanks policy",
                 .detail = FiguresJson(policy_)})
          .status());
  if (!envelope.validate_only) *latest_ = policy_.version;
  return PolicyAnswer(policy_);
}

absl::Status SetPolicies::LoadAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) {
  ASSIGN_OR_RETURN(const Policy policy, ReadPolicy(tx, set.front()->envelope.program));
  const auto latest = std::make_shared<int32_t>(policy.version);
  for (SetPolicy* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetPolicies::WriteAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) {
  for (const SetPolicy* change : set) {
    InsertPolicy(tx, change->envelope.program, change->policy_, change->envelope.now);
  }
  return absl::OkStatus();
}

ledger::DirectoryKey Thanks::NameOf(const ledger::Program& program, std::string_view source,
                                    std::string_view order_id) const {
  const std::string name = absl::StrCat(base::Abs(source), "/", base::Abs(order_id));
  return {ledger::DirectoryKind::kOrder, vault_.LookupKey(program.number, "order", name)};
}

absl::StatusOr<Thanks::Found> Thanks::FindPurchase(const ledger::Program& program,
                                                   std::string_view source,
                                                   std::string_view order_id,
                                                   absl::Time deadline) const {
  const std::vector<ledger::DirectoryKey> names = {NameOf(program, source, order_id)};
  Found found;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline, .read_only = true}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const auto entries, ledger::FindNames(tx, program, names));
    if (entries.empty()) {
      return FieldError(Reason::kPurchaseNotFound, "order",
                        absl::StrCat("no order ", base::Abs(order_id), " of ", base::Abs(source),
                                     " was recorded"));
    }
    const ledger::DirectoryEntry& entry = entries.front().second;
    ASSIGN_OR_RETURN(const auto purchase, ReadPurchase(tx, entry.partition, PurchaseId{entry.id}));
    if (!purchase)
      return Error(Reason::kBooksDamaged, "the directory names a purchase that is gone");
    found.purchase = *purchase;
    ASSIGN_OR_RETURN(found.policy,
                     ReadPolicyVersion(tx, program, purchase->earning.policy_version));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<Thanks::Page> Thanks::ListPurchases(const ledger::Program& program,
                                                   const MemberId& member, const PurchaseId& after,
                                                   int32_t limit, absl::Time deadline) const {
  Page page;
  RETURN_IF_ERROR(
      pg::RunTx(pool_, {.deadline = deadline, .read_only = true}, [&](pg::Tx& tx) -> absl::Status {
        page = {};
        RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
        // One more than fits tells whether there is a next page.
        ASSIGN_OR_RETURN(std::vector<Purchase> purchases,
                         thanks::ListPurchases(tx, ledger::PartitionOf(program, member), member,
                                               after, limit + 1));
        if (purchases.size() > static_cast<size_t>(limit)) {
          purchases.pop_back();
          page.next = purchases.back().id;
        }
        std::map<int32_t, Policy> policies;
        for (Purchase& purchase : purchases) {
          const int32_t version = purchase.earning.policy_version;
          if (policies.count(version) == 0) {
            ASSIGN_OR_RETURN(policies[version], ReadPolicyVersion(tx, program, version));
          }
          page.purchases.push_back({std::move(purchase), policies[version]});
        }
        return absl::OkStatus();
      }));
  return page;
}

absl::StatusOr<Policy> Thanks::CurrentPolicy(const ledger::Program& program,
                                             absl::Time deadline) const {
  Policy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline, .read_only = true}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policy, ReadPolicy(tx, program));
    return absl::OkStatus();
  }));
  return policy;
}

}  // namespace gratis::thanks
