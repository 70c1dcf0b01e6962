#include "services/thanks/triggers.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/complaint_store.h"

namespace gratis::thanks {
namespace {

absl::Status NoSuchTrigger(std::string_view code) {
  return FieldError(Reason::kTriggerNotFound, "code",
                    absl::StrCat("there is no trigger ", base::Abs(code), ", or not this version"));
}

// What the member of a purchase is, whoever they are.
absl::StatusOr<MemberFacts> ReadFactsOf(pg::Tx& tx, const ledger::Program& program,
                                        const MemberId& member, const Trigger& trigger,
                                        const TriggerLimits& limits, absl::Time now) {
  const std::vector<std::shared_ptr<const Trigger>> asked = {
      std::make_shared<const Trigger>(trigger)};
  ASSIGN_OR_RETURN(FactsOfMembers facts,
                   ReadMemberFacts(tx, program, ledger::PartitionOf(program, member), {member},
                                   asked, limits, now));
  MemberFacts found = std::move(facts[member]);
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
  if (const auto state = states.find(member); state != states.end()) found.state = state->second;
  return found;
}

// Whom each of these gave something to say to, by transaction: whoever it was left for may have
// become somebody else by when it acted.
absl::StatusOr<std::map<TransactionId, MemberId>> ReadThanked(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              const std::vector<ToldResult>& told,
                                                              absl::Time now) {
  std::map<TransactionId, MemberId> thanked;
  RETURN_IF_ERROR(ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) {
    thanked.clear();
    absl::Status lacking;
    for (const ToldResult& one : told) {
      const TransactionId& transaction = one.result.transaction;
      const bool says = !one.trigger.template_code.empty() || !one.trigger.task.empty();
      if (transaction.IsNil() || !says) continue;
      // All of them are looked for at once.
      const absl::StatusOr<std::vector<ledger::PostedRow>> rows = books.RowsOf(transaction);
      lacking.Update(rows.status());
      if (!rows.ok()) continue;
      for (const ledger::PostedRow& posted : *rows) {
        const ledger::Fact& fact = posted.row.fact;
        if (fact.kind == ledger::FactKind::kThankYou) thanked[transaction] = fact.member;
      }
    }
    return lacking;
  }));
  return thanked;
}

// Puts the messages that results became beside them. Errors: as SaidMessages::About; then beside
// none.
absl::Status AddSaid(const ledger::Program& program, const PurchaseId& purchase,
                     const std::map<TransactionId, MemberId>& thanked, const AskingMessages& asking,
                     std::vector<ToldResult>& told) {
  std::set<MemberId> members;
  for (const auto& [transaction, member] : thanked) members.insert(member);
  std::multimap<std::string, messages::v1::Message> said;
  for (const MemberId& member : members) {
    if (!asking.may_know(member)) continue;
    ASSIGN_OR_RETURN(const std::vector<messages::v1::Message> found,
                     asking.messages->About(program, member, purchase, asking.deadline));
    for (const messages::v1::Message& message : found) {
      said.emplace(message.transaction_id(), message);
    }
  }
  for (ToldResult& one : told) {
    if (one.result.transaction.IsNil()) continue;
    const auto [first, last] = said.equal_range(one.result.transaction.ToString());
    for (auto message = first; message != last; ++message) one.said.push_back(message->second);
  }
  return absl::OkStatus();
}

Moment MomentOf(const Trigger& trigger) {
  if (trigger.event == TriggerEvent::kDelivery) return Moment::kDelivery;
  return trigger.event == TriggerEvent::kSignUp ? Moment::kSignUp : Moment::kPurchase;
}

}  // namespace

absl::StatusOr<Trigger> Triggers::Find(const ledger::Program& program, std::string_view code,
                                       int32_t version, absl::Time deadline) const {
  std::vector<Trigger> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    int32_t wanted = version;
    if (wanted == 0) {
      ASSIGN_OR_RETURN(const auto in_force, reader_.Read(tx, program));
      const std::shared_ptr<const Trigger> trigger = in_force->Find(code);
      if (!trigger) return NoSuchTrigger(code);
      wanted = trigger->version;
    }
    const std::vector<TriggerVersion> asked = {{std::string(code), wanted}};
    ASSIGN_OR_RETURN(found, ReadTriggers(tx, program, asked));
    return absl::OkStatus();
  }));
  if (found.empty()) return NoSuchTrigger(code);
  return found.front();
}

absl::StatusOr<std::vector<Trigger>> Triggers::List(const ledger::Program& program,
                                                    std::string_view after, int32_t limit,
                                                    absl::Time deadline) const {
  std::vector<Trigger> triggers;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<TriggerVersion> versions,
                     TakeTriggerVersions(tx, AskTriggerVersions(tx, program)));
    std::erase_if(versions, [&](const TriggerVersion& one) { return one.first <= after; });
    if (std::ssize(versions) > limit) versions.resize(static_cast<size_t>(limit));
    ASSIGN_OR_RETURN(triggers, ReadTriggers(tx, program, versions));
    return absl::OkStatus();
  }));
  return triggers;
}

absl::StatusOr<TriggerLimits> Triggers::Limits(const ledger::Program& program,
                                               absl::Time deadline) const {
  TriggerLimits limits;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(limits, TakeTriggerLimits(tx, AskTriggerLimits(tx, program)));
    return absl::OkStatus();
  }));
  return limits;
}

