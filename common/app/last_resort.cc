#include "common/app/last_resort.h"

#include <cstdlib>

#include "common/app/app.h"
#include "common/obs/log.h"

namespace gratis::app {

LastResort::LastResort(absl::Duration limit, obs::Log& log)
    : thread_([this, limit, &log] {
        std::unique_lock lock(mutex_);
        if (over_.wait_for(lock, absl::ToChronoMilliseconds(limit), [this] { return done_; })) {
          return;
        }
        log.Error("not ended in time: ending at once", {{"limit", limit}});
        std::_Exit(kExitFailed);
      }) {}

LastResort::~LastResort() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  over_.notify_all();
  thread_.join();
}

}  // namespace gratis::app
