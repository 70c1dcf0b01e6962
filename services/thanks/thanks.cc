#include "services/thanks/thanks.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/ledger/voucher_code.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/buyers.h"
#include "services/thanks/earner_book.h"
#include "services/thanks/merged.h"
#include "services/thanks/payments.h"
#include "services/thanks/pending_rules.h"
#include "services/thanks/policy_contract.h"
#include "services/thanks/policy_json.h"
#include "services/thanks/policy_store.h"
#include "services/thanks/thanks_store.h"

namespace gratis::thanks {
namespace {

// When it begins, if it says so.
std::string FromJson(const Policy& policy) {
  if (policy.effective_from == absl::InfinitePast()) return "";
  return absl::StrCat(",\"effective_from\":",
                      base::JsonString(base::FormatTime(policy.effective_from)));
}

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
                      ",\"rules\":", RulesJson(policy.earning),
                      ",\"without_tax\":", policy.earning.without_tax ? "true" : "false",
                      ",\"claims_per_day\":", policy.earning.claims_per_day,
                      ",\"claim_days\":", policy.earning.claim_days,
                      ",\"pending\":", PendingJson(policy.pending), FromJson(policy),
                      ",\"enabled\":", thank_you.enabled ? "true" : "false",
                      ",\"bonus_points\":", thank_you.bonus_points,
                      ",\"max_age_days\":", thank_you.max_age_days, "}");
}

// 60 bits as twelve of Crockford's characters, and one that checks them.
std::string CodeOf(std::string_view hash) {
  constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<uint8_t>(hash[i]);
  std::string code;
  for (int i = 0; i < 12; ++i) code.push_back(kDigits[bits >> (59 - 5 * i) & 31]);
  code.push_back(ledger::CheckCharacter(code));
  return code;
}

absl::Status NoSuchPurchase(const OrderKey& order) {
  return FieldError(Reason::kPurchaseNotFound, "order",
                    absl::StrCat("there is no ", Describe(order)));
}

// A member and, unless `as_named`, whoever was merged into them. Errors: MEMBER_NOT_FOUND,
// MEMBER_ERASED.
absl::StatusOr<std::vector<MemberId>> PeopleIn(pg::Tx& tx, const ledger::Program& program,
                                               const MemberId& member, bool as_named) {
  RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
  std::vector<MemberId> people;
  if (!as_named) {
    ASSIGN_OR_RETURN(const Merged merged, ReadMerged(tx, {member}));
    people = EveryoneIn(merged);
  }
  people.push_back(member);
  return people;
}

// What a purchase would earn by what the books say now: as RecordPurchase decides it, on books
// whose changes are forgotten. `buyer`: nothing for a purchase of nobody.
absl::StatusOr<Earned> EarnInLook(ledger::Books& books, const PurchaseOrder& order,
                                  const EarningRule& rule, const std::optional<Buyer>& buyer,
                                  const Earner& earner, const absl::TimeZone& zone) {
  Purchase purchase;
  purchase.member = order.member;
  purchase.payments = order.payments;
  if (!order.member.IsNil()) {
    RETURN_IF_ERROR(PermitPurchase(books, order));
    const std::vector<TransactionId> captures(order.payments.size());
    RETURN_IF_ERROR(Pay(books, captures, purchase));
  }
  PurchaseOrder paid = order;
  paid.payments = purchase.payments;
  return EarnWithinBudgets(books, rule, BasketOf(paid, buyer, earner), zone);
}

// A name leads to a purchase, to one of nobody, or to where returns waited for it; from there to
// whom it became of, and so on to whoever claimed it.
constexpr int kMaxMoves = 8;

struct Led {
  Located located;
  OrderKey order;  // of one of nobody: that it was recorded under
};

