#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/fact.h"
#include "common/ledger/places.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

// Adjustments that take a second person. One has the id of its transaction: the row that asks for
// it is the transaction's first, and the one that resolves it, once, comes behind.
namespace gratis::ledger {

// Whether the fact does an adjustment that waited, or says that it will not be done.
bool ResolvesAdjustment(const Fact& fact);

struct ListedAdjustment {
  struct Resolution {
    FactKind kind;  // kAdjusted or kAdjustmentRejected
    absl::Time recorded_at;
    std::string actor;
    std::string source;
  };
  JournalRow request;
  std::optional<Resolution> resolution;  // nothing: it waits

  AdjustmentPlace place() const { return {request.recorded_at, request.partition, request.seq}; }
};

enum class WhichAdjustments { kWaiting, kAll };

// At most `limit` of the program's adjustments behind `after`.
absl::StatusOr<std::vector<ListedAdjustment>> ListAdjustments(pg::Tx& tx, const Program& program,
                                                              WhichAdjustments which,
                                                              const AdjustmentPlace& after,
                                                              int32_t limit);

}  // namespace gratis::ledger
