#pragma once

#include <optional>

#include "absl/time/time.h"

namespace gratis::jobs {

// Whether a job that runs once in every period of `every` has something to do at `now`, when its
// last run was as of `ran_through` (nothing: it never ran). Periods are counted in UTC from
// midnight, so that one of a quarter of an hour begins when somewhere on earth an hour does. Where
// several have passed there is still one run: a run does what all of them left. A clock that stands
// brings none; one that was moved back (a development clock) begins anew from there.
bool IsDue(std::optional<absl::Time> ran_through, absl::Time now, absl::Duration every);

}  // namespace gratis::jobs
