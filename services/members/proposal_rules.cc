#include "services/members/proposal_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

// Fields are named as the contract has them: "profile.phone", "add_external_ids[2]", "card".
Shared SharedIn(std::string_view field) {
  if (field.find("external_id") != std::string_view::npos) return kSharedExternalId;
  if (field.ends_with("phone")) return kSharedPhone;
  if (field.ends_with("email")) return kSharedEmail;
  if (field.ends_with("card")) return kSharedCard;
  return kSharedNothing;
}

std::vector<std::string> Parts(std::string_view text) {
  return absl::StrSplit(base::Abs(text), ',');
}

}  // namespace

MemberPair InOrder(const MemberId& a, const MemberId& b) {
  return {.low = std::min(a, b), .high = std::max(a, b)};
}

std::optional<Sighting> SightingIn(const absl::Status& refused, const MemberId& about) {
  const std::optional<Reason> reason = ReasonOf(refused);
  if (reason != Reason::kIdentifierTaken && reason != Reason::kMemberAmbiguous) {
    return std::nullopt;
  }
  Sighting sighting;
  if (!about.IsNil()) sighting.members.insert(about);
  for (const auto& [key, value] : MetadataOf(refused)) {
    if (key == "member_id" || key == "member_ids") {
      for (const std::string& text : Parts(value)) {
        const absl::StatusOr<MemberId> member = MemberId::Parse(text);
        if (member.ok()) sighting.members.insert(*member);
      }
    } else if (key == "field" || key == "fields") {
      for (const std::string& field : Parts(value)) {
        sighting.shared = static_cast<Shared>(sighting.shared | SharedIn(field));
      }
    }
  }
  const bool shows_some = sighting.shared != kSharedNothing && sighting.members.size() > 1 &&
                          sighting.members.size() <= kMostSightedTogether;
  return shows_some ? std::optional(std::move(sighting)) : std::nullopt;
}

std::optional<ProposedMerge> SeenAt(absl::Time now, const MemberPair& pair, Shared shared,
                                    const std::optional<ProposedMerge>& was) {
  if (!was) {
    return ProposedMerge{
        .pair = pair, .shared = shared, .times = 1, .first_seen = now, .last_seen = now};
  }
  const auto all = static_cast<Shared>(was->shared | shared);
  const bool says_more = all != was->shared || now - was->last_seen >= kSeenAgainAfter;
  if (was->dismissed_at || !says_more) return std::nullopt;
  ProposedMerge seen = *was;
  seen.shared = all;
  ++seen.times;
  seen.last_seen = std::max(now, was->last_seen);
  return seen;
}

std::optional<ProposedMerge> DismissedAt(absl::Time now, std::string_view by,
                                         const MemberPair& pair,
                                         const std::optional<ProposedMerge>& was) {
  if (was && was->dismissed_at) return std::nullopt;
  ProposedMerge dismissed =
      was.value_or(ProposedMerge{.pair = pair, .first_seen = now, .last_seen = now});
  dismissed.dismissed_at = now;
  dismissed.dismissed_by = std::string(by);
  return dismissed;
}

bool MayBeMerged(ledger::MemberState state) {
  return state == ledger::MemberState::kActive || state == ledger::MemberState::kSuspended ||
         state == ledger::MemberState::kEarnOnly;
}

}  // namespace gratis::members
