#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/pg/pool.h"
#include "services/thanks/surprise_rules.h"

// Drawing. Those who take part are gathered partition by partition in short transactions and
// written down under the draw's id; then the draw is posted, and only with it do they mean
// anything. A draw that is cut short before leaves nothing but rows that are swept.
namespace gratis::thanks {

// Who takes part, and who wins.
struct Gathered {
  Uuid draw;
  int64_t entrants = 0;
  std::string digest;
  std::vector<MemberId> winners;
};

struct GatherOrder {
  const ledger::Program& program;
  const SurpriseOrder& order;
  absl::Time now;       // program time
  absl::Time deadline;  // real time
  bool write = true;    // else it is only looked
};
absl::StatusOr<Gathered> Gather(pg::Pool& pool, base::IdSource& ids, const GatherOrder& order);
// Forgets those of a draw that was not posted.
absl::Status Forget(pg::Pool& pool, const ledger::Program& program, const Uuid& draw,
                    absl::Time deadline);

// The draw as a posting. Answers with DrawSurpriseResponse. Errors: SURPRISE_EXISTS,
// BUDGET_NOT_FOUND, BUDGET_EXHAUSTED (metadata: remaining), FIELD_INVALID (a budget of another
// unit).
class DrawSurprise final : public ledger::Mutation {
 public:
  DrawSurprise(SurpriseOrder order, Gathered gathered, base::IdSource& ids, absl::Time now);
  void AddNeeds(ledger::Wants& wants) const override { wants.budgets.insert(order_.budget); }
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class DrawSurprises;

  const SurpriseOrder order_;
  const Gathered gathered_;
  const TransactionId transaction_;
  std::shared_ptr<std::map<std::string, Uuid>> known_;  // drawn before, by code; the set's own
  Surprise surprise_;                                   // decided
};

class DrawSurprises final : public ledger::KindOf<DrawSurprise> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<DrawSurprise* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<DrawSurprise* const> set) override;
};

}  // namespace gratis::thanks
