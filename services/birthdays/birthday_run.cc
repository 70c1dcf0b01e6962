#include <condition_variable>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/hash.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthdays.h"

namespace gratis::birthdays {
namespace {

// What the engine does by itself when nobody chose, whoever had it run.
constexpr char kActor[] = "service:birthdays";
constexpr int32_t kDefaultsAtOnce = 500;

// Whoever left, or became somebody else, between being looked at and being posted for.
bool IsGone(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason == Reason::kMemberErased || reason == Reason::kMemberMerged ||
         reason == Reason::kMemberNotFound || reason == Reason::kMemberNotActive;
}

// What the outcomes of postings add up to, as they come in from the poster's threads.
class Tally {
 public:
  void Expect() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }

  void Settle(const ledger::Outcome& outcome, const Offer& offer) {
    const std::lock_guard lock(mutex_);
    const absl::Status status = outcome.answer.status();
    if (status.ok()) {
      if (outcome.replayed) {
        ++report_.already_given;
      } else {
        report_.given.Count(offer);
      }
    } else if (IsGone(status) || (absl::IsFailedPrecondition(status) && !ReasonOf(status))) {
      ++report_.withheld;
    } else {
      first_error_.Update(status);
    }
    if (--open_ == 0) settled_.notify_all();
  }

  // Of a default. That somebody chose meanwhile, or is gone, is no error.
  void SettleDefault(const ledger::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    const absl::Status status = outcome.answer.status();
    if (status.ok()) {
      if (!outcome.replayed) ++report_.defaults;
    } else {
      const std::optional<Reason> reason = ReasonOf(status);
      const bool made = reason == Reason::kGiftChosen || reason == Reason::kGiftNotFound;
      if (!made && !IsGone(status)) first_error_.Update(status);
    }
    if (--open_ == 0) settled_.notify_all();
  }

  // Waits for all that is expected and adds it to `report`.
  absl::Status AddTo(RunReport& report) {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [&] { return open_ == 0; });
    report.given.Add(report_.given);
    report.already_given += report_.already_given;
    report.withheld += report_.withheld;
    report.defaults += report_.defaults;
    return first_error_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  int open_ = 0;
  RunReport report_;
  absl::Status first_error_;
};

pg::TxOptions Reading(absl::Time deadline) { return {.deadline = deadline, .read_only = true}; }

// As of when the order is to be carried out. Errors: FUTURE_DATE.
absl::StatusOr<absl::Time> AsOf(const RunOrder& order, const absl::TimeZone& zone) {
  const absl::CivilDay today = base::DayOf(order.now, zone);
  const absl::CivilDay through = order.through.value_or(today);
  if (through > today) {
    return FieldError(Reason::kFutureDate, "through",
                      absl::StrCat("it is ", base::FormatDay(today),
                                   " for the program: a run may not reach beyond it"));
  }
  if (through == today) return order.now;
  return base::StartOfDay(through + 1, zone) - absl::Microseconds(1);
}

absl::Status CutShort() { return Error(Reason::kDraining, "the run was cut short; run it again"); }

}  // namespace

absl::Status Birthdays::GivePage(const RunOrder& order, absl::Time as_of,
                                 const std::shared_ptr<const Policy>& policy,
                                 std::vector<Judged> judged, Room& room, RunReport& report) {
  Tally tally;
  for (Judged& one : judged) {
    const Verdict& verdict = one.verdict;
    if (*verdict.due_at > as_of) continue;
    if (verdict.outcome == Outcome::kGiven) {
      ++report.already_given;
    } else if (verdict.outcome == Outcome::kWithheld || !TakeRoom(*verdict.offer, room)) {
      ++report.withheld;
    } else if (order.validate_only) {
      report.given.Count(*verdict.offer);
    } else {
      auto gift =
          std::make_unique<GiveGift>(order.program, one.member, one.year, std::move(one.celebrant),
                                     policy, as_of, order.now, ids_, codes_);
      gift->envelope.actor = order.actor;
      gift->envelope.deadline = order.deadline;
      tally.Expect();
      poster_.Submit(give_gifts_, std::move(gift),
                     [&tally, offer = *verdict.offer](const ledger::Outcome& outcome) {
                       tally.Settle(outcome, offer);
                     });
    }
  }
  return tally.AddTo(report);
}

