#include "services/birthdays/birthday_page.h"

#include <optional>
#include <string>
#include <utility>

#include "common/ledger/budgets.h"
#include "common/ledger/reads.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::birthdays {

absl::StatusOr<Room> ReadRoom(pg::Tx& tx, const ledger::Program& program, const Policy& policy) {
  std::vector<BudgetId> budgets{policy.offer.budget};
  for (const TierOffer& of_tier : policy.tiers) budgets.push_back(of_tier.offer.budget);
  Room room;
  for (const BudgetId& id : budgets) {
    if (id.IsNil() || room.count(id) > 0) continue;
    ASSIGN_OR_RETURN(const std::optional<ledger::NamedBudget> found,
                     ledger::ReadBudget(tx, program, id));
    if (found) room[id] = found->budget.limit - found->budget.spent;
  }
  return room;
}

bool TakeRoom(const Offer& offer, Room& room) {
  const auto left = room.find(offer.budget);
  if (left == room.end()) return true;
  const int64_t draw = DrawOf(offer).amount;
  if (left->second < draw) return false;
  left->second -= draw;
  return true;
}

void CelebrantPages::Ask(std::string page_token) {
  next_ = std::async(std::launch::async, [this, page_token = std::move(page_token)] {
    return celebrants_.List(program_, days_, page_token, deadline_);
  });
}

absl::StatusOr<std::vector<MemberCelebrant>> CelebrantPages::Next() {
  ASSIGN_OR_RETURN(Celebrants::Page page, next_.get());
  if (!page.next_page_token.empty()) Ask(std::move(page.next_page_token));
  return std::move(page.members);
}

void BirthdayPage::Add(std::vector<MemberCelebrant> members) {
  for (MemberCelebrant& member : members) {
    if (!member.celebrant.birthday) continue;
    const std::optional<int32_t> year =
        YearWithin(*member.celebrant.birthday, span_, policy_.leap_day_rule);
    if (!year) continue;
    asked_.push_back({member.member, *year});
    celebrants_.push_back(std::move(member.celebrant));
  }
}

bool BirthdayPage::AddOwed(const MemberId& member, Celebrant celebrant) {
  const std::optional<int32_t> year = YearOwed(celebrant, policy_);
  if (!year) return false;
  asked_.push_back({member, *year});
  celebrants_.push_back(std::move(celebrant));
  return true;
}

absl::Status BirthdayPage::Read(pg::Pool& pool, absl::Time deadline) {
  if (asked_.empty()) return absl::OkStatus();
  std::vector<MemberId> members;
  for (const BirthdayKey& asked : asked_) members.push_back(asked.member);
  return pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(ReadGifts read, ReadGiftsOf(tx, program_, asked_));
    gifts_ = std::move(read.gifts);
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program_, members));
    for (size_t i = 0; i < members.size(); ++i) {
      const auto state = states.find(members[i]);
      if (state != states.end()) celebrants_[i].state = state->second;
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<Judged>> BirthdayPage::Judge(Celebrants& celebrants, absl::Time now,
                                                        absl::Time deadline) {
  std::vector<Judged> judged;
  judged.reserve(asked_.size());
  std::vector<MemberId> due;
  for (size_t i = 0; i < asked_.size(); ++i) {
    const auto gifts = gifts_.find(asked_[i].member);
    Verdict verdict =
        birthdays::Judge(celebrants_[i], asked_[i].year, policy_,
                         gifts == gifts_.end() ? absl::Span<const Gift>() : gifts->second, now);
    if (verdict.outcome == Outcome::kDue) due.push_back(asked_[i].member);
    judged.push_back({.member = asked_[i].member,
                      .year = asked_[i].year,
                      .celebrant = std::move(celebrants_[i]),
                      .verdict = std::move(verdict)});
  }
  if (policy_.tiers.empty() || due.empty()) return judged;
  ASSIGN_OR_RETURN(const auto tiers, celebrants.TiersOf(program_, due, deadline));
  for (Judged& one : judged) {
    const auto tier = tiers.find(one.member);
    if (tier == tiers.end() || one.verdict.outcome != Outcome::kDue) continue;
    one.celebrant.tier = tier->second;
    one.verdict.offer = OfferFor(policy_, one.celebrant, one.year);
  }
  return judged;
}

}  // namespace gratis::birthdays
