#include "services/thanks/trigger_due.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/merging.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/in_pages.h"
#include "services/thanks/own_postings.h"
#include "services/thanks/trigger_giving.h"
#include "services/thanks/trigger_store.h"

namespace gratis::thanks {
ActOnDue::ActOnDue(ledger::Program program, TriggerResult due, const MemberId& whose,
                   const ledger::VoucherCodes& codes, absl::Time now)
    : due_(std::move(due)), codes_(codes) {
  const std::string subject =
      due_.purchase.IsNil() ? due_.member.ToString() : due_.purchase.ToString();
  envelope.request_id = ledger::OwnRequestId(absl::StrCat("thanks:", subject, ":", due_.trigger));
  envelope.fingerprint = std::string(base::AsBytes(base::Sha256(envelope.request_id)));
  envelope.member = whose;
  // The row is in the partition of whom it was left for.
  if (whose != due_.member) {
    envelope.also = {due_.member};
    envelope.of_merged = true;
  }
  envelope.program = std::move(program);
  envelope.actor = kThanksActor;
  envelope.now = now;
}

absl::StatusOr<std::string> ActOnDue::Decide(ledger::Books& books) {
  if (!still_due_) return NothingToDo();
  RETURN_IF_ERROR(books.RequireHolder(envelope.member));
  const ledger::Holder& holder = *books.FindHolder(envelope.member);
  // Who they became was merged, too: it is posted once more, for who that is.
  if (holder.state == ledger::MemberState::kMerged) {
    return ledger::BecameOf(envelope.member, holder.survivor);
  }
  result_ = due_;
  result_.member = envelope.member;
  result_.decided_at = envelope.now;
  MemberFacts facts = (*facts_)[envelope.member];
  facts.state = holder.state;
  if (!on_) {
    result_.outcome = TriggerOutcome::kCancelled;
    result_.why = TriggerWhy::kSwitchedOff;
  } else {
    const TriggerVerdict verdict =
        JudgeDue(*trigger_, due_.subject, due_.due_at, facts, limits_, envelope.now);
    if (verdict.outcome == TriggerOutcome::kHeldBack || verdict.outcome == TriggerOutcome::kDue) {
      return NothingToDo();
    }
    result_.outcome = verdict.outcome;
    result_.why = verdict.why;
  }
  if (result_.outcome == TriggerOutcome::kGiven) {
    RETURN_IF_ERROR(Give(books, {*trigger_, codes_, envelope.now}, result_));
  }
  if (result_.outcome != TriggerOutcome::kGiven) {
    // Nothing is said any more of somebody who was erased.
    if (facts.state != ledger::MemberState::kErased) {
      RETURN_IF_ERROR(CallOff(books, envelope.now, result_));
    }
    return std::string(NameOf(result_.why));
  }
  (*facts_)[envelope.member].past.push_back({.trigger = result_.trigger,
                                             .subject = result_.subject,
                                             .version = result_.version,
                                             .outcome = TriggerOutcome::kGiven,
                                             .at = envelope.now,
                                             .counts = result_.counts});
  return std::string("given");
}

absl::Status ActOnDues::LoadAll(pg::Tx& tx, absl::Span<ActOnDue* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  ASSIGN_OR_RETURN(const std::shared_ptr<const TriggersInForce> in_force,
                   reader_.Read(tx, program));
  std::set<TriggerVersion> versions;
  std::map<int32_t, std::pair<std::vector<Uuid>, std::vector<std::string>>> rows;  // by partition
  std::vector<MemberId> members;
  for (const ActOnDue* act : set) {
    versions.emplace(act->due_.trigger, act->due_.version);
    auto& [subjects, codes] = rows[act->due_.partition];
    subjects.push_back(act->due_.subject);
    codes.push_back(act->due_.trigger);
    members.push_back(act->envelope.member);
  }
  const std::vector<TriggerVersion> asked(versions.begin(), versions.end());
  ASSIGN_OR_RETURN(std::vector<Trigger> read, ReadTriggers(tx, program, asked));
  std::map<TriggerVersion, std::shared_ptr<const Trigger>> triggers;
  std::vector<std::shared_ptr<const Trigger>> all;
  for (Trigger& trigger : read) {
    const TriggerVersion version(trigger.code, trigger.version);
    all.push_back(triggers[version] = std::make_shared<const Trigger>(std::move(trigger)));
  }
  std::set<std::pair<Uuid, std::string>> due;
  for (const auto& [partition, keys] : rows) {
    ASSIGN_OR_RETURN(const std::vector<TriggerResult> found,
                     FindResults(tx, partition, keys.first, keys.second));
    for (const TriggerResult& result : found) {
      if (result.outcome == TriggerOutcome::kDue) due.emplace(result.subject, result.trigger);
    }
  }
  // All of a set are of one partition, that of whom they are given to.
  ASSIGN_OR_RETURN(FactsOfMembers facts,
                   ReadMemberFacts(tx, program, set.front()->envelope.home(), members, all,
                                   in_force->limits, set.front()->envelope.now));
  const auto shared = std::make_shared<FactsOfMembers>(std::move(facts));
  for (ActOnDue* act : set) {
    act->still_due_ = due.count({act->due_.subject, act->due_.trigger}) > 0;
    act->trigger_ = triggers[{act->due_.trigger, act->due_.version}];
    if (!act->trigger_) {
      return Error(Reason::kInternal, "what is due names a version that is not there");
    }
    const std::shared_ptr<const Trigger> now = in_force->Find(act->due_.trigger);
    act->on_ = now && now->enabled;
    act->limits_ = in_force->limits;
    act->facts_ = shared;
  }
  return absl::OkStatus();
}

absl::Status ActOnDues::WriteAll(pg::Tx& tx, absl::Span<ActOnDue* const> set) {
  std::vector<ResultToWrite> results;
  for (const ActOnDue* act : set) {
    results.push_back({&act->result_, act->due_.due_at + act->trigger_->max_age()});
  }
  WriteTriggerResults(tx, results);
  return absl::OkStatus();
}

absl::StatusOr<DueReport> DueThanks::Run(const ledger::Program& program, absl::Time now,
                                         absl::Time deadline, const std::stop_token& stop) {
  DueReport report;
  TriggerResult before_all;
  before_all.due_at = absl::InfinitePast();
  RETURN_IF_ERROR(ActInPages(
      pool_, program, before_all,
      [&](pg::Tx& tx, int32_t partition, const TriggerResult& after, int32_t limit) {
        return FindDue(tx, partition, now, {after.due_at, after.subject, after.trigger}, limit);
      },
      [&](int32_t, const std::vector<TriggerResult>& due) {
        return ActOn(program, due, now, deadline, report);
      },
      deadline, stop));
  return report;
}

absl::Status DueThanks::ActOn(const ledger::Program& program, const std::vector<TriggerResult>& due,
                              absl::Time now, absl::Time deadline, DueReport& report) {
  std::vector<MemberId> members;
  for (const TriggerResult& one : due) members.push_back(one.member);
  const auto act = [&](size_t i, const MemberId& whose) {
    return std::make_unique<ActOnDue>(program, due[i], whose, codes_, now);
  };
  absl::Status first_error;
  for (const absl::Status& status : PostForEach(poster_, kind_, members, act, deadline)) {
    if (IsNothingToDo(status)) {
      ++report.left_alone;
    } else if (status.ok()) {
      ++report.acted;
    } else {
      first_error.Update(status);
    }
  }
  return first_error;
}

}  // namespace gratis::thanks
