#include "services/birthdays/birthdays.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/pg/pool.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthday_store.h"

namespace gratis::birthdays {
namespace {

pg::TxOptions Reading(absl::Time deadline) { return {.deadline = deadline, .read_only = true}; }

// What the outcomes of a page's postings add up to, as they come in from the poster's threads.
class Tally {
 public:
  void Expect() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }

  void Settle(const ledger::Outcome& outcome, int64_t points) {
    const std::lock_guard lock(mutex_);
    if (outcome.answer.ok()) {
      ++(outcome.replayed ? report_.already_given : report_.given);
      if (!outcome.replayed) report_.points += points;
    } else if (absl::IsFailedPrecondition(outcome.answer.status()) &&
               !ReasonOf(outcome.answer.status())) {
      ++report_.withheld;
    } else {
      first_error_.Update(outcome.answer.status());
    }
    if (--open_ == 0) settled_.notify_all();
  }

  // Waits for all that is expected and adds it to `report`.
  absl::Status AddTo(RunReport& report) {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [&] { return open_ == 0; });
    report.given += report_.given;
    report.points += report_.points;
    report.already_given += report_.already_given;
    report.withheld += report_.withheld;
    return first_error_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  int open_ = 0;
  RunReport report_;
  absl::Status first_error_;
};

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

}  // namespace

// One page of celebrants on its way to their gifts.
class Birthdays::PageOfRun {
 public:
  PageOfRun(const RunOrder& order, absl::Time as_of, std::shared_ptr<const Policy> policy,
            const DaySpan& span)
      : order_(order), as_of_(as_of), policy_(std::move(policy)), span_(span) {}

  // Keeps those who have their birthday within the span.
  void Add(std::vector<MemberCelebrant> members) {
    for (MemberCelebrant& member : members) {
      if (!member.celebrant.birthday) continue;
      const std::optional<int32_t> year =
          YearWithin(*member.celebrant.birthday, span_, policy_->leap_day_rule);
      if (!year) continue;
      asked_.push_back({member.member, *year});
      celebrants_.push_back(std::move(member.celebrant));
    }
  }

  // What each had, and how each stands.
  absl::Status Read(pg::Pool& pool) {
    std::vector<MemberId> members;
    for (const BirthdayKey& asked : asked_) members.push_back(asked.member);
    return pg::RunTx(pool, Reading(order_.deadline), [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const std::vector<MemberGift> found, FindGifts(tx, order_.program, asked_));
      gifts_.clear();
      for (const MemberGift& gift : found) gifts_[gift.member].push_back(gift.gift);
      ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, order_.program, members));
      for (size_t i = 0; i < members.size(); ++i) {
        const auto state = states.find(members[i]);
        if (state != states.end()) celebrants_[i].state = state->second;
      }
      return absl::OkStatus();
    });
  }

  // Judges each, posts the gifts that are due, and waits for all of them.
  absl::Status Give(ledger::Poster& poster, GiveGifts& kind, base::IdSource& ids,
                    RunReport& report) {
    Tally tally;
    for (size_t i = 0; i < asked_.size(); ++i) {
      const auto& [member, year] = asked_[i];
      const auto gifts = gifts_.find(member);
      const Verdict verdict =
          Judge(celebrants_[i], year, *policy_,
                gifts == gifts_.end() ? absl::Span<const Gift>() : gifts->second, order_.now);
      if (*verdict.due_at > as_of_) continue;
      switch (verdict.outcome) {
        case Outcome::kGiven:
          ++report.already_given;
          break;
        case Outcome::kWithheld:
          ++report.withheld;
          break;
        case Outcome::kDue:
          if (order_.validate_only) {
            ++report.given;
            report.points += policy_->points;
          } else {
            Post(i, poster, kind, ids, tally);
          }
      }
    }
    return tally.AddTo(report);
  }

 private:
  void Post(size_t i, ledger::Poster& poster, GiveGifts& kind, base::IdSource& ids, Tally& tally) {
    auto gift = std::make_unique<GiveGift>(order_.program, asked_[i].member, asked_[i].year,
                                           celebrants_[i], policy_, as_of_, order_.now, ids);
    gift->envelope.actor = order_.actor;
    gift->envelope.deadline = order_.deadline;
    tally.Expect();
    poster.Submit(kind, std::move(gift),
                  [&tally, points = policy_->points](const ledger::Outcome& outcome) {
                    tally.Settle(outcome, points);
                  });
  }

  const RunOrder& order_;
  const absl::Time as_of_;
  const std::shared_ptr<const Policy> policy_;
  const DaySpan span_;
  std::vector<BirthdayKey> asked_;
  std::vector<Celebrant> celebrants_;  // as in asked_
  absl::flat_hash_map<MemberId, std::vector<Gift>> gifts_;
};

