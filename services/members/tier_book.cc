#include "services/members/tier_book.h"

#include <utility>

namespace gratis::members {

MemberTier& TierBook::TakeUp(const MemberId& member, const TierStanding& standing,
                             std::vector<TierFact> facts) {
  return members_.try_emplace(member, ladders_, standing, std::move(facts)).first->second;
}

absl::Status TierBook::Feed(const ledger::JournalRow& row, const CarriedFacts& carried) {
  MemberTier& tier =
      members_.try_emplace(row.fact.member, ladders_, FirstStanding(row)).first->second;
  return members::Feed(row, currency_, carried, tier);
}

MemberTier* TierBook::Find(const MemberId& member) {
  const auto found = members_.find(member);
  return found == members_.end() ? nullptr : &found->second;
}

}  // namespace gratis::members
