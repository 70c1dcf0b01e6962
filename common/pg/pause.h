#pragma once

#include "absl/time/time.h"

namespace gratis::pg {

// Real time, as deadlines are given in.
absl::Time RealNow();

// Waits for `duration`, but not beyond `deadline`; whether there is time left then.
bool Pause(absl::Duration duration, absl::Time deadline);

// What is left until `deadline` for poll(2): whole milliseconds, rounded up, at most a minute.
int PollMillis(absl::Time deadline);

}  // namespace gratis::pg
