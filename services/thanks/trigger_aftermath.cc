#include "services/thanks/trigger_aftermath.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/status/macros.h"
#include "services/thanks/trigger_giving.h"
#include "services/thanks/trigger_store.h"
#include "services/thanks/trigger_words.h"

namespace gratis::thanks {
namespace {

std::string WordOf(TriggerOutcome outcome) {
  switch (outcome) {
    case TriggerOutcome::kGiven:
      return "given";
    case TriggerOutcome::kDue:
      return "due";
    case TriggerOutcome::kHeldBack:
      return "held_back";
    case TriggerOutcome::kNotMeant:
      return "not_meant";
    case TriggerOutcome::kWithheld:
      return "withheld";
    case TriggerOutcome::kCancelled:
      return "cancelled";
  }
  return "";
}

// What became of a trigger, and from when it is too late.
struct Made {
  TriggerResult result;
  absl::Time old_at;
};

class TriggerRun final : public AftermathRun {
 public:
  TriggerRun(ledger::Program program, int32_t partition,
             std::shared_ptr<const TriggersInForce> in_force, FactsOfMembers facts,
             const ledger::VoucherCodes& codes, absl::TimeZone zone)
      : program_(std::move(program)),
        partition_(partition),
        in_force_(std::move(in_force)),
        facts_(std::move(facts)),
        codes_(codes),
        zone_(zone) {}

  absl::Status Decide(ledger::Books& books, const ledger::Envelope& envelope,
                      const Occurrence& occurrence, std::vector<Followed>& followed) override {
    if (in_force_->triggers.empty()) return absl::OkStatus();
    if (occurrence.occasion == thanks::Occasion::kReturn) {
      return CallOffAll(books, envelope, occurrence.purchase);
    }
    return Follow(books, envelope, occurrence, followed);
  }

  absl::Status Write(pg::Tx& tx, absl::Span<const PurchaseId> decided) override;

 private:
  absl::Status Follow(ledger::Books& books, const ledger::Envelope& envelope,
                      const Occurrence& occurrence, std::vector<Followed>& followed);
  absl::Status CallOffAll(ledger::Books& books, const ledger::Envelope& envelope,
                          const Purchase& purchase);
  void Tell(const TriggerResult& result, const Trigger& trigger,
            std::vector<Followed>& followed) const;