absl::Status Birthdays::GiveDefaults(const RunOrder& order, std::vector<DueChoice> due,
                                     RunReport& report) {
  std::vector<MemberId> members;
  for (const DueChoice& choice : due) members.push_back(choice.gift.member);
  std::map<MemberId, MemberId> survivors;
  std::vector<BirthdayKey> nobodys;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, [&](pg::Tx& tx) -> absl::Status {
    nobodys.clear();
    ASSIGN_OR_RETURN(survivors, ledger::ReadSurvivors(tx, order.program, members));
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, order.program, members));
    for (const DueChoice& choice : due) {
      const auto state = states.find(choice.gift.member);
      if (state == states.end()) continue;
      // Whoever left has nothing, and comes back with nothing.
      if (state->second == ledger::MemberState::kClosed ||
          state->second == ledger::MemberState::kErased) {
        nobodys.push_back(choice.gift);
      }
    }
    if (!nobodys.empty() && !order.validate_only) CloseChoices(tx, order.program, nobodys);
    return absl::OkStatus();
  }));
  const std::set<BirthdayKey> closed(nobodys.begin(), nobodys.end());
  Tally tally;
  for (const DueChoice& choice : due) {
    if (closed.count(choice.gift) > 0) continue;
    if (order.validate_only) {
      ++report.defaults;
      continue;
    }
    const auto survivor = survivors.find(choice.gift.member);
    auto choosing = std::make_unique<ChooseGift>(
        order.program,
        ChoosingOrder{.member = survivor == survivors.end() ? choice.gift.member : survivor->second,
                      .year = choice.gift.year,
                      .option = "",
                      .given_to = choice.gift.member},
        ids_, codes_, order.now);
    ledger::Envelope& envelope = choosing->envelope;
    envelope.program = order.program;
    envelope.request_id = ledger::OwnRequestId(
        absl::StrCat("birthday-choice:", choice.gift.member.ToString(), ":", choice.gift.year));
    const base::Digest fingerprint = base::Sha256(envelope.request_id);
    envelope.fingerprint = std::string(base::AsBytes(fingerprint));
    envelope.actor = kActor;
    envelope.now = order.now;
    envelope.deadline = order.deadline;
    tally.Expect();
    poster_.Submit(choose_gifts_, std::move(choosing),
                   [&tally](const ledger::Outcome& outcome) { tally.SettleDefault(outcome); });
  }
  return tally.AddTo(report);
}

absl::Status Birthdays::GiveDefaults(const RunOrder& order, absl::Time as_of, RunReport& report) {
  absl::Status first_error;
  for (int32_t partition = order.program.first_partition;
       partition <= order.program.last_partition(); ++partition) {
    DueChoice after;
    for (bool full = true; full;) {
      if (order.stop.stop_requested()) return CutShort();
      std::vector<DueChoice> due;
      RETURN_IF_ERROR(pg::RunTx(pool_, Reading(order.deadline), [&](pg::Tx& tx) {
        ASSIGN_OR_RETURN(due, FindDueChoices(tx, partition, as_of, after, kDefaultsAtOnce));
        return absl::OkStatus();
      }));
      full = std::ssize(due) == kDefaultsAtOnce;
      if (due.empty()) break;
      after = due.back();
      first_error.Update(GiveDefaults(order, std::move(due), report));
    }
  }
  return first_error;
}

absl::StatusOr<RunReport> Birthdays::Run(const RunOrder& order) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(order.program.time_zone));
  ASSIGN_OR_RETURN(const absl::Time as_of, AsOf(order, zone));
  const auto policy = std::make_shared<Policy>();
  std::optional<absl::Time> ran_through;
  Room room;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(order.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(*policy, ReadPolicy(tx, order.program));
    ASSIGN_OR_RETURN(ran_through, ReadProgress(tx, order.program));
    ASSIGN_OR_RETURN(room, ReadRoom(tx, order.program, *policy));
    return absl::OkStatus();
  }));

  RunReport report;
  report.span = SpanOfRun(as_of, ran_through, *policy, zone);
  absl::Status first_error;
  std::string page_token;
  do {
    if (order.stop.stop_requested()) return CutShort();
    ASSIGN_OR_RETURN(Celebrants::Page page, celebrants_.List(order.program, Widened(report.span),
                                                             page_token, order.deadline));
    page_token = std::move(page.next_page_token);
    BirthdayPage work(order.program, *policy, report.span);
    work.Add(std::move(page.members));
    RETURN_IF_ERROR(work.Read(pool_, order.deadline));
    ASSIGN_OR_RETURN(std::vector<Judged> judged,
                     work.Judge(celebrants_, order.now, order.deadline));
    first_error.Update(GivePage(order, as_of, policy, std::move(judged), room, report));
  } while (!page_token.empty());
  first_error.Update(GiveDefaults(order, as_of, report));

  RETURN_IF_ERROR(first_error);
  if (!order.validate_only && as_of == order.now) {
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, [&](pg::Tx& tx) {
      WriteProgress(tx, order.program, as_of);
      return absl::OkStatus();
    }));
  }
  return report;
}

}  // namespace gratis::birthdays
