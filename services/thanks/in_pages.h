#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {

// What a run of the service's own is about, page by page in each partition of a program. `find`:
// up to so many rows behind one, which at first is `before_all`; `act`: what is done about those
// found, outside of the transaction that found them. What one page fails at holds up no other, and
// the next run tries again. `deadline` is real time. Errors: the first of those met, once all was
// tried; DRAINING (asked to stop).
template <typename Row, typename Find, typename Act>
absl::Status ActInPages(pg::Pool& pool, const ledger::Program& program, const Row& before_all,
                        Find find, Act act, absl::Time deadline, const std::stop_token& stop) {
  constexpr int32_t kPage = 500;
  absl::Status first_error;
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    Row last = before_all;
    while (true) {
      if (stop.stop_requested()) return Error(Reason::kDraining, "the next run goes on");
      std::vector<Row> page;
      const absl::Status found = pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) {
        ASSIGN_OR_RETURN(page, find(tx, p, last, kPage));
        return absl::OkStatus();
      });
      first_error.Update(found);
      if (!found.ok() || page.empty()) break;
      first_error.Update(act(p, page));
      last = page.back();
    }
  }
  return first_error;
}

}  // namespace gratis::thanks
