#include "common/jobs/lease.h"

#include "common/jobs/jobs_sql.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::jobs {
namespace {

constexpr absl::Duration kTakeLimit = absl::Seconds(5);

}  // namespace

absl::StatusOr<std::optional<Lease>> PgLeaseTable::Take(const JobKey& key, std::string_view owner,
                                                        absl::Time now, absl::Time until) {
  std::optional<Lease> lease;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = now + kTakeLimit}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kTakeLease, key.program, key.job, owner, now, until));
    lease.reset();
    if (!rows.empty()) lease = Lease{rows[0].Get<std::optional<absl::Time>>(0)};
    return absl::OkStatus();
  }));
  return lease;
}

absl::Status PgLeaseTable::Release(const JobKey& key, std::string_view owner,
                                   std::optional<absl::Time> ran_through, absl::Time deadline) {
  return pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) {
    return tx.Run(sql::kReleaseLease, key.program, key.job, owner, ran_through).status();
  });
}

}  // namespace gratis::jobs
