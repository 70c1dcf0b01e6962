#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"

// Members whom a refused request took for one person: what it shows, and what is kept of that.
// Values in, values out.
namespace gratis::members {

// What two members seem to share, as bits. Stored: these numbers may never change.
using Shared = int16_t;
inline constexpr Shared kSharedNothing = 0;
inline constexpr Shared kSharedPhone = 1;
inline constexpr Shared kSharedEmail = 2;
inline constexpr Shared kSharedCard = 4;
inline constexpr Shared kSharedExternalId = 8;

// Two members, the lower id first: one pair has one row.
struct MemberPair {
  MemberId low, high;

  friend auto operator<=>(const MemberPair&, const MemberPair&) = default;
};
MemberPair InOrder(const MemberId& a, const MemberId& b);

// Whom one request took for one person, or would have made one: at least two.
struct Sighting {
  std::set<MemberId> members;
  Shared shared = kSharedNothing;
};

// More are no person, but a list that somebody tries out.
inline constexpr size_t kMostSightedTogether = 4;

// What an error (IDENTIFIER_TAKEN, MEMBER_AMBIGUOUS) shows by its metadata; nothing, if it is
// another one, or names no two members. `about`: whom the request was about; nil: nobody yet.
std::optional<Sighting> SightingIn(const absl::Status& refused, const MemberId& about = {});

// A pair as it is kept, and proposed until somebody says that they are two.
struct ProposedMerge {
  MemberPair pair;
  Shared shared = kSharedNothing;
  int64_t times = 0;  // that a request showed it; 0: none did, the two were only dismissed
  absl::Time first_seen;
  absl::Time last_seen;
  std::optional<absl::Time> dismissed_at = std::nullopt;
  std::string dismissed_by = "";

  friend bool operator==(const ProposedMerge&, const ProposedMerge&) = default;
};

// What is seen again within so long adds nothing: it may be a retry, or somebody who tries on.
inline constexpr absl::Duration kSeenAgainAfter = absl::Minutes(1);
// Of one member so many pairs are proposed, besides those that were dismissed: what more people
// than that share says nothing of who they are. One more takes the place of another, see
// proposals.cc.
inline constexpr int64_t kMostProposed = 50;

// The row of a pair after it was seen at `now`; `was`: the one there is. Nothing, if it stays as it
// is: so do those who are known to be two.
std::optional<ProposedMerge> SeenAt(absl::Time now, const MemberPair& pair, Shared shared,
                                    const std::optional<ProposedMerge>& was);
// The row of a pair of whom somebody says that they are two. Nothing, if it was said before.
std::optional<ProposedMerge> DismissedAt(absl::Time now, std::string_view by,
                                         const MemberPair& pair,
                                         const std::optional<ProposedMerge>& was);

// Whether who stands so may be merged with others.
bool MayBeMerged(ledger::MemberState state);

}  // namespace gratis::members
