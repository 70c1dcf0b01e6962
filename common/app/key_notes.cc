#include "common/app/key_notes.h"

#include "absl/time/time.h"

namespace gratis::app {
namespace {

constexpr absl::Duration kEvery = absl::Minutes(1);
constexpr absl::Duration kLimit = absl::Seconds(5);

}  // namespace

KeyNotes::KeyNotes(house::Keyring& keys, pg::Pool& pool, const base::Clock& clock, obs::Log& log)
    : use_(keys, pool, clock), clock_(clock), log_(log), thread_([this] { Work(); }) {}

KeyNotes::~KeyNotes() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void KeyNotes::Work() {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      last = stop_.wait_for(lock, absl::ToChronoMilliseconds(kEvery), [this] { return stopping_; });
    }
    const absl::Status written = use_.Write(clock_.Now() + kLimit);
    if (!written.ok()) log_.Warning("the use of keys was not noted", {{"failure", written}});
  }
}

}  // namespace gratis::app
