#include "services/members/group_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

std::string_view NameOf(GroupKind kind) {
  switch (kind) {
    case GroupKind::kHousehold:
      return "household";
    case GroupKind::kCommunity:
      return "community";
    default:
      return "organization";
  }
}

std::string_view NameOf(Membership state) {
  switch (state) {
    case Membership::kInvited:
      return "invited";
    case Membership::kJoined:
      return "joined";
    default:
      return "left";
  }
}

}  // namespace

absl::Status CheckGroupName(std::string_view name) {
  if (name.empty()) return FieldError(Reason::kFieldMissing, "name", "a group needs a name");
  if (base::CodePoints(name) <= kMaxGroupNameCharacters) return absl::OkStatus();
  return FieldError(
      Reason::kFieldTooLong, "name",
      absl::StrCat("a group's name may have ", kMaxGroupNameCharacters, " characters"));
}

absl::Status CheckPerks(const std::vector<std::string>& perks) {
  if (perks.size() > kMaxPerks) {
    return FieldError(Reason::kFieldInvalid, "perks",
                      absl::StrCat("a community may have ", kMaxPerks, " perks"));
  }
  for (size_t i = 0; i < perks.size(); ++i) {
    const std::string field = absl::StrCat("perks[", i, "]");
    if (perks[i].empty()) {
      return FieldError(Reason::kFieldInvalid, field, "a perk is told in words; leave it out");
    }
    if (base::CodePoints(perks[i]) > kMaxPerkCharacters) {
      return FieldError(Reason::kFieldTooLong, field,
                        absl::StrCat("a perk may have ", kMaxPerkCharacters, " characters"));
    }
  }
  return absl::OkStatus();
}

absl::Status RequireKind(const GroupRow& group, GroupKind kind) {
  if (group.kind == kind) return absl::OkStatus();
  return Error(Reason::kGroupKindWrong,
               absl::StrCat("the group is of the kind ", base::Abs(NameOf(group.kind)),
                            "; this is done with the kind ", base::Abs(NameOf(kind))));
}

Membership AfterInvitation(std::optional<Membership> was) {
  return was == Membership::kJoined ? Membership::kJoined : Membership::kInvited;
}

absl::StatusOr<Membership> AfterJoining(const GroupRow& group, std::optional<Membership> was,
                                        bool by_themselves) {
  if (was == Membership::kJoined) return Membership::kJoined;
  if (by_themselves && was != Membership::kInvited) {
    return FieldError(Reason::kNotInvited, "member_id",
                      "nobody who speaks for the group has invited this member");
  }
  if (group.kind == GroupKind::kHousehold && group.joined >= kMaxHouseholdMembers) {
    return Error(Reason::kGroupFull,
                 absl::StrCat("a household has at most ", kMaxHouseholdMembers, " members"));
  }
  return Membership::kJoined;
}

bool BelongsToGroups(ledger::MemberState state) {
  return state == ledger::MemberState::kActive || state == ledger::MemberState::kSuspended ||
         state == ledger::MemberState::kEarnOnly || state == ledger::MemberState::kRestricted;
}

std::optional<MemberId> LotOwners::OwnerOf(
    int64_t lot, int32_t partition, const std::vector<ledger::JournalRow>& now_posted) const {
  // A lot comes from one made before it, so this ends.
  while (true) {
    const auto contributed = contributors_.find(lot);
    if (contributed != contributors_.end()) return contributed->second;
    const auto grace = graces_.find(lot);
    if (grace != graces_.end()) {
      lot = grace->second;
      continue;
    }
    const auto row = std::find_if(now_posted.begin(), now_posted.end(), [&](const auto& posted) {
      return posted.partition == partition && posted.seq == lot;
    });
    if (row == now_posted.end() || row->fact.kind != ledger::FactKind::kGraceGiven) {
      return std::nullopt;
    }
    lot = row->fact.allocations.front().debit_lot;
  }
}

std::string GroupDetail(std::string_view change, GroupKind kind) {
  return absl::StrCat("{\"change\":", base::JsonString(change),
                      ",\"kind\":", base::JsonString(NameOf(kind)), "}");
}

std::string MembershipDetail(Membership state, const MemberId& group,
                             std::optional<Membership> was) {
  std::string detail = absl::StrCat("{\"change\":", base::JsonString(NameOf(state)),
                                    ",\"group\":", base::JsonString(group.ToString()));
  if (was) {
    absl::StrAppend(&detail, ",\"before\":{\"change\":", base::JsonString(NameOf(*was)), "}");
  }
  return detail + "}";
}

std::string ContributionDetail(const MemberId& group, const MemberId& contributor) {
  return absl::StrCat("{\"group\":", base::JsonString(group.ToString()),
                      ",\"contributor\":", base::JsonString(contributor.ToString()), "}");
}

}  // namespace gratis::members
