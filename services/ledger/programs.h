#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {

// The answer to store and send for a program that was made.
using ProgramAnswer = std::function<std::string(const ledger::Program&)>;

// A program being made, posted in the house's books. Its code is claimed as a name, so that of
// several at once one is made.
class ProgramCreation final : public ledger::Mutation {
 public:
  // `draft` is complete; `name` is its code as the directory keeps it.
  ProgramCreation(TransactionId transaction, ProgramDraft draft, ledger::DirectoryKey name,
                  ProgramAnswer answer);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: PROGRAM_EXISTS.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  // As decided; number and first partition are given when it is written.
  ledger::Program& made() { return made_; }

 private:
  const TransactionId transaction_;
  const ProgramDraft draft_;
  const ledger::DirectoryKey name_;
  const ProgramAnswer answer_;
  ledger::Program made_;
};

class ProgramCreations final : public ledger::KindOf<ProgramCreation> {
 public:
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ProgramCreation* const> set) override;
};

}  // namespace gratis::ledger_service