absl::StatusOr<Led> Lead(pg::Tx& tx, const ledger::Program& program,
                         const ledger::DirectoryKey& name) {
  Led led{.located = {.partition = ledger::PartitionOf(program, PlaceOf(name))}};
  Located& located = led.located;
  const std::vector<ledger::DirectoryKey> names = {name};
  ASSIGN_OR_RETURN(const auto entries, ledger::FindNames(tx, program, names));
  if (entries.empty()) return led;
  located.partition = entries.front().second.partition;
  located.purchase = {entries.front().second.id};
  for (int i = 0; i < kMaxMoves; ++i) {
    const AskedPurchases asked = AskPurchases(tx, located.partition, {located.purchase});
    const AskedUnclaimed asked_unclaimed = AskUnclaimed(tx, located.partition, {located.purchase});
    ASSIGN_OR_RETURN(const auto purchases, TakePurchases(tx, asked));
    ASSIGN_OR_RETURN(const auto unclaimed, TakeUnclaimed(tx, asked_unclaimed));
    if (!purchases.empty()) {
      const Purchase& purchase = purchases.begin()->second.purchase;
      located.where = Located::Where::kRecorded;
      located.member = located.place = purchase.member;
      located.organization = purchase.for_organization.organization;
      for (const Payment& payment : purchase.payments) {
        if (!payment.of.IsNil()) located.payers.push_back(payment.of);
      }
      return led;
    }
    const Unclaimed& found = unclaimed.at(located.purchase);
    if (found.moved_to.IsNil()) {
      if (!found.purchase) return led;
      located.where = Located::Where::kUnclaimed;
      led.order = found.purchase->purchase.order;
      return led;
    }
    located.partition = ledger::PartitionOf(program, found.moved_to);
    located.purchase = found.became;
  }
  return Error(Reason::kInternal, "a purchase is not where its name leads");
}

}  // namespace

SetPolicy::SetPolicy(Policy policy, base::IdSource& ids, absl::Time now)
    : policy_(std::move(policy)), transaction_{ids.Next(now)} {}

absl::StatusOr<std::string> SetPolicy::Decide(ledger::Books& books) {
  if (policy_.effective_from != absl::InfinitePast() &&
      policy_.effective_from < envelope.now - ledger::kClockTolerance) {
    return FieldError(Reason::kFieldInvalid, "policy.effective_from",
                      "a policy begins now or later: what was bought before keeps its own");
  }
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
  ASSIGN_OR_RETURN(const std::vector<Policy> policies,
                   ReadPolicies(tx, set.front()->envelope.program));
  const auto latest = std::make_shared<int32_t>(policies.front().version);
  for (SetPolicy* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetPolicies::WriteAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) {
  for (const SetPolicy* change : set) {
    InsertPolicy(tx, change->envelope.program, change->policy_, change->envelope.now);
  }
  return absl::OkStatus();
}

ledger::DirectoryKey Thanks::NameOf(const ledger::Program& program, const OrderKey& order) const {
  return {ledger::DirectoryKind::kOrder,
          vault_.LookupKey(program.number, "order", thanks::NameOf(order))};
}

std::string Thanks::ReceiptCodeOf(const ledger::Program& program, const OrderKey& order) const {
  return CodeOf(vault_.LookupKey(program.number, "receipt-code", thanks::NameOf(order)));
}

ledger::DirectoryKey Thanks::ReceiptNameOf(const ledger::Program& program,
                                           std::string_view code) const {
  return {ledger::DirectoryKind::kReceiptCode, vault_.LookupKey(program.number, "receipt", code)};
}

absl::StatusOr<Located> Thanks::Locate(const ledger::Program& program,
                                       const ledger::DirectoryKey& name,
                                       absl::Time deadline) const {
  Led led;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(led, Lead(tx, program, name));
    Located& located = led.located;
    if (located.where != Located::Where::kRecorded) return absl::OkStatus();
    std::vector<MemberId> whose = located.payers;
    whose.push_back(located.member);
    ASSIGN_OR_RETURN(located.became, ledger::ReadChains(tx, program, whose));
    return absl::OkStatus();
  }));
  if (led.located.where == Located::Where::kUnclaimed) {
    led.located.place = PlaceOf(NameOf(program, led.order));
  }
  return led.located;
}

