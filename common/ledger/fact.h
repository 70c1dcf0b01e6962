#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"

namespace gratis::ledger {

// What the journal holds. The numbers are stored for ever; the contract's EntryKind has the same.
enum class FactKind : int16_t {
  kProgramCreated = 1,
  kKeyCreated = 2,
  kKeyRevoked = 3,
  kClockSet = 4,
  kMemberEnrolled = 10,
  kEarn = 20,
  kSpend = 21,
  kPurchase = 30,
  kThankYou = 31,
  kThanksPolicySet = 32,
  kBirthdayGift = 40,
  kBirthdayPolicySet = 41,
};

// The sides that points move between: the member's, and the program's (kept per partition). A
// balance is credits minus debits, so what was issued stands as a negative one. The numbers are
// stored; the contract's Account has the same.
enum class Account : int16_t {
  kNone = 0,
  kAvailable = 1,
  kIssued = 10,
  kRedeemed = 11,
};

constexpr int64_t kMaxPoints = 1'000'000'000'000;  // in one posting

// How far the clocks of callers may be off.
constexpr absl::Duration kClockTolerance = absl::Minutes(5);

// One fact to be journaled. When points is not 0, they move from `debit` to `credit`, of which
// exactly one is the member's.
struct Fact {
  FactKind kind;
  TransactionId transaction;
  MemberId member;  // nil for facts about the program
  int64_t points = 0;
  Account debit = Account::kNone;
  Account credit = Account::kNone;
  absl::Time effective_at;
  std::string source;  // what it came from; no personal data
  std::string detail;  // one JSON object of ids and figures, or empty; no personal data
};

// The fact as a row of the journal.
struct JournalRow {
  int32_t partition;
  int64_t seq;
  Fact fact;
  int64_t debit_after = 0;
  int64_t credit_after = 0;
  absl::Time recorded_at;
  std::string actor;

  // What the member had to spend afterwards; only where points moved.
  int64_t available_after() const {
    return fact.debit == Account::kAvailable ? debit_after : credit_after;
  }
};

// Errors: POINTS_NOT_POSITIVE, POINTS_OVERFLOW.
absl::Status CheckPoints(int64_t points);

// A fact may take effect kClockTolerance ahead of `now` at most, and at most `past` before it.
// Errors: EFFECTIVE_TIME_INVALID.
absl::Status CheckEffectiveTime(absl::Time effective_at, absl::Time now, absl::Duration past);

}  // namespace gratis::ledger
