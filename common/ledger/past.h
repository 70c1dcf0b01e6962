#pragma once

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// By which of a fact's times it belongs to a moment of the past.
enum class Basis : int16_t {
  kRecorded = 1,   // the book as it stood then: never changes
  kEffective = 2,  // what is now known to have been in effect then: may restate
};

// A member's wallets, by unit, as they stood at `at`, with all that happened at that instant. Of
// each, only the four sums are set. Facts that were dated back can make an effective one less than
// nothing. Under kEffective what fell due until then counts, whether or not it was posted by `now`;
// it is to be read in one snapshot (pg::Isolation::kRepeatableRead). Errors: MEMBER_NOT_FOUND.
absl::StatusOr<std::map<int16_t, Wallet>> ReadBalancesAsOf(pg::Tx& tx, const Program& program,
                                                           const MemberId& member, absl::Time at,
                                                           Basis basis, absl::Time now);

}  // namespace gratis::ledger
