#include "services/thanks/earner_book.h"

#include <optional>
#include <set>
#include <utility>

#include "common/status/macros.h"
#include "services/thanks/earning_caps.h"
#include "services/thanks/member_tiers.h"
#include "services/thanks/merged.h"
#include "services/thanks/rule_scope.h"

namespace gratis::thanks {
namespace {

void Add(const MemberId& member, const CapCount& more, CapCounts& counts) {
  CapCount& count = counts[{member, more.window}];
  count.window = more.window;
  count.earned += more.earned;
  count.taken += more.taken;
}

// Adds what was counted of those who were merged into members, since their purchases are the
// members' by now.
absl::Status AddMerged(pg::Tx& tx, const ledger::Program& program,
                       const std::set<WindowOfMember>& windows, CapCounts& counts) {
  std::set<MemberId> members;
  for (const auto& [member, window] : windows) members.insert(member);
  ASSIGN_OR_RETURN(const Merged merged,
                   ReadMerged(tx, std::vector<MemberId>(members.begin(), members.end())));
  std::map<int32_t, std::set<WindowOfMember>> theirs;
  std::map<MemberId, MemberId> survivors;
  for (const auto& [member, window] : windows) {
    const auto found = merged.find(member);
    if (found == merged.end()) continue;
    for (const MemberId& duplicate : found->second) {
      theirs[ledger::PartitionOf(program, duplicate)].emplace(duplicate, window);
      survivors[duplicate] = member;
    }
  }
  for (const auto& [partition, of_duplicates] : theirs) {
    ASSIGN_OR_RETURN(const CapCounts found,
                     TakeCapCounts(tx, AskCapCounts(tx, partition, of_duplicates)));
    for (const auto& [of, count] : found) Add(survivors.at(of.first), count, counts);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EarnerBook> EarnerBook::Load(pg::Tx& tx, const ledger::Program& program,
                                            int32_t partition, const absl::TimeZone& zone,
                                            absl::Span<const EarnerWanted> wanted) {
  std::set<MemberId> of_tiers;
  std::set<WindowOfMember> windows;
  for (const EarnerWanted& one : wanted) {
    if (LooksAtTiers(*one.rule)) of_tiers.insert(one.member);
    for (CapWindow& window : WindowsOf(*one.rule, one.order, one.at, zone)) {
      windows.emplace(one.member, std::move(window));
    }
  }
  std::optional<pg::Tx::Asked> tiers_asked, counts_asked;
  if (!of_tiers.empty()) {
    tiers_asked = AskTiers(tx, program, std::vector<MemberId>(of_tiers.begin(), of_tiers.end()));
  }
  if (!windows.empty()) counts_asked = AskCapCounts(tx, partition, windows);
  EarnerBook book;
  if (tiers_asked) {
    ASSIGN_OR_RETURN(book.tiers_, TakeTiers(tx, *tiers_asked));
  }
  if (counts_asked) {
    ASSIGN_OR_RETURN(book.counts_, TakeCapCounts(tx, *counts_asked));
    RETURN_IF_ERROR(AddMerged(tx, program, windows, book.counts_));
  }
  return book;
}

Earner EarnerBook::Find(const EarnerWanted& wanted, const absl::TimeZone& zone) const {
  Earner earner;
  const auto tier = tiers_.find(wanted.member);
  if (tier != tiers_.end() && LooksAtTiers(*wanted.rule)) earner.tier = tier->second;
  for (CapWindow& window : WindowsOf(*wanted.rule, wanted.order, wanted.at, zone)) {
    const auto count = counts_.find({wanted.member, std::move(window)});
    if (count != counts_.end()) earner.counted.push_back(count->second);
  }
  return earner;
}

void EarnerBook::Count(const MemberId& member, absl::Span<const CapCount> more) {
  for (const CapCount& count : more) {
    if (count.earned == 0 && count.taken == 0) continue;
    Add(member, count, counts_);
    Add(member, count, more_);
  }
}

}  // namespace gratis::thanks
