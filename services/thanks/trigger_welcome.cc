#include "services/thanks/trigger_welcome.h"

#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/own_postings.h"
#include "services/thanks/trigger_giving.h"
#include "services/thanks/trigger_store.h"

namespace gratis::thanks {
namespace {

constexpr int kMaxRounds = 1'000'000;  // of one Keep; each gets on

}  // namespace

WelcomeRound::WelcomeRound(ledger::Program program, int32_t partition, WelcomeLimits limits,
                           const ledger::VoucherCodes& codes, absl::Time now)
    : limits_(limits), codes_(codes) {
  envelope.program = std::move(program);
  envelope.partition = partition;
  envelope.actor = kThanksActor;
  envelope.now = now;
}

absl::StatusOr<std::string> WelcomeRound::Decide(ledger::Books& books) {
  made_.clear();
  decided_ = false;
  if (!work_) return std::string(kMore);
  if (work_->triggers.empty()) return std::string(kDone);
  // All are asked for before the first is missed, so that one look is enough.
  absl::Status known;
  for (const ledger::JournalRow& row : work_->page.rows) {
    known.Update(books.RequireHolder(row.fact.member));
  }
  RETURN_IF_ERROR(known);
  for (const ledger::JournalRow& row : work_->page.rows) RETURN_IF_ERROR(Welcome(books, row));
  decided_ = true;
  return std::string(work_->page.at_head ? kDone : kMore);
}

absl::Status WelcomeRound::Welcome(ledger::Books& books, const ledger::JournalRow& row) {
  const MemberId member = row.fact.member;
  if (work_->groups.count(member) > 0) return absl::OkStatus();
  const TriggerOccasion occasion{.moment = Moment::kSignUp, .at = row.fact.effective_at};
  const auto known = work_->facts.find(member);
  MemberFacts facts = known == work_->facts.end() ? MemberFacts() : known->second;
  facts.state = books.FindHolder(member)->state;
  // Of somebody who is part of another by now, or forgotten, nothing is to be kept.
  if (facts.state == ledger::MemberState::kMerged || facts.state == ledger::MemberState::kErased) {
    return absl::OkStatus();
  }
  for (const std::shared_ptr<const Trigger>& trigger : work_->triggers) {
    // Who became a member before there was such a trigger is no news.
    const auto first = work_->first_set.find(trigger->code);
    if (first == work_->first_set.end() || row.recorded_at < first->second) continue;
    const TriggerVerdict verdict = Judge(*trigger, occasion, facts, work_->limits, envelope.now);
    TriggerResult result{.partition = row.partition,
                         .subject = member.uuid,
                         .member = member,
                         .purchase = {},
                         .trigger = trigger->code,
                         .version = trigger->version,
                         .outcome = verdict.outcome,
                         .why = verdict.why,
                         .due_at = verdict.due_at,
                         .store = {},
                         .counts = trigger->counts()};
    switch (verdict.outcome) {
      case TriggerOutcome::kGiven:
        RETURN_IF_ERROR(Give(books, {*trigger, codes_, envelope.now}, result));
        if (result.outcome == TriggerOutcome::kGiven) {
          facts.past.push_back({.trigger = result.trigger,
                                .subject = result.subject,
                                .version = result.version,
                                .outcome = TriggerOutcome::kGiven,
                                .at = envelope.now,
                                .counts = result.counts});
        }
        break;
      case TriggerOutcome::kHeldBack:
        result.outcome = TriggerOutcome::kDue;
        result.why = TriggerWhy::kNone;
        break;
      case TriggerOutcome::kDue:
        break;
      default:
        result.decided_at = envelope.now;
    }
    made_.push_back({std::move(result), verdict.due_at + trigger->max_age()});
  }
  return absl::OkStatus();
}

absl::Status WelcomeRounds::LoadAll(pg::Tx& tx, absl::Span<WelcomeRound* const> set) {
  for (WelcomeRound* round : set) round->work_ = nullptr;
  WelcomeRound& round = *set.front();
  const ledger::Envelope& envelope = round.envelope;
  const int32_t partition = *envelope.partition;
  auto work = std::make_shared<WelcomeRound::Work>();
  ASSIGN_OR_RETURN(const std::shared_ptr<const TriggersInForce> in_force,
                   reader_.Read(tx, envelope.program));
  work->limits = in_force->limits;
  work->triggers = in_force->For(Moment::kSignUp);
  if (!work->triggers.empty()) {
    std::vector<std::string> codes;
    for (const auto& trigger : work->triggers) codes.push_back(trigger->code);
    ASSIGN_OR_RETURN(work->first_set, ReadFirstSet(tx, envelope.program, codes));
    ASSIGN_OR_RETURN(const ledger::Cursor cursor, ReadWelcomeCursors(tx, {partition}));
    work->cursor = cursor.at(partition);
    ASSIGN_OR_RETURN(work->page, ledger::ReadFeedPage(
                                     tx, partition, work->cursor,
                                     {.kinds = {ledger::FactKind::kMemberEnrolled}, .members = {}},
                                     round.limits_.rows, round.limits_.window));
    std::vector<MemberId> members;
    for (const ledger::JournalRow& row : work->page.rows) members.push_back(row.fact.member);
    ASSIGN_OR_RETURN(work->facts, ReadMemberFacts(tx, envelope.program, partition, members,
                                                  work->triggers, in_force->limits, envelope.now));
    ASSIGN_OR_RETURN(work->groups, ReadGroupsAmong(tx, envelope.program, members));
  }
  round.work_ = std::move(work);
  return absl::OkStatus();
}

absl::Status WelcomeRounds::WriteAll(pg::Tx& tx, absl::Span<WelcomeRound* const> set) {
  for (const WelcomeRound* round : set) {
    if (!round->decided_) continue;
    std::vector<ResultToWrite> results;
    for (const WelcomeRound::Made& made : round->made_) {
      results.push_back({&made.result, made.old_at});
    }
    WriteTriggerResults(tx, results);
    const WelcomeRound::Work& work = *round->work_;
    if (work.page.reached > work.cursor) {
      WriteWelcomeCursor(tx, *round->envelope.partition, work.page.reached);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ledger::Cursor>> Welcomes::Followed(const ledger::Program& program,
                                                                 absl::Time deadline) {
  std::optional<ledger::Cursor> followed;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    followed.reset();
    ASSIGN_OR_RETURN(const std::shared_ptr<const TriggersInForce> in_force,
                     reader_.Read(tx, program));
    if (in_force->For(Moment::kSignUp).empty()) return absl::OkStatus();
    std::vector<int32_t> partitions;
    for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
      partitions.push_back(p);
    }
    ASSIGN_OR_RETURN(followed, ReadWelcomeCursors(tx, partitions));
    return absl::OkStatus();
  }));
  return followed;
}

absl::Status Welcomes::Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                            absl::Time deadline, const std::stop_token& stop) {
  for (int i = 0; i < kMaxRounds; ++i) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "the next round goes on");
    auto round = std::make_unique<WelcomeRound>(program, partition, limits_, codes_, now);
    round->envelope.deadline = deadline;
    ASSIGN_OR_RETURN(const std::string answer, poster_.PostAlone(kind_, std::move(round)).answer);
    if (answer == WelcomeRound::kDone) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace gratis::thanks