  const ledger::Program program_;
  const int32_t partition_;
  const std::shared_ptr<const TriggersInForce> in_force_;
  FactsOfMembers facts_;
  const ledger::VoucherCodes& codes_;
  const absl::TimeZone zone_;
  std::multimap<PurchaseId, Made> made_;
  std::multimap<PurchaseId, PassedOverAt> passed_over_;
};

TriggerOccasion OccasionOf(const Occurrence& occurrence) {
  const Purchase& purchase = occurrence.purchase;
  TriggerOccasion occasion{.moment = Moment::kDelivery, .at = occurrence.at, .purchase = &purchase};
  occasion.position = purchase.position;
  if (occurrence.occasion != thanks::Occasion::kPurchase) return occasion;
  const Buyer& buyer = occurrence.buyer;
  occasion.moment = Moment::kPurchase;
  occasion.position = buyer.kept + 1;
  occasion.new_position = occasion.position > buyer.highest_position;
  if (buyer.last_at > absl::InfinitePast()) {
    occasion.gap = purchase.purchased_at - buyer.last_at;
  }
  return occasion;
}

void TriggerRun::Tell(const TriggerResult& result, const Trigger& trigger,
                      std::vector<Followed>& followed) const {
  const bool given = result.outcome == TriggerOutcome::kGiven;
  Followed told{.trigger = result.trigger,
                .outcome = WordOf(result.outcome),
                .sentence = SentenceOf(result, trigger, program_.currency_code, zone_),
                .receipt_line = given ? trigger.receipt_line : "",
                .points = result.points,
                .voucher = result.voucher};
  if (result.outcome == TriggerOutcome::kDue) told.due_at = result.due_at;
  followed.push_back(std::move(told));
}

absl::Status TriggerRun::Follow(ledger::Books& books, const ledger::Envelope& envelope,
                                const Occurrence& occurrence, std::vector<Followed>& followed) {
  const Purchase& purchase = occurrence.purchase;
  const TriggerOccasion occasion = OccasionOf(occurrence);
  RETURN_IF_ERROR(books.RequireHolder(purchase.member));
  MemberFacts facts = facts_[purchase.member];
  facts.state = books.FindHolder(purchase.member)->state;
  std::vector<Made> made;
  std::vector<PassedOver> passed;
  for (const std::shared_ptr<const Trigger>& trigger : in_force_->For(occasion.moment)) {
    const TriggerVerdict verdict =
        Judge(*trigger, occasion, facts, in_force_->limits, envelope.now);
    if (verdict.outcome == TriggerOutcome::kNotMeant) {
      passed.push_back({trigger->code, trigger->version, verdict.why});
      continue;
    }
    TriggerResult result{
        .partition = partition_,
        .subject = purchase.id.uuid,
        .member = purchase.member,
        .purchase = purchase.id,
        .trigger = trigger->code,
        .version = trigger->version,
        .outcome = verdict.outcome,
        .why = verdict.why,
        .due_at = verdict.due_at,
        .position = occasion.position,
        .store = purchase.order.store.empty() ? purchase.order.source : purchase.order.store,
        .counts = trigger->counts()};
    if (verdict.outcome == TriggerOutcome::kGiven) {
      RETURN_IF_ERROR(Give(books, {*trigger, codes_, envelope.now}, result));
    }
    const bool waits =
        result.outcome == TriggerOutcome::kDue || result.outcome == TriggerOutcome::kHeldBack;
    if (!waits) result.decided_at = envelope.now;
    if (waits || result.outcome == TriggerOutcome::kGiven) {
      facts.past.push_back({.trigger = result.trigger,
                            .subject = result.subject,
                            .version = result.version,
                            .outcome = waits ? TriggerOutcome::kDue : TriggerOutcome::kGiven,
                            .at = result.acts_at(),
                            .counts = result.counts});
    }
    Tell(result, *trigger, followed);
    made.push_back({std::move(result), verdict.due_at + trigger->max_age()});
  }
  if (envelope.validate_only) return absl::OkStatus();
  facts_[purchase.member].past = std::move(facts.past);
  for (Made& one : made) {
    // It waits for the complaint's end as something due.
    if (one.result.outcome == TriggerOutcome::kHeldBack) one.result.outcome = TriggerOutcome::kDue;
    one.result.why =
        one.result.outcome == TriggerOutcome::kDue ? TriggerWhy::kNone : one.result.why;
    made_.emplace(purchase.id, std::move(one));
  }
  if (!passed.empty()) {
    passed_over_.emplace(purchase.id,
                         PassedOverAt{purchase.id.uuid, occasion.moment, std::move(passed)});
  }
  return absl::OkStatus();
}

absl::Status TriggerRun::CallOffAll(ledger::Books& books, const ledger::Envelope& envelope,
                                    const Purchase& purchase) {
  if (!purchase.returned.whole) return absl::OkStatus();
  std::vector<PastThanks>& past = facts_[purchase.member].past;
  std::vector<Made> made;
  for (const PastThanks& thanks : past) {
    if (thanks.outcome != TriggerOutcome::kDue || thanks.subject != purchase.id.uuid) continue;
    TriggerResult result{.partition = partition_,
                         .subject = thanks.subject,
                         .member = purchase.member,
                         .purchase = purchase.id,
                         .trigger = thanks.trigger,
                         .version = thanks.version,
                         .outcome = TriggerOutcome::kCancelled,
                         .why = TriggerWhy::kReturned,
                         .due_at = thanks.at,
                         .decided_at = envelope.now,
                         .position = purchase.position,
                         .store = {},
                         .counts = thanks.counts};
    RETURN_IF_ERROR(CallOff(books, envelope.now, result));
    made.push_back({std::move(result), thanks.at});
  }
  if (envelope.validate_only) return absl::OkStatus();
  std::erase_if(past, [&](const PastThanks& thanks) {
    return thanks.outcome == TriggerOutcome::kDue && thanks.subject == purchase.id.uuid;
  });
  for (Made& one : made) made_.emplace(purchase.id, std::move(one));
  return absl::OkStatus();
}

absl::Status TriggerRun::Write(pg::Tx& tx, absl::Span<const PurchaseId> decided) {
  // A purchase that came back in the same set has two results of a trigger; the later one counts,
  // and no statement may write a row twice.
  std::map<std::pair<Uuid, std::string>, ResultToWrite> results;
  std::map<std::pair<Uuid, Moment>, PassedOverAt> passed;
  const std::set<PurchaseId> distinct(decided.begin(), decided.end());
  for (const PurchaseId& purchase : distinct) {
    const auto [first, last] = made_.equal_range(purchase);
    for (auto made = first; made != last; ++made) {
      const TriggerResult& result = made->second.result;
      results.insert_or_assign({result.subject, result.trigger},
                               ResultToWrite{&result, made->second.old_at});
    }
    const auto [begin, end] = passed_over_.equal_range(purchase);
    for (auto one = begin; one != end; ++one) {
      passed.emplace(std::pair(one->second.subject, one->second.moment), one->second);
    }
  }
  std::vector<ResultToWrite> to_write;
  for (const auto& [key, result] : results) to_write.push_back(result);
  WriteTriggerResults(tx, to_write);
  std::vector<PassedOverAt> all;
  for (auto& [key, one] : passed) all.push_back(std::move(one));
  InsertPassedOver(tx, partition_, all);
  return absl::OkStatus();
}

// What follows where there is no trigger.
class Nothing final : public AftermathRun {
 public:
  absl::Status Decide(ledger::Books&, const ledger::Envelope&, const Occurrence&,
                      std::vector<Followed>&) override {
    return absl::OkStatus();
  }
  absl::Status Write(pg::Tx&, absl::Span<const PurchaseId>) override { return absl::OkStatus(); }
};

}  // namespace

absl::StatusOr<std::unique_ptr<AftermathRun>> TriggerAftermath::Load(
    pg::Tx& tx, const ledger::Program& program, int32_t partition,
    absl::Span<const MemberId> members, absl::Time now) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const TriggersInForce> in_force,
                   reader_.Read(tx, program));
  if (in_force->triggers.empty()) return std::make_unique<Nothing>();
  ASSIGN_OR_RETURN(
      FactsOfMembers facts,
      ReadMemberFacts(tx, program, partition, members, in_force->triggers, in_force->limits, now));
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  return std::make_unique<TriggerRun>(program, partition, in_force, std::move(facts), codes_, zone);
}

}  // namespace gratis::thanks
