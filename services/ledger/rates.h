#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"
#include "common/ledger/period.h"

namespace gratis::ledger_service {

// A rate as somebody wishes it.
struct RateDraft {
  std::string unit;  // its code; points if empty
  int64_t minor_units = 0;
  int64_t per_points = 0;
  std::optional<absl::Time> effective_from;  // now, if not said
};

// Errors: FIELD_INVALID.
absl::Status CheckRate(const RateDraft& draft);

// The answer to store and send for a rate that was set.
using RateAnswer = std::function<std::string(const ledger::Rate&, const ledger::Unit&)>;

// A program's rates as they stand in one run, those set in it included.
struct RatesInRun {
  std::vector<ledger::Rate> rates;
  absl::Time closed_until = absl::InfinitePast();
};

// A rate being set, posted among the facts about the program.
class RateSetting final : public ledger::Mutation {
 public:
  RateSetting(TransactionId transaction, RateDraft draft, RateAnswer answer);

  // Errors: UNIT_NOT_FOUND, PERIOD_CLOSED (it would change what a closed period was worth).
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  void SetRates(std::shared_ptr<RatesInRun> rates) { rates_ = std::move(rates); }
  // As decided, and the seq of its fact.
  const ledger::Rate& set() const { return set_; }
  int64_t seq() const { return seq_; }

 private:
  const TransactionId transaction_;
  const RateDraft draft_;
  const RateAnswer answer_;
  std::shared_ptr<RatesInRun> rates_;
  ledger::Rate set_;
  int64_t seq_ = 0;
};

class RateSettings final : public ledger::KindOf<RateSetting> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<RateSetting* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<RateSetting* const> set) override;
};

}  // namespace gratis::ledger_service
