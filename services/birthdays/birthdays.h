#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "services/birthdays/birthday_postings.h"
#include "services/birthdays/birthday_rules.h"
#include "services/birthdays/celebrants.h"

namespace gratis::ledger {
class Poster;
}
namespace gratis::pg {
class Pool;
}

namespace gratis::birthdays {

// Who wants the gifts given, and as of when.
struct RunOrder {
  ledger::Program program;
  std::string actor;
  absl::Time now;                         // program time
  std::optional<absl::CivilDay> through;  // only what was due by the end of this day
  bool validate_only = false;             // count, and give nothing
  absl::Time deadline;                    // real time
  std::stop_token stop;                   // asked to stop, the run ends with the page it is at
};

// What a run did.
struct RunReport {
  int64_t given = 0;
  int64_t points = 0;
  int64_t already_given = 0;
  int64_t withheld = 0;
  DaySpan span;  // of birthdays, that it looked at
};

// What became of one birthday.
struct Explanation {
  Celebrant celebrant;
  Policy policy;  // in force
  Verdict verdict;
  std::string sentence;
};

// What the service does: a gift to everyone whose birthday it is, once. Thread-safe.
class Birthdays {
 public:
  // All arguments outlive this.
  Birthdays(pg::Pool& pool, ledger::Poster& poster, Celebrants& celebrants, base::IdSource& ids)
      : pool_(pool), poster_(poster), celebrants_(celebrants), ids_(ids) {}

  absl::StatusOr<Policy> CurrentPolicy(const ledger::Program& program, absl::Time deadline) const;

  // Gives every gift that is due and was not given. May be run at any time, again, and by several
  // processes at once: each gift is posted under a request_id made of member and year. What a run
  // that was cut short left undone, the next one does. Waits until all it gave is committed.
  // Errors: FUTURE_DATE (`through` is beyond the program's today); DRAINING when asked to stop;
  // else the first error of a peer, the database or a posting, with all other gifts given.
  absl::StatusOr<RunReport> Run(const RunOrder& order);

  // At most `limit` gifts to a member for years after `after`, by year. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<std::vector<Gift>> ListGifts(const ledger::Program& program,
                                              const MemberId& member, int32_t after, int32_t limit,
                                              absl::Time deadline) const;

  // Errors: MEMBER_NOT_FOUND, and those of peer and database.
  absl::StatusOr<Explanation> Explain(const ledger::Program& program, const MemberId& member,
                                      int32_t year, absl::Time now, absl::Time deadline) const;

 private:
  class PageOfRun;

  pg::Pool& pool_;
  ledger::Poster& poster_;
  Celebrants& celebrants_;
  base::IdSource& ids_;
  GiveGifts give_gifts_;
};

}  // namespace gratis::birthdays
