#include "common/ledger/standing.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

struct Standing {
  MemberState state;
  std::string_view name;
  bool earns, receives, spends, corrects;
};

constexpr Standing kStandings[] = {
    {MemberState::kActive, "active", true, true, true, true},
    {MemberState::kSuspended, "suspended", true, false, false, true},
    {MemberState::kEarnOnly, "earn_only", true, true, false, true},
    {MemberState::kRestricted, "restricted", false, false, false, true},
    {MemberState::kDeceased, "deceased", false, false, false, true},
    {MemberState::kClosed, "closed", false, false, false, true},
    {MemberState::kErased, "erased", false, false, false, false},
    // What was done before can still be corrected; it is the survivor who gains or owes.
    {MemberState::kMerged, "merged", false, false, false, true},
};

// A stored state that is none allows nothing.
constexpr Standing kNoStanding = {MemberState::kNone, "none", false, false, false, false};

const Standing& StandingOf(MemberState state) {
  for (const Standing& standing : kStandings) {
    if (standing.state == state) return standing;
  }
  return kNoStanding;
}

}  // namespace

bool Allows(MemberState state, Deed deed) {
  const Standing& standing = StandingOf(state);
  switch (deed) {
    case Deed::kEarn:
      return standing.earns;
    case Deed::kReceive:
      return standing.receives;
    case Deed::kSpend:
      return standing.spends;
    default:
      return standing.corrects;
  }
}

absl::Status CheckStanding(MemberState state, Deed deed) {
  if (Allows(state, deed)) return absl::OkStatus();
  if (state == MemberState::kErased) {
    return Error(Reason::kMemberErased, "the person behind this member was erased");
  }
  const std::string_view name = NameOf(state);
  return Error(Reason::kMemberNotActive,
               absl::StrCat("the member's state, ", base::Abs(name), ", does not allow this"),
               {{"state", std::string(name)}});
}

std::string_view NameOf(MemberState state) { return StandingOf(state).name; }

std::string StateJson(MemberState is, MemberState was) {
  return absl::StrCat("{\"state\":\"", base::Abs(NameOf(is)), "\",\"was\":\"",
                      base::Abs(NameOf(was)), "\"}");
}

std::optional<MemberState> StateSetBy(std::string_view detail) {
  for (const Standing& is : kStandings) {
    for (const Standing& was : kStandings) {
      if (StateJson(is.state, was.state) == detail) return is.state;
    }
  }
  return std::nullopt;
}

}  // namespace gratis::ledger
