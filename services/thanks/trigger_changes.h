#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "services/thanks/trigger_rules.h"

// What is set of triggers.
namespace gratis::thanks {

// A new version of a trigger, which is checked. Answers with SetTriggerResponse.
class SetTrigger final : public ledger::Mutation {
 public:
  SetTrigger(Trigger trigger, base::IdSource& ids, absl::Time now);
  void AddNeeds(ledger::Wants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SetTriggers;

  Trigger trigger_;
  const TransactionId transaction_;
  // The versions in force as of now in this run; the set's own.
  std::shared_ptr<std::map<std::string, int32_t>> latest_;
};

class SetTriggers final : public ledger::KindOf<SetTrigger> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetTrigger* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetTrigger* const> set) override;
};

// A new version of the limits, which are checked. Answers with SetTriggerLimitsResponse.
class SetTriggerLimits final : public ledger::Mutation {
 public:
  SetTriggerLimits(const TriggerLimits& limits, base::IdSource& ids, absl::Time now)
      : limits_(limits), transaction_{ids.Next(now)} {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SetTriggersLimits;

  TriggerLimits limits_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class SetTriggersLimits final : public ledger::KindOf<SetTriggerLimits> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetTriggerLimits* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetTriggerLimits* const> set) override;
};

}  // namespace gratis::thanks
