#include "services/birthdays/birthdays.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/civil.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/birthdays/birthday_store.h"

// The reads. What gives is in birthday_run.cc.
namespace gratis::birthdays {
namespace {

// Around the days asked for, and not so many that a birthday lies in them twice.
constexpr int kZoneDays = 2;
constexpr int kMaxSpanDays = 362;

// The birthdays whose gifts may come from today to the last of `days`: those before the first of
// them draw on the budgets first.
DaySpan SpanOfForecast(const DaySpan& days, absl::CivilDay today, const Policy& policy) {
  DaySpan span{.first = today - policy.late_days - kZoneDays,
               .last = days.last + policy.lead_days + kZoneDays};
  span.first = std::max(span.first, span.last - kMaxSpanDays);
  return span;
}

}  // namespace

absl::StatusOr<Policy> Birthdays::CurrentPolicy(const ledger::Program& program,
                                                absl::Time deadline) const {
  Policy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policy, ReadPolicy(tx, program));
    return absl::OkStatus();
  }));
  return policy;
}

absl::Status Birthdays::CheckTiers(const ledger::Program& program, const Policy& policy,
                                   absl::Time deadline) const {
  if (policy.tiers.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::set<std::string> known, celebrants_.Tiers(program, deadline));
  return CheckTiersAmong(known, policy);
}

absl::StatusOr<std::vector<MemberGift>> Birthdays::ListGifts(const ledger::Program& program,
                                                             const MemberId& member,
                                                             const BirthdayKey& after,
                                                             int32_t limit, absl::Time deadline,
                                                             bool as_named) const {
  std::vector<MemberGift> gifts;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    std::vector<MemberId> members{member};
    if (!as_named) {
      ASSIGN_OR_RETURN(const auto duplicates, ledger::ReadDuplicates(tx, members));
      for (const auto& [survivor, duplicate] : duplicates) members.push_back(duplicate);
    }
    ASSIGN_OR_RETURN(gifts, birthdays::ListGifts(tx, program, members, after, limit));
    return absl::OkStatus();
  }));
  return gifts;
}

absl::StatusOr<Explanation> Birthdays::Explain(const ledger::Program& program,
                                               const MemberId& member, int32_t year, absl::Time now,
                                               absl::Time deadline) const {
  Explanation explanation;
  Celebrant& celebrant = explanation.celebrant;
  ASSIGN_OR_RETURN(celebrant, celebrants_.Find(program, member, deadline));
  std::vector<Gift> gifts;
  Room room;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(explanation.policy, ReadPolicyAndPast(tx, program));
    ASSIGN_OR_RETURN(room, ReadRoom(tx, program, explanation.policy));
    const BirthdayKey asked[] = {{member, year}};
    ASSIGN_OR_RETURN(ReadGifts read, ReadGiftsOf(tx, program, asked));
    gifts = std::move(read.gifts[member]);
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
    const auto state = states.find(member);
    if (state != states.end()) celebrant.state = state->second;
    return absl::OkStatus();
  }));
  if (!explanation.policy.tiers.empty()) {
    ASSIGN_OR_RETURN(const auto tiers, celebrants_.TiersOf(program, {member}, deadline));
    if (const auto tier = tiers.find(member); tier != tiers.end()) celebrant.tier = tier->second;
  }
  Verdict& verdict = explanation.verdict;
  verdict = Judge(celebrant, year, explanation.policy, gifts, now);
  // What budgets have left when a gift comes due nobody knows before.
  if (verdict.outcome == Outcome::kDue && *verdict.due_at <= now &&
      !TakeRoom(*verdict.offer, room)) {
    verdict = WithoutRoom(std::move(verdict));
  }
  explanation.sentence =
      SentenceOf(verdict, celebrant, year, explanation.policy, program.currency_code, now);
  return explanation;
}

absl::StatusOr<Forecast> Birthdays::Foresee(const ledger::Program& program, const DaySpan& days,
                                            absl::Time now, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  Policy policy;
  Room room;
  std::vector<GivenAlike> given;
  // Before any birthday is looked at: a gift that is given meanwhile is in neither, and none in
  // both.
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policy, ReadPolicyAndPast(tx, program));
    ASSIGN_OR_RETURN(room, ReadRoom(tx, program, policy));
    ASSIGN_OR_RETURN(given, CountGiven(tx, program, days, zone));
    return absl::OkStatus();
  }));
  ForecastTally tally(days, now, zone, std::move(room));
  for (const GivenAlike& alike : given) tally.AddGiven(alike);
  // Nothing comes any more on days that are over.
  const absl::CivilDay today = base::DayOf(now, zone);
  if (days.last < today) return tally.Finish();
  const DaySpan span = SpanOfForecast(days, today, policy);
  CelebrantPages pages(celebrants_, program, Widened(span), deadline);
  while (pages.more()) {
    ASSIGN_OR_RETURN(std::vector<MemberCelebrant> members, pages.Next());
    BirthdayPage work(program, policy, span);
    work.Add(std::move(members));
    RETURN_IF_ERROR(work.Read(pool_, deadline));
    ASSIGN_OR_RETURN(const std::vector<Judged> judged, work.Judge(celebrants_, now, deadline));
    for (const Judged& one : judged) tally.Add(one.verdict);
  }
  return tally.Finish();
}

}  // namespace gratis::birthdays
