#include "services/thanks/surprise_draws.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/holders.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/buyers.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/surprise_contract.h"
#include "services/thanks/surprise_store.h"
#include "services/thanks/trigger_book.h"

namespace gratis::thanks {
namespace {

constexpr int32_t kHoldersPage = 1'000;
constexpr int64_t kMaxEntrants = 5'000'000;

// The draws of these that were posted.
absl::StatusOr<std::set<Uuid>> Posted(pg::Tx& tx, const ledger::Program& program,
                                      const std::map<MemberId, std::vector<Won>>& won) {
  std::set<Uuid> draws;
  for (const auto& [member, all] : won) {
    for (const Won& one : all) draws.insert(one.draw);
  }
  std::set<Uuid> posted;
  if (draws.empty()) return posted;
  ASSIGN_OR_RETURN(const std::vector<Surprise> found,
                   FindSurprisesByDraw(tx, program, {draws.begin(), draws.end()}));
  for (const Surprise& surprise : found) posted.insert(surprise.draw);
  return posted;
}

// Those of a page of members who may win.
absl::StatusOr<std::vector<MemberId>> Sift(pg::Tx& tx, const GatherOrder& order, int32_t partition,
                                           const std::vector<ledger::KnownHolder>& holders) {
  const SurpriseAudience& audience = order.order.audience;
  std::vector<MemberId> members;
  std::map<MemberId, Candidate> candidates;
  for (const ledger::KnownHolder& holder : holders) {
    members.push_back(holder.member);
    candidates[holder.member] = {.state = holder.state, .enrolled_at = holder.enrolled_at};
  }
  ASSIGN_OR_RETURN(const std::set<MemberId> groups, ReadGroupsAmong(tx, order.program, members));
  for (const MemberId& group : groups) candidates[group].person = false;
  ASSIGN_OR_RETURN(const std::set<MemberId> complaining,
                   FindComplaining(tx, order.program, members));
  for (const MemberId& member : complaining) {
    if (const auto found = candidates.find(member); found != candidates.end()) {
      found->second.complaint_open = true;
    }
  }
  ASSIGN_OR_RETURN(const Buyers buyers, Buyers::Load(tx, order.program, partition, members));
  for (auto& [member, candidate] : candidates) candidate.last_bought_at = buyers.Of(member).last_at;
  ASSIGN_OR_RETURN(const auto won,
                   FindWinnersSince(tx, order.program, members, buyers.merged(),
                                    order.now - absl::Hours(24) * audience.rest_days));
  ASSIGN_OR_RETURN(const std::set<Uuid> posted, Posted(tx, order.program, won));
  std::vector<MemberId> may_win;
  for (auto& [member, candidate] : candidates) {
    if (const auto theirs = won.find(member); theirs != won.end()) {
      candidate.won_lately =
          std::any_of(theirs->second.begin(), theirs->second.end(),
                      [&](const Won& one) { return posted.count(one.draw) > 0; });
    }
    if (MayWin(candidate, audience, order.now)) may_win.push_back(member);
  }
  return may_win;
}

absl::StatusOr<std::vector<MemberId>> EntrantsOf(pg::Pool& pool, const GatherOrder& order,
                                                 int32_t partition) {
  std::vector<MemberId> entrants;
  MemberId after;
  bool more = true;
  while (more) {
    std::vector<MemberId> some;
    RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(order.deadline), [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto holders, ledger::PageHolders(tx, partition, after, kHoldersPage));
      more = std::ssize(holders) == kHoldersPage;
      some.clear();
      if (holders.empty()) return absl::OkStatus();
      ASSIGN_OR_RETURN(some, Sift(tx, order, partition, holders));
      after = holders.back().member;
      return absl::OkStatus();
    }));
    entrants.insert(entrants.end(), some.begin(), some.end());
  }
  return entrants;
}

