#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/adjustments.h"
#include "common/ledger/books.h"
#include "common/ledger/fact.h"
#include "common/ledger/mutation.h"
#include "common/ledger/ops.h"

// What callers do to members' points: for each call an order, and a function that posts it. These
// are pure; they look at the books and post there.
namespace gratis::ledger_service {

// What every order says of itself.
struct Stamp {
  TransactionId transaction;
  std::string source;
  std::optional<absl::Time> effective_at;  // now, if not said
  absl::Duration statable_past;            // how far back effective_at may lie
};

// What every order leads to.
struct Posted {
  TransactionId transaction;
  ledger::Wallet wallet;    // of the order's unit, afterwards
  bool tell_wallet = true;  // whether the caller may know it
  absl::Time recorded_at;
};

// Errors of all: EFFECTIVE_TIME_INVALID, POINTS_NOT_POSITIVE, POINTS_OVERFLOW, UNIT_NOT_FOUND (of
// one that is not the program's own, too), MEMBER_NOT_FOUND, each with its field; and those named
// in common/ledger/ops.h. `envelope` is the call's.

struct EarnOrder {
  Stamp stamp;
  MemberId member;
  std::string unit;                     // its code; empty: points
  std::optional<int64_t> points;        // or
  std::optional<int64_t> milli_points;  // thousandths
  ledger::Origin origin = ledger::Origin::kGiven;
  absl::Time available_at = absl::InfinitePast();
  std::optional<absl::Time> expires_at;
  BudgetId budget;
};
struct Earned {
  Posted posted;
  int64_t points = 0;
};
// Errors: FIELD_INVALID (ends before it took effect).
absl::StatusOr<Earned> Post(const EarnOrder& order, const ledger::Envelope& envelope,
                            ledger::Books& books);

struct SpendOrder {
  Stamp stamp;
  MemberId member;
  std::string unit;
  int64_t points = 0;
};
absl::StatusOr<Posted> Post(const SpendOrder& order, const ledger::Envelope& envelope,
                            ledger::Books& books);

struct HoldOrder {
  Stamp stamp;
  MemberId member;
  std::string unit;
  int64_t points = 0;
  HoldId hold;
  absl::Duration life;
};
struct Placed {
  Posted posted;
  ledger::Hold hold;
};
absl::StatusOr<Placed> Post(const HoldOrder& order, const ledger::Envelope& envelope,
                            ledger::Books& books);

struct CaptureOrder {
  Stamp stamp;
  HoldId hold;
  int64_t points = 0;  // 0: all
};
struct Captured {
  Posted posted;
  int64_t captured = 0;
  int64_t released = 0;
};
absl::StatusOr<Captured> Post(const CaptureOrder& order, const ledger::Envelope& envelope,
                              ledger::Books& books);

struct VoidOrder {
  Stamp stamp;
  HoldId hold;
};
struct Released {
  Posted posted;
  int64_t points = 0;
};
absl::StatusOr<Released> Post(const VoidOrder& order, const ledger::Envelope& envelope,
                              ledger::Books& books);

struct ReverseOrder {
  Stamp stamp;
  TransactionId undone;
  int64_t points = 0;  // 0: all that is left
  std::optional<ledger::Clawback> clawback;
};
struct Undone {
  Posted posted;
  ledger::Reversed reversed;
};
absl::StatusOr<Undone> Post(const ReverseOrder& order, const ledger::Envelope& envelope,
                            ledger::Books& books);

struct ActivateOrder {
  Stamp stamp;
  TransactionId earned_by;
};
struct Activated {
  Posted posted;
  int64_t points = 0;
};
absl::StatusOr<Activated> Post(const ActivateOrder& order, const ledger::Envelope& envelope,
                               ledger::Books& books);

// An adjustment has the id of its transaction; what was only requested is done in that transaction
// when it is approved.
struct AdjustOrder {
  Stamp stamp;
  MemberId member;
  std::string unit;
  int64_t points = 0;  // to give; below 0: to take
};
struct Adjusted {
  Posted posted;
  bool requested = false;  // above the unit's limit; nothing was done yet
};
absl::StatusOr<Adjusted> Post(const AdjustOrder& order, const ledger::Envelope& envelope,
                              ledger::Books& books);

// It takes effect as the approval says; source and transaction are the adjustment's.
struct ApproveOrder {
  AdjustmentId adjustment;
  std::string why;  // may be empty
  std::optional<absl::Time> effective_at;
  absl::Duration statable_past;
};
struct Approved {
  Posted posted;
  int64_t points = 0;
};
// Errors: ADJUSTMENT_NOT_FOUND, ADJUSTMENT_RESOLVED (metadata: state), SECOND_PERSON_NEEDED,
// EFFECTIVE_TIME_INVALID.
absl::StatusOr<Approved> Post(const ApproveOrder& order, const ledger::Envelope& envelope,
                              ledger::Books& books);

struct RejectOrder {
  AdjustmentId adjustment;
  std::string reason;
  bool others = false;  // may be another's than who asks
  std::optional<absl::Time> effective_at;
  absl::Duration statable_past;
};
struct Rejected {
  ledger::ListedAdjustment adjustment;
  std::string unit;  // its code
};
// Errors: ADJUSTMENT_NOT_FOUND, ADJUSTMENT_RESOLVED (metadata: state), ROLE_NOT_ALLOWED,
// EFFECTIVE_TIME_INVALID.
absl::StatusOr<Rejected> Post(const RejectOrder& order, const ledger::Envelope& envelope,
                              ledger::Books& books);

struct TransferOrder {
  Stamp stamp;
  MemberId member;  // gives
  MemberId to;
  std::string unit;
  int64_t points = 0;
};
// The wallet is the giver's.
absl::StatusOr<Posted> Post(const TransferOrder& order, const ledger::Envelope& envelope,
                            ledger::Books& books);

// What an order is sure to look at, besides the members of its envelope.
void AddNeedsOf(const EarnOrder& order, ledger::Wants& wants);
void AddNeedsOf(const SpendOrder& order, ledger::Wants& wants);
void AddNeedsOf(const HoldOrder& order, ledger::Wants& wants);
void AddNeedsOf(const CaptureOrder& order, ledger::Wants& wants);
void AddNeedsOf(const VoidOrder& order, ledger::Wants& wants);
void AddNeedsOf(const ReverseOrder& order, ledger::Wants& wants);
void AddNeedsOf(const ActivateOrder& order, ledger::Wants& wants);
void AddNeedsOf(const AdjustOrder& order, ledger::Wants& wants);
void AddNeedsOf(const ApproveOrder& order, ledger::Wants& wants);
void AddNeedsOf(const RejectOrder& order, ledger::Wants& wants);
void AddNeedsOf(const TransferOrder& order, ledger::Wants& wants);

}  // namespace gratis::ledger_service
