#include "services/thanks/buyers.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/thanks/thanks_store.h"

namespace gratis::thanks {

Buyer Joined(const Buyer& own, const Buyer& of_merged) {
  Buyer joined = own;
  joined.kept += of_merged.kept;
  if (own.highest_position > 0) {
    joined.highest_position = own.highest_position + of_merged.kept;
  }
  joined.highest_position = std::max(joined.highest_position, of_merged.highest_position);
  joined.first_at = std::min(joined.first_at, of_merged.first_at);
  joined.last_at = std::max(joined.last_at, of_merged.last_at);
  return joined;
}

Buyer OwnPart(const Buyer& joined, const Buyer& own, const Buyer& of_merged) {
  const Buyer before = Joined(own, of_merged);
  Buyer part = joined;
  part.kept = std::max<int64_t>(0, joined.kept - of_merged.kept);
  part.highest_position = joined.highest_position == before.highest_position
                              ? own.highest_position
                              : joined.highest_position - of_merged.kept;
  if (joined.first_at == before.first_at) part.first_at = own.first_at;
  if (joined.last_at == before.last_at) part.last_at = own.last_at;
  return part;
}

absl::StatusOr<Buyers> Buyers::Load(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                                    std::vector<MemberId> members) {
  Buyers buyers;
  if (members.empty()) return buyers;
  const pg::Tx::Asked asked = AskBuyers(tx, partition, members);
  ASSIGN_OR_RETURN(buyers.merged_, ReadMerged(tx, members));
  ASSIGN_OR_RETURN(buyers.own_, TakeBuyers(tx, asked));
  for (const auto& [where, duplicates] : ByPartition(program, EveryoneIn(buyers.merged_))) {
    ASSIGN_OR_RETURN(auto found, TakeBuyers(tx, AskBuyers(tx, where, duplicates)));
    buyers.own_.merge(found);
  }
  return buyers;
}

Buyer Buyers::Own(const MemberId& member) const {
  const auto found = own_.find(member);
  return found == own_.end() ? Buyer{} : found->second;
}

Buyer Buyers::OfMerged(const MemberId& member) const {
  Buyer sum;
  const auto found = merged_.find(member);
  if (found == merged_.end()) return sum;
  for (const MemberId& one : found->second) {
    const Buyer duplicate = Own(one);
    sum.kept += duplicate.kept;
    sum.highest_position = std::max(sum.highest_position, duplicate.highest_position);
    sum.first_at = std::min(sum.first_at, duplicate.first_at);
    sum.last_at = std::max(sum.last_at, duplicate.last_at);
  }
  return sum;
}

Buyer Buyers::Of(const MemberId& member) const { return Joined(Own(member), OfMerged(member)); }

bool Buyers::IsPartOf(const MemberId& other, const MemberId& member) const {
  const auto found = merged_.find(member);
  return found != merged_.end() &&
         std::count(found->second.begin(), found->second.end(), other) > 0;
}

void Buyers::Set(const MemberId& member, const Buyer& buyer) {
  own_[member] = OwnPart(buyer, Own(member), OfMerged(member));
  changed_.insert(member);
}

void Buyers::Write(pg::Tx& tx, int32_t partition) const {
  std::map<MemberId, Buyer> changed;
  for (const MemberId& member : changed_) changed.emplace(member, own_.at(member));
  WriteBuyers(tx, partition, changed);
}

}  // namespace gratis::thanks