absl::Status Write(pg::Pool& pool, const GatherOrder& order, const Gathered& gathered,
                   const std::map<int32_t, std::vector<MemberId>>& by_partition) {
  const std::set<MemberId> winners(gathered.winners.begin(), gathered.winners.end());
  for (const auto& [partition, members] : by_partition) {
    for (size_t begin = 0; begin < members.size(); begin += kHoldersPage) {
      const size_t end = std::min(members.size(), begin + kHoldersPage);
      NewEntrants entrants{.partition = partition, .members = {}, .outcomes = {}};
      for (size_t i = begin; i < end; ++i) {
        const bool won = winners.count(members[i]) > 0;
        entrants.members.push_back(members[i]);
        entrants.outcomes.push_back(
            static_cast<int16_t>(won ? EntrantOutcome::kWon : EntrantOutcome::kNone));
      }
      RETURN_IF_ERROR(pg::RunTx(pool, {.deadline = order.deadline}, [&](pg::Tx& tx) {
        InsertEntrants(tx, gathered.draw, entrants, order.now);
        return absl::OkStatus();
      }));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Gathered> Gather(pg::Pool& pool, base::IdSource& ids, const GatherOrder& order) {
  Gathered gathered{.draw = ids.Next(order.now), .digest = {}, .winners = {}};
  std::map<int32_t, std::vector<MemberId>> by_partition;
  std::vector<MemberId> all;
  const ledger::Program& program = order.program;
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    ASSIGN_OR_RETURN(std::vector<MemberId> entrants, EntrantsOf(pool, order, p));
    all.insert(all.end(), entrants.begin(), entrants.end());
    if (std::ssize(all) > kMaxEntrants) {
      return FieldError(Reason::kFieldInvalid, "audience",
                        absl::StrCat("more than ", kMaxEntrants, " would take part"));
    }
    by_partition[p] = std::move(entrants);
  }
  gathered.entrants = std::ssize(all);
  gathered.winners = DrawWinners(order.order.seed, all, order.order.winners);
  gathered.digest = DigestOf(std::move(all));
  if (order.write) RETURN_IF_ERROR(Write(pool, order, gathered, by_partition));
  return gathered;
}

absl::Status Forget(pg::Pool& pool, const ledger::Program& program, const Uuid& draw,
                    absl::Time deadline) {
  return pg::RunTx(pool, {.deadline = deadline}, [&](pg::Tx& tx) {
    for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
      DeleteEntrants(tx, p, draw);
    }
    return absl::OkStatus();
  });
}

DrawSurprise::DrawSurprise(SurpriseOrder order, Gathered gathered, base::IdSource& ids,
                           absl::Time now)
    : order_(std::move(order)), gathered_(std::move(gathered)), transaction_{ids.Next(now)} {}

absl::StatusOr<std::string> DrawSurprise::Decide(ledger::Books& books) {
  if (known_->count(order_.code) > 0) {
    return FieldError(Reason::kSurpriseExists, "code",
                      absl::StrCat("surprise ", order_.code, " was drawn before"));
  }
  ASSIGN_OR_RETURN(const ledger::Budget* budget, books.FindBudget(order_.budget));
  if (budget == nullptr) {
    return FieldError(Reason::kBudgetNotFound, "budget_id",
                      absl::StrCat("there is no budget ", order_.budget.ToString()));
  }
  if (budget->unit != order_.gift.unit()) {
    return FieldError(Reason::kFieldInvalid, "budget_id",
                      "the budget is of another unit than the gift");
  }
  const int64_t remaining = budget->limit - budget->spent;
  if (order_.gift.cost() * order_.winners > remaining) {
    return Error(Reason::kBudgetExhausted,
                 absl::StrCat("the gifts may take ", order_.gift.cost() * order_.winners,
                              ", and the budget has ", remaining, " left"),
                 {{"remaining", absl::StrCat(remaining)}});
  }
  surprise_ = {.order = order_,
               .draw = gathered_.draw,
               .drawn_at = envelope.now,
               .entrants = gathered_.entrants,
               .digest = gathered_.digest,
               .won = static_cast<int32_t>(gathered_.winners.size()),
               .transaction = ledger::TransactionOfProgram(envelope.program, transaction_.uuid)};
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kSurpriseDrawn,
                             .transaction = surprise_.transaction,
                             .effective_at = books.recorded_at(),
                             .source = order_.code,
                             .detail = DrawnFigures(surprise_)})
                      .status());
  if (!envelope.validate_only) known_->emplace(order_.code, gathered_.draw);
  return DrawnAnswer(surprise_, envelope.program.currency_code);
}

absl::Status DrawSurprises::LoadAll(pg::Tx& tx, absl::Span<DrawSurprise* const> set) {
  std::vector<std::string> codes;
  for (const DrawSurprise* draw : set) codes.push_back(draw->order_.code);
  ASSIGN_OR_RETURN(const std::vector<Surprise> found,
                   FindSurprises(tx, set.front()->envelope.program, codes));
  const auto known = std::make_shared<std::map<std::string, Uuid>>();
  for (const Surprise& surprise : found) known->emplace(surprise.order.code, surprise.draw);
  for (DrawSurprise* draw : set) draw->known_ = known;
  return absl::OkStatus();
}

absl::Status DrawSurprises::WriteAll(pg::Tx& tx, absl::Span<DrawSurprise* const> set) {
  for (const DrawSurprise* draw : set) {
    InsertSurprise(tx, draw->envelope.program, draw->surprise_);
  }
  return absl::OkStatus();
}

}  // namespace gratis::thanks
