#include "services/thanks/trigger_backtest.h"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_sql.h"
#include "services/thanks/thanks_store.h"
#include "services/thanks/trigger_book.h"
#include "services/thanks/trigger_store.h"

namespace gratis::thanks {
namespace {

constexpr int64_t kPurchasesPage = 500;
constexpr int kMaxPurchasePages = 1'000'000;

// One purchase, and when its member had bought before.
struct PastPurchase {
  Purchase purchase;
  std::optional<absl::Time> before;
};

class Replay {
 public:
  Replay(pg::Pool& pool, const BacktestOrder& order)
      : pool_(pool), order_(order), trigger_({std::make_shared<const Trigger>(order.trigger)}) {}

  absl::Status Run(int32_t partition) {
    PurchaseId after;
    facts_.clear();
    for (int page = 0; page < kMaxPurchasePages; ++page) {
      std::vector<PastPurchase> purchases;
      RETURN_IF_ERROR(
          pg::RunTx(pool_, pg::Reading(order_.deadline), [&](pg::Tx& tx) -> absl::Status {
            ASSIGN_OR_RETURN(purchases, ReadPage(tx, partition, after));
            return ReadNewFacts(tx, partition, purchases);
          }));
      if (purchases.empty()) return absl::OkStatus();
      for (const PastPurchase& past : purchases) Judge(past);
      after = purchases.back().purchase.id;
    }
    return absl::OkStatus();
  }

  BacktestReport Report() {
    report_.members = std::ssize(members_);
    return report_;
  }

 private:
  absl::StatusOr<std::vector<PastPurchase>> ReadPage(pg::Tx& tx, int32_t partition,
                                                     const PurchaseId& after) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kPagePurchasesBetween, partition, order_.from,
                                                 order_.until, after, kPurchasesPage));
    std::vector<PurchaseId> ids;
    for (const pg::Row row : rows) ids.push_back(row.Get<PurchaseId>(0));
    std::vector<PastPurchase> page;
    if (ids.empty()) return page;
    std::map<PurchaseId, std::optional<absl::Time>> before;
    for (const pg::Row row : rows) {
      before[row.Get<PurchaseId>(0)] = row.Get<std::optional<absl::Time>>(1);
    }
    ASSIGN_OR_RETURN(std::vector<Purchase> found, ReadPurchases(tx, partition, ids));
    for (Purchase& purchase : found) {
      const std::optional<absl::Time> bought_before = before[purchase.id];
      page.push_back({std::move(purchase), bought_before});
    }
    return page;
  }

  // Of members who were not met before.
  absl::Status ReadNewFacts(pg::Tx& tx, int32_t partition,
                            const std::vector<PastPurchase>& purchases) {
    std::set<MemberId> unknown;
    for (const PastPurchase& past : purchases) {
      if (facts_.count(past.purchase.member) == 0) unknown.insert(past.purchase.member);
    }
    if (unknown.empty()) return absl::OkStatus();
    const std::vector<MemberId> members(unknown.begin(), unknown.end());
    ASSIGN_OR_RETURN(limits_, TakeTriggerLimits(tx, AskTriggerLimits(tx, order_.program)));
    ASSIGN_OR_RETURN(FactsOfMembers read, ReadMemberFacts(tx, order_.program, partition, members,
                                                          trigger_, limits_, order_.now));
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, order_.program, members));
    for (const MemberId& member : members) {
      MemberFacts& facts = facts_[member];
      facts.tier = read[member].tier;
      const auto state = states.find(member);
      if (state != states.end()) facts.state = state->second;
    }
    return absl::OkStatus();
  }

  void Judge(const PastPurchase& past) {
    const Trigger& trigger = order_.trigger;
    const Purchase& purchase = past.purchase;
    ++report_.purchases;
    const bool delivery = trigger.event == TriggerEvent::kDelivery;
    if (delivery && purchase.delivered_at == absl::InfiniteFuture()) return;
    TriggerOccasion occasion{.moment = delivery ? Moment::kDelivery : Moment::kPurchase,
                             .at = delivery ? purchase.delivered_at : purchase.purchased_at,
                             .purchase = &purchase,
                             .position = purchase.position};
    if (past.before) occasion.gap = purchase.purchased_at - *past.before;
    MemberFacts& facts = facts_[purchase.member];
    // As it would have been judged when it was due.
    const TriggerVerdict verdict =
        thanks::Judge(trigger, occasion, facts, limits_, occasion.at + trigger.delay());
    if (verdict.outcome != TriggerOutcome::kGiven) {
      ++report_.not_given[verdict.why];
      return;
    }
    facts.past.push_back({.trigger = trigger.code,
                          .subject = purchase.id.uuid,
                          .version = trigger.version,
                          .outcome = TriggerOutcome::kGiven,
                          .at = verdict.due_at,
                          .counts = trigger.counts()});
    ++report_.given;
    const bool first = members_.insert(purchase.member).second;
    report_.points += trigger.points;
    if (!trigger.voucher || (trigger.voucher->evergreen && !first)) return;
    ++report_.vouchers;
    if (trigger.voucher->kind == ledger::VoucherKind::kFixed) {
      report_.worth_minor += trigger.voucher->worth;
    }
  }

  pg::Pool& pool_;
  const BacktestOrder& order_;
  const std::vector<std::shared_ptr<const Trigger>> trigger_;
  TriggerLimits limits_;
  FactsOfMembers facts_;  // of one partition's
  std::set<MemberId> members_;
  BacktestReport report_;
};

}  // namespace

absl::StatusOr<BacktestReport> Backtest(pg::Pool& pool, const BacktestOrder& order) {
  if (order.until <= order.from) {
    return FieldError(Reason::kFieldInvalid, "until", "it is not after from");
  }
  if (order.until - order.from > kMaxBacktest) {
    return FieldError(Reason::kFieldInvalid, "until", "at most 400 days after from");
  }
  if (order.trigger.event == TriggerEvent::kSignUp) {
    return FieldError(Reason::kFieldInvalid, "trigger.event",
                      "past purchases say nothing of sign-ups");
  }
  Replay replay(pool, order);
  const ledger::Program& program = order.program;
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    RETURN_IF_ERROR(replay.Run(p));
  }
  return replay.Report();
}

}  // namespace gratis::thanks