absl::StatusOr<std::vector<MemberId>> Thanks::FindPayers(const ledger::Program& program,
                                                         const PurchaseOrder& order,
                                                         absl::Time deadline) const {
  std::vector<MemberId> payers;
  std::set<int32_t> spent_in;
  for (const Payment& payment : order.payments) {
    if (payment.transaction.IsNil()) continue;
    const auto partition = ledger::PartitionOfId(program, payment.transaction.uuid);
    if (partition) spent_in.insert(*partition);
  }
  if (order.member.IsNil() || spent_in.empty()) return payers;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    payers.clear();
    ASSIGN_OR_RETURN(const Merged merged, ReadMerged(tx, {order.member}));
    for (const MemberId& one : EveryoneIn(merged)) {
      if (spent_in.count(ledger::PartitionOf(program, one)) > 0) payers.push_back(one);
    }
    // What comes back to them goes on along those between them and the member.
    ASSIGN_OR_RETURN(const std::vector<MemberId> chains, ledger::ReadChains(tx, program, payers));
    payers.insert(payers.end(), chains.begin(), chains.end());
    return absl::OkStatus();
  }));
  const int32_t home = ledger::PartitionOf(program, order.member);
  std::erase_if(payers,
                [&](const MemberId& one) { return ledger::PartitionOf(program, one) == home; });
  return payers;
}

absl::StatusOr<Thanks::Found> Thanks::FindPurchase(const ledger::Program& program,
                                                   const OrderKey& order,
                                                   absl::Time deadline) const {
  const ledger::DirectoryKey name = NameOf(program, order);
  Found found;
  const auto read = [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const Led led, Lead(tx, program, name));
    const Located& located = led.located;
    std::optional<StoredPurchase> stored;
    if (located.where == Located::Where::kRecorded) {
      ASSIGN_OR_RETURN(auto purchases,
                       TakePurchases(tx, AskPurchases(tx, located.partition, {located.purchase})));
      if (!purchases.empty()) stored = std::move(purchases.begin()->second);
    } else if (located.where == Located::Where::kUnclaimed) {
      ASSIGN_OR_RETURN(auto unclaimed,
                       TakeUnclaimed(tx, AskUnclaimed(tx, located.partition, {located.purchase})));
      stored = std::move(unclaimed.at(located.purchase).purchase);
    }
    if (!stored) return NoSuchPurchase(order);
    found = {std::move(stored->purchase), std::move(stored->returns), {}};
    ASSIGN_OR_RETURN(const std::optional<Policy> policy,
                     ReadPolicyVersion(tx, program, found.purchase.earning.policy_version));
    if (!policy) return Error(Reason::kInternal, "a purchase names a policy that is not there");
    found.policy = *policy;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), read));
  return found;
}

absl::StatusOr<Thanks::Found> Thanks::FindPurchaseOf(const ledger::Program& program,
                                                     const MemberId& member, const OrderKey& order,
                                                     absl::Time deadline, bool as_named) const {
  std::vector<MemberId> people;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(people, PeopleIn(tx, program, member, as_named));
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(Found found, FindPurchase(program, order, deadline));
  const MemberId& buyer = found.purchase.member;
  if (std::find(people.begin(), people.end(), buyer) == people.end()) return NoSuchPurchase(order);
  return found;
}

