#include "common/app/signals.h"

#include <pthread.h>

#include <cerrno>
#include <ctime>

namespace gratis::app {

Signals::Signals() {
  sigemptyset(&ending_);
  sigaddset(&ending_, SIGTERM);
  sigaddset(&ending_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> Signals::Wait(absl::Duration limit) {
  while (true) {
    int number = 0;
    if (limit == absl::InfiniteDuration()) {
      number = sigwaitinfo(&ending_, nullptr);
    } else {
      const timespec wait = absl::ToTimespec(limit);
      number = sigtimedwait(&ending_, nullptr, &wait);
    }
    if (number > 0) return number;
    if (errno != EINTR) return std::nullopt;
  }
}

void Signals::LetGo() { pthread_sigmask(SIG_UNBLOCK, &ending_, nullptr); }

}  // namespace gratis::app
