#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/fact.h"

namespace gratis::ledger_service {

enum class Direction { kEarn, kSpend };

// Points that a caller gives to a member or takes from them.
struct PointsOrder {
  Direction direction;
  TransactionId transaction;
  MemberId member;
  int64_t points = 0;
  std::string source;
  std::optional<absl::Time> effective_at;  // now, if not said
  absl::Duration statable_past;            // how far back effective_at may lie
};

struct Posted {
  TransactionId transaction;
  int64_t available_points;  // afterwards
  absl::Time recorded_at;
};

// Pure. Errors: EFFECTIVE_TIME_INVALID, MEMBER_NOT_FOUND, POINTS_NOT_POSITIVE, POINTS_OVERFLOW,
// INSUFFICIENT_POINTS (metadata: available_points).
absl::StatusOr<Posted> PostPoints(const PointsOrder& order, absl::Time now, ledger::Books& books);

}  // namespace gratis::ledger_service
