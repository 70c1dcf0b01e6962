#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"

namespace gratis::ledger_service {

// A program's clock being moved, posted in the program itself and recorded at the time it is moved
// to: envelope.now is that time, too.
class ClockSetting final : public ledger::Mutation {
 public:
  // `answer`: what to store and send.
  ClockSetting(TransactionId transaction, absl::Time target, std::string answer);

  // Errors: CLOCK_BACKWARDS.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  absl::Time target() const { return target_; }
  // When the program last recorded anything; shared by all settings of a run.
  void SetLastRecorded(std::shared_ptr<std::optional<absl::Time>> last) { last_ = std::move(last); }

 private:
  const TransactionId transaction_;
  const absl::Time target_;
  const std::string answer_;
  std::shared_ptr<std::optional<absl::Time>> last_;
};

class ClockSettings final : public ledger::KindOf<ClockSetting> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<ClockSetting* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ClockSetting* const> set) override;
};

}  // namespace gratis::ledger_service