absl::StatusOr<std::vector<ToldResult>> Triggers::Tell(pg::Tx& tx, const ledger::Program& program,
                                                       std::vector<TriggerResult> results,
                                                       absl::Time now) const {
  std::set<TriggerVersion> versions;
  std::vector<MemberId> waiting;
  for (const TriggerResult& result : results) {
    versions.emplace(result.trigger, result.version);
    if (result.outcome == TriggerOutcome::kDue && result.due_at <= now) {
      waiting.push_back(result.member);
    }
  }
  const std::vector<TriggerVersion> asked(versions.begin(), versions.end());
  ASSIGN_OR_RETURN(const std::vector<Trigger> read, ReadTriggers(tx, program, asked));
  std::map<TriggerVersion, Trigger> triggers;
  for (const Trigger& trigger : read) triggers[{trigger.code, trigger.version}] = trigger;
  ASSIGN_OR_RETURN(const std::set<MemberId> complaining, FindComplaining(tx, program, waiting));
  std::vector<ToldResult> told;
  for (TriggerResult& result : results) {
    if (result.outcome == TriggerOutcome::kDue && result.due_at <= now &&
        complaining.count(result.member) > 0) {
      result.outcome = TriggerOutcome::kHeldBack;
      result.why = TriggerWhy::kComplaintOpen;
    }
    const Trigger& trigger = triggers[{result.trigger, result.version}];
    told.push_back({std::move(result), trigger});
  }
  return told;
}

absl::StatusOr<TriggerReport> Triggers::Explain(const ledger::Program& program,
                                                const Purchase& purchase, absl::Time now,
                                                absl::Time deadline,
                                                const AskingMessages& asking) const {
  TriggerReport report;
  std::map<TransactionId, MemberId> thanked;
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  // What nobody has claimed was shown to no trigger.
  if (purchase.member.IsNil()) return report;
  const int32_t partition = ledger::PartitionOf(program, purchase.member);
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<TriggerResult> results,
                     FindResults(tx, partition, {purchase.id.uuid}, {""}));
    ASSIGN_OR_RETURN(const std::vector<PassedOver> passed,
                     ReadPassedOver(tx, partition, purchase.id.uuid));
    for (const PassedOver& one : passed) {
      results.push_back({.partition = partition,
                         .subject = purchase.id.uuid,
                         .member = purchase.member,
                         .purchase = purchase.id,
                         .trigger = one.trigger,
                         .version = one.version,
                         .outcome = TriggerOutcome::kNotMeant,
                         .why = one.why,
                         .store = {}});
    }
    ASSIGN_OR_RETURN(report.told, Tell(tx, program, std::move(results), now));
    if (asking.messages == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(thanked, ReadThanked(tx, program, report.told, now));
    return absl::OkStatus();
  }));
  // Not while a transaction is open.
  if (!thanked.empty()) {
    report.asked = AddSaid(program, purchase.id, thanked, asking, report.told);
  }
  report.cashier_line = CashierLine(report.told, program.currency_code, zone);
  return report;
}

absl::StatusOr<std::vector<ToldResult>> Triggers::Results(const ledger::Program& program,
                                                          const MemberId& member,
                                                          const ResultPlace& behind, int32_t limit,
                                                          absl::Time now,
                                                          absl::Time deadline) const {
  std::vector<ToldResult> told;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(std::vector<TriggerResult> results,
                     ListResults(tx, ledger::PartitionOf(program, member), member, behind, limit));
    ASSIGN_OR_RETURN(told, Tell(tx, program, std::move(results), now));
    return absl::OkStatus();
  }));
  return told;
}

absl::StatusOr<TriggerPreview> Triggers::Preview(const ledger::Program& program,
                                                 const Trigger& trigger, const Purchase& purchase,
                                                 absl::Time now, absl::Time deadline) const {
  MemberFacts facts;
  TriggerLimits limits;
  if (!purchase.member.IsNil()) {
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(limits, TakeTriggerLimits(tx, AskTriggerLimits(tx, program)));
      ASSIGN_OR_RETURN(facts, ReadFactsOf(tx, program, purchase.member, trigger, limits, now));
      return absl::OkStatus();
    }));
  }
  // As if it had been made this moment, and kept.
  Purchase as_new = purchase;
  as_new.returned.whole = false;
  const TriggerOccasion occasion{.moment = MomentOf(trigger),
                                 .at = now,
                                 .purchase = &as_new,
                                 .position = purchase.position,
                                 .new_position = true,
                                 .gap = absl::Hours(24) * trigger.gap_days};
  const TriggerVerdict verdict = Judge(trigger, occasion, facts, limits, now);
  TriggerPreview preview{
      .told = {.result = {.subject = purchase.id.uuid,
                          .member = purchase.member,
                          .purchase = purchase.id,
                          .trigger = trigger.code,
                          .version = trigger.version,
                          .outcome = verdict.outcome,
                          .why = verdict.why,
                          .due_at = verdict.due_at,
                          .position = purchase.position,
                          .store = purchase.order.store.empty() ? purchase.order.source
                                                                : purchase.order.store},
               .trigger = trigger}};
  const bool acts = verdict.outcome == TriggerOutcome::kGiven ||
                    verdict.outcome == TriggerOutcome::kDue ||
                    verdict.outcome == TriggerOutcome::kHeldBack;
  if (!acts) return preview;
  preview.told.result.points = trigger.points;
  if (verdict.outcome == TriggerOutcome::kGiven) preview.told.result.decided_at = now;
  preview.gift = GiftText(trigger, program.currency_code);
  if (!trigger.template_code.empty() || !trigger.task.empty()) {
    preview.figures = FiguresOf(preview.told.result, trigger);
  }
  return preview;
}

}  // namespace gratis::thanks