absl::StatusOr<Policy> Birthdays::CurrentPolicy(const ledger::Program& program,
                                                absl::Time deadline) const {
  Policy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policy, ReadPolicy(tx, program));
    return absl::OkStatus();
  }));
  return policy;
}

absl::StatusOr<std::vector<Gift>> Birthdays::ListGifts(const ledger::Program& program,
                                                       const MemberId& member, int32_t after,
                                                       int32_t limit, absl::Time deadline) const {
  std::vector<Gift> gifts;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(gifts, birthdays::ListGifts(tx, program, member, after, limit));
    return absl::OkStatus();
  }));
  return gifts;
}

absl::StatusOr<RunReport> Birthdays::Run(const RunOrder& order) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(order.program.time_zone));
  ASSIGN_OR_RETURN(const absl::Time as_of, AsOf(order, zone));
  const auto policy = std::make_shared<Policy>();
  std::optional<absl::Time> ran_through;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(order.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(*policy, ReadPolicy(tx, order.program));
    ASSIGN_OR_RETURN(ran_through, ReadProgress(tx, order.program));
    return absl::OkStatus();
  }));

  RunReport report;
  report.span = SpanOfRun(as_of, ran_through, *policy, zone);
  absl::Status first_error;
  std::string page_token;
  do {
    if (order.stop.stop_requested())
      return Error(Reason::kDraining, "the run was cut short; run it again");
    ASSIGN_OR_RETURN(Celebrants::Page page, celebrants_.List(order.program, Widened(report.span),
                                                             page_token, order.deadline));
    page_token = std::move(page.next_page_token);
    PageOfRun work(order, as_of, policy, report.span);
    work.Add(std::move(page.members));
    RETURN_IF_ERROR(work.Read(pool_));
    first_error.Update(work.Give(poster_, give_gifts_, ids_, report));
  } while (!page_token.empty());

  RETURN_IF_ERROR(first_error);
  if (!order.validate_only && as_of == order.now) {
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, [&](pg::Tx& tx) {
      WriteProgress(tx, order.program, as_of);
      return absl::OkStatus();
    }));
  }
  return report;
}

absl::StatusOr<Explanation> Birthdays::Explain(const ledger::Program& program,
                                               const MemberId& member, int32_t year, absl::Time now,
                                               absl::Time deadline) const {
  Explanation explanation;
  ASSIGN_OR_RETURN(explanation.celebrant, celebrants_.Find(program, member, deadline));
  std::vector<Gift> gifts;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(explanation.policy, ReadPolicy(tx, program));
    const BirthdayKey asked[] = {{member, year}};
    ASSIGN_OR_RETURN(const std::vector<MemberGift> found, FindGifts(tx, program, asked));
    gifts.clear();
    for (const MemberGift& gift : found) gifts.push_back(gift.gift);
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
    const auto state = states.find(member);
    if (state != states.end()) explanation.celebrant.state = state->second;
    return absl::OkStatus();
  }));
  explanation.verdict = Judge(explanation.celebrant, year, explanation.policy, gifts, now);
  explanation.sentence =
      SentenceOf(explanation.verdict, explanation.celebrant, year, explanation.policy, now);
  return explanation;
}

}  // namespace gratis::birthdays
