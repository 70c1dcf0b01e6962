#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/house/keyring/key.h"
#include "common/house/keyring/role.h"
#include "common/ledger/unit.h"

// What a request to the ledger may say: pure values in, pure values out.
namespace gratis::ledger_service {

// How far back a caller may say that a fact took effect. Clocks differ, so anyone may be five
// minutes behind; who brings in history may go back as far as the books do.
absl::Duration StatablePast(house::Role role);
// When a fact takes effect: as `stated`, at most `past` ago; `now`, if nobody said.
// Errors: EFFECTIVE_TIME_INVALID (effective_at).
absl::StatusOr<absl::Time> EffectiveTime(std::optional<absl::Time> stated, absl::Duration past,
                                         absl::Time now);

// At most `max` characters. Errors: FIELD_TOO_LONG (`field`).
absl::Status CheckLength(std::string_view field, std::string_view text, size_t max);
// At most 128 characters. Errors: FIELD_TOO_LONG.
absl::Status CheckSource(std::string_view source);
// Why something was done by hand: the same, and never empty. Errors: FIELD_MISSING, FIELD_TOO_LONG.
absl::Status CheckReason(std::string_view reason);

// How long a hold lives if nobody says.
constexpr absl::Duration kDefaultHoldLife = absl::Minutes(15);

// Whether a role may say what a reversal does about points that were spent.
bool MayChooseClawback(house::Role role);

// Points to give or, below 0, to take. Errors: POINTS_NOT_POSITIVE (0), POINTS_OVERFLOW.
absl::Status CheckAdjustment(int64_t points);

// What the journal says of an adjustment that waits to be approved: {"points":-500}.
std::string AdjustmentDetail(int64_t points);
// Nothing if it is not one.
std::optional<int64_t> PointsOfAdjustment(std::string_view detail);
// And of what resolved one: {"requested_by":"key_…"}; with "why" if the approval says so.
std::string ResolutionDetail(std::string_view requested_by, std::string_view why = "");
// Whether a role rejects adjustments that others requested.
bool MayRejectOthers(house::Role role);

// A unit's rules with what was left out filled in: its code as its name, holds of 720 hours at
// most. Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, each with the contract's field under
// "unit".
absl::StatusOr<ledger::Unit> CompleteUnit(ledger::Unit draft);

// A program that somebody wishes for.
struct ProgramDraft {
  std::string code;
  std::string display_name;
  std::string currency_code;
  std::string time_zone;
  int32_t partitions = 0;

  friend bool operator==(const ProgramDraft&, const ProgramDraft&) = default;
};

// The draft with what was left out filled in: its code as its name, USD, UTC, 8 partitions.
// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_CURRENCY, INVALID_TIME_ZONE.
absl::StatusOr<ProgramDraft> CompleteProgram(ProgramDraft draft);

// A key that somebody wishes for.
struct KeyDraft {
  house::Role role = house::Role::kUnspecified;
  std::optional<int32_t> program;  // its number; nothing: all programs
  std::string label;
  std::string store;
  house::CallLimit limit;
};

// The limit with what was left out filled in: a burst of two seconds' calls.
// Errors: FIELD_INVALID (field rate_limit.…).
absl::StatusOr<house::CallLimit> CompleteLimit(house::CallLimit draft);

// How long a replaced secret may go on working. Errors: FIELD_INVALID (field overlap_seconds).
absl::StatusOr<absl::Duration> OverlapOf(int32_t seconds);

// Errors: FIELD_TOO_LONG.
absl::Status CheckLabel(std::string_view label);

// `maker_bound_to`: the program that the maker's own key is bound to; it makes keys of that one
// only. Errors: FIELD_INVALID (no role that a key can have, no name of a store), FIELD_TOO_LONG,
// FIELD_MISSING (only admins and auditors have keys of all programs; a store is in one),
// PROGRAM_NOT_FOUND (not one the maker may see).
absl::Status CheckKey(const KeyDraft& draft, std::optional<int32_t> maker_bound_to);

}  // namespace gratis::ledger_service