absl::StatusOr<Thanks::Page> Thanks::ListPurchases(const ledger::Program& program,
                                                   const MemberId& member, const PurchaseId& after,
                                                   int32_t limit, absl::Time deadline,
                                                   bool as_named) const {
  Page page;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    page = {};
    ASSIGN_OR_RETURN(const std::vector<MemberId> whose, PeopleIn(tx, program, member, as_named));
    std::vector<Purchase> purchases;
    for (const MemberId& one : whose) {
      // One more than fits tells whether there is a next page.
      ASSIGN_OR_RETURN(
          std::vector<Purchase> more,
          thanks::ListPurchases(tx, ledger::PartitionOf(program, one), one, after, limit + 1));
      std::move(more.begin(), more.end(), std::back_inserter(purchases));
    }
    std::sort(purchases.begin(), purchases.end(),
              [](const Purchase& a, const Purchase& b) { return a.id < b.id; });
    if (purchases.size() > static_cast<size_t>(limit)) {
      purchases.resize(static_cast<size_t>(limit));
      page.next = purchases.back().id;
    }
    std::map<int32_t, std::optional<Policy>> policies;
    for (Purchase& purchase : purchases) {
      const int32_t version = purchase.earning.policy_version;
      if (policies.count(version) == 0) {
        ASSIGN_OR_RETURN(policies[version], ReadPolicyVersion(tx, program, version));
      }
      page.purchases.push_back({std::move(purchase), {}, policies[version].value_or(Policy{})});
    }
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<std::optional<Located>> Thanks::FindEarlier(
    pg::Tx& tx, const ledger::Program& program, const OrderKey& order,
    const std::optional<OrderKey>& same_as) const {
  if (order.is_named()) {
    ASSIGN_OR_RETURN(const Led own, Lead(tx, program, NameOf(program, order)));
    if (own.located.where != Located::Where::kNowhere) {
      return PurchaseExists(order, own.located.purchase);
    }
  }
  if (!same_as) return std::nullopt;
  ASSIGN_OR_RETURN(const Led other, Lead(tx, program, NameOf(program, *same_as)));
  if (other.located.where == Located::Where::kNowhere) return std::nullopt;
  return other.located;
}

absl::StatusOr<Thanks::Quoted> Thanks::Quote(const ledger::Program& program,
                                             const PurchaseOrder& order,
                                             const std::optional<OrderKey>& same_as, absl::Time now,
                                             absl::Time deadline) const {
  const absl::TimeZone zone = base::LoadZone(program.time_zone).value_or(absl::UTCTimeZone());
  Quoted quoted;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    quoted = {};
    ASSIGN_OR_RETURN(const std::optional<Located> earlier,
                     FindEarlier(tx, program, order.order, same_as));
    if (earlier) {
      quoted.same_as_recorded = true;
      return ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) {
        return CheckWhose(books, order.order, order.member, earlier->purchase, earlier->member);
      });
    }
    ASSIGN_OR_RETURN(const std::vector<Policy> policies, ReadPolicies(tx, program));
    const Policy& policy = *InForce(policies, order.purchased_at);
    quoted.policy_version = policy.version;
    PurchaseOrder told = order;
    std::optional<Buyer> buyer;
    Earner earner;
    if (!order.member.IsNil()) {
      const int32_t partition = ledger::PartitionOf(program, order.member);
      const EarnerWanted wanted{.member = order.member,
                                .rule = &policy.earning,
                                .order = order.order,
                                .at = order.purchased_at};
      ASSIGN_OR_RETURN(const EarnerBook earners,
                       EarnerBook::Load(tx, program, partition, zone, {wanted}));
      earner = earners.Find(wanted, zone);
      ASSIGN_OR_RETURN(const Buyers buyers, Buyers::Load(tx, program, partition, {order.member}));
      buyer = buyers.Of(order.member);
      told.staff_member = buyers.StaffFor(order.member, order.staff_member);
      quoted.position = buyer->kept + 1;
      quoted.available_at = AvailableAt(TermsOf(policy.pending, order.channel, order.purchased_at),
                                        /*delivered_at=*/absl::InfiniteFuture());
    }
    RETURN_IF_ERROR(
        ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) -> absl::Status {
          ASSIGN_OR_RETURN(quoted.earned,
                           EarnInLook(books, told, policy.earning, buyer, earner, zone));
          return absl::OkStatus();
        }));
    quoted.split = SplitOf(quoted.earned.earning.points, order);
    return absl::OkStatus();
  }));
  return quoted;
}

absl::StatusOr<Policy> Thanks::PolicyAt(const ledger::Program& program, absl::Time at,
                                        absl::Time deadline) const {
  std::vector<Policy> policies;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policies, ReadPolicies(tx, program));
    return absl::OkStatus();
  }));
  return *InForce(policies, at);
}

absl::StatusOr<Policy> Thanks::PolicyVersion(const ledger::Program& program, int32_t version,
                                             absl::Time deadline) const {
  std::optional<Policy> policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policy, ReadPolicyVersion(tx, program, version));
    return absl::OkStatus();
  }));
  if (!policy) {
    return FieldError(Reason::kFieldInvalid, "version",
                      absl::StrCat("the policy has no version ", version));
  }
  return *policy;
}

}  // namespace gratis::thanks
