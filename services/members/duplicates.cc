#include "services/members/duplicates.h"

#include <optional>
#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/merging_rules.h"

namespace gratis::members {
namespace {

constexpr int32_t kPage = 200;
constexpr size_t kMostLookedAt = 1'000;

bool TakesPart(ledger::MemberState state) {
  return state == ledger::MemberState::kActive || state == ledger::MemberState::kSuspended ||
         state == ledger::MemberState::kEarnOnly;
}

}  // namespace

absl::StatusOr<std::vector<MemberId>> FindDuplicates(const Members& members,
                                                     const ledger::Program& program,
                                                     const MemberId& member, absl::Time deadline) {
  ASSIGN_OR_RETURN(const Member known, members.Get(program, member, deadline));
  std::vector<MemberId> duplicates;
  if (!known.profile.birthday) return duplicates;
  size_t looked_at = 0;
  std::optional<MemberCursor> after;
  do {
    ASSIGN_OR_RETURN(
        const BirthdayPage page,
        members.ListBirthdays(program, {known.profile.birthday->on}, after, kPage, deadline));
    looked_at += page.members.size();
    for (const Member& other : page.members) {
      if (other.id == member || !MayBeOne(known.profile, other.profile)) continue;
      const absl::StatusOr<Member> whole = members.Get(program, other.id, deadline);
      // They may have been erased a moment ago.
      if (!whole.ok() || !TakesPart(whole->state)) continue;
      duplicates.push_back(other.id);
      if (duplicates.size() == kMaxDuplicates) return duplicates;
    }
    after = page.next;
  } while (after && looked_at < kMostLookedAt);
  return duplicates;
}

}  // namespace gratis::members
