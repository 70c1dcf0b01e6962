#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/figures.h"
#include "common/ledger/mutation.h"
#include "common/ledger/past.h"
#include "common/ledger/period.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"

// Reports over a whole program. They read each partition's open lots in one short snapshot and undo
// from there, page by page, what does not count yet: the journal's rows do not change, so they need
// no snapshot. A moment of last month costs a month's rows, whatever the program's age.
namespace gratis::ledger {

struct ReportOptions {
  absl::Time now;              // program time: what fell due until now counts as happened
  absl::Time deadline;         // real time
  int64_t page_rows = 20'000;  // of the journal, looked at by one statement
};

// What was outstanding just before `before`, by the given time of facts. Under kEffective a fact
// recorded after its period was closed counts from that period's end. With absl::InfiniteFuture():
// all that is known by now, ages seen from now.
absl::StatusOr<Outstanding> ReadOutstanding(pg::Pool& pool, const Program& program,
                                            absl::Time before, Basis basis,
                                            const ReportOptions& options);

// What happened in [from, to), by when facts count (see Period).
struct Flow {
  Outstanding opening;
  Outstanding closing;
  Movements movements;
  // Whether these are the figures stored when the periods that it consists of were closed.
  bool closed = false;
};
absl::StatusOr<Flow> ReadFlow(pg::Pool& pool, const Program& program, absl::Time from,
                              absl::Time to, const ReportOptions& options);

// What a closing needs of the journal, read beforehand without holding anybody up.
struct ClosingDraft {
  struct Part {
    int64_t head = 0;  // the rows up to here are in
    Outstanding closing;
    Movements movements;
  };
  absl::Time ends_at;
  std::vector<Period> before;          // the periods closed when it was drafted
  std::map<int32_t, Part> partitions;  // by partition
};
absl::StatusOr<ClosingDraft> DraftClosing(pg::Pool& pool, const Program& program,
                                          absl::Time ends_at, const ReportOptions& options);

// The answer to store and send for a period that was closed.
using PeriodAnswer = std::function<std::string(const Period&)>;

// A period being closed: it ends where its draft says. Its envelope is for all partitions, so
// nothing is posted in the program between its figures and its fact.
class PeriodClosing final : public Mutation {
 public:
  PeriodClosing(TransactionId transaction, ClosingDraft draft, PeriodAnswer answer);

  // Errors: PERIOD_NOT_OVER, PERIOD_CLOSED, CONFLICT (another was closed since it was drafted).
  absl::StatusOr<std::string> Decide(Books& books) override;

 private:
  friend class PeriodClosings;
  const TransactionId transaction_;
  const ClosingDraft draft_;
  const PeriodAnswer answer_;
  std::vector<Period> before_;  // as loaded under the locks
  Period closed_;
  int64_t seq_ = 0;
};

class PeriodClosings final : public KindOf<PeriodClosing> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<PeriodClosing* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<PeriodClosing* const> set) override;
};

}  // namespace gratis::ledger
