#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "tests/model/reference.h"

namespace gratis::model {

// What a script is made of. A step names nothing: its small numbers choose among what there is when
// its turn comes, so a script from which steps were taken away is still one that makes sense.
enum class Move {
  kEarn,
  kSpend,
  kHold,
  kCapture,
  kRelease,
  kReverse,
  kActivate,
  kAdjust,
  kTransfer,
  kIssueVoucher,
  kRedeemVoucher,
  kHoldVoucher,
  kVoidVoucher,
  kSetUnit,
  kPassTime,
  kRetry,
  kBatch,     // the next few steps' operations, all or nothing
  kCombined,  // the next few steps' operations as one transaction
};

struct Step {
  Move move = Move::kEarn;
  int who = 0;
  int unit = 0;
  int points = 0;
  int amount = 0;
  int which = 0;
  int twist = 0;
  int when = 0;
};
using Script = std::vector<Step>;
std::ostream& operator<<(std::ostream& out, const Step& step);

using Weights = std::map<Move, size_t>;
// Of all moves, the common ones more often.
Weights Everything();
// Scripts of at most `steps` steps, half as many on average.
rc::Gen<Script> AnyScript(const Weights& weights, int steps);
// The same without RapidCheck, from a seed.
Script ScriptOf(const Weights& weights, int steps, base::SeededRandom& random);

// What a step comes to. One of these.
struct Task {
  std::vector<Request> requests;     // together if more than one
  std::optional<ledger::Unit> unit;  // its rules change
  bool time_passed = false;
  // What was asked for before must be done before this is asked for, and this before what follows.
  bool alone = false;
};

// The players and things of a play, and what each step means among them. It asks the reference what
// there is, and tells nobody but the caller.
class Plot {
 public:
  Plot(const ledger::Program& program, std::vector<MemberId> members, absl::Time now,
       Reference& reference, base::IdSource& ids);

  absl::Time now() const { return now_; }
  void SetNow(absl::Time now) { now_ = now; }
  const std::vector<MemberId>& members() const { return members_; }
  const std::vector<BudgetId>& budgets() const { return budgets_; }
  // Budgets are shared by partitions; each is used by one member's mostly, and by others' in turns.
  void AddBudget(const BudgetId& budget);

  // What the script's step at `*at` comes to; moves on.
  Task Next(const Script& script, size_t* at);

 private:
  Request RequestFor(std::vector<Operation> operations);
  std::optional<Operation> OperationOf(const Step& step);
  Operation Earn(const Step& step, Operation operation);
  std::optional<Operation> OnHold(const Step& step, Operation operation);
  std::optional<Operation> OnTransaction(const Step& step, Operation operation);
  Operation Issue(const Step& step, Operation operation);
  std::optional<Operation> OnVoucher(const Step& step, Operation operation);
  Task PassTime(const Step& step);
  Task SetUnit(const Step& step) const;
  Task Retry(const Step& step);

  MemberId Someone(int who) const;
  int64_t Amount(const Step& step, int64_t limit) const;
  absl::Time When(int when) const;
  Uuid IdBeside(const MemberId& member) {
    return InPartition(program_, PartitionOf(program_, member), ids_.Next(now_));
  }
  BudgetId BudgetFor(const MemberId& member, int which);
  // Order is kept within a partition only.
  bool TakesTurns(const Request& request) const;

  const ledger::Program program_;
  const std::vector<MemberId> members_;
  const MemberId stranger_;
  absl::Time now_;
  Reference& reference_;
  base::IdSource& ids_;
  std::vector<BudgetId> budgets_;
  std::vector<Request> asked_;
  std::map<BudgetId, int32_t> homes_;
  int requests_ = 0;
  int versions_ = 0;
};

}  // namespace gratis::model
