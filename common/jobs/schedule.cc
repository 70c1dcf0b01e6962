#include "common/jobs/schedule.h"

namespace gratis::jobs {
namespace {

absl::Time PeriodOf(absl::Time time, absl::Duration every) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), every);
}

}  // namespace

bool IsDue(std::optional<absl::Time> ran_through, absl::Time now, absl::Duration every) {
  return !ran_through || PeriodOf(now, every) != PeriodOf(*ran_through, every);
}

}  // namespace gratis::jobs
