#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// How a member stands with the program, and what that allows.
namespace gratis::ledger {

// The numbers are stored; the contracts' MemberState has the same.
enum class MemberState : int16_t {
  kNone = 0,
  kActive = 1,
  kSuspended = 2,   // under suspicion: what they buy counts, nothing is given, nothing goes out
  kEarnOnly = 3,    // in good standing, and may not spend
  kRestricted = 4,  // kept and not processed, as privacy law has it
  kDeceased = 5,
  kClosed = 6,  // left; their names still lead to them
  kErased = 7,  // nothing is known of them any more. For ever.
  kMerged = 8,  // a duplicate: what concerns them concerns their survivor, see merging.h
};

// What states allow or not.
enum class Deed {
  kEarn,     // by what they do: purchases, activation of what is pending
  kReceive,  // what is given: gifts, thank-yous, vouchers, points of other members
  kSpend,    // points and vouchers, and to hold them
  kCorrect,  // what was done before: capture or void a hold, reverse, adjust, void a voucher
};

bool Allows(MemberState state, Deed deed);

// Errors: MEMBER_NOT_ACTIVE (metadata: state), MEMBER_ERASED.
absl::Status CheckStanding(MemberState state, Deed deed);

// "earn_only".
std::string_view NameOf(MemberState state);

// The detail of a fact that sets a state, such as kMemberStateSet:
// {"state":"suspended","was":"active"}.
std::string StateJson(MemberState is, MemberState was);
// The state that such a detail sets; nothing if it is not one.
std::optional<MemberState> StateSetBy(std::string_view detail);

}  // namespace gratis::ledger
