#include "common/pg/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pg/pause.h"

namespace gratis::pg {
namespace {

constexpr absl::Duration kAnswerLimit = absl::Seconds(5);
constexpr absl::Duration kListenAgain = absl::Seconds(5);
constexpr absl::Duration kBetweenAttempts = absl::Milliseconds(200);

ConnOptions ListeningConn(const ListenerOptions& options) {
  return {.conninfo = options.conninfo,
          .application_name = options.application_name,
          .session_options = options.role.empty() ? "" : absl::StrCat("-c role=", options.role)};
}

}  // namespace

Listener::Listener(ListenerOptions options, std::function<void()> heard)
    : options_(ListeningConn(options)),
      listen_(absl::StrCat("LISTEN ", options.channel)),
      heard_(std::move(heard)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Work(); }) {}

Listener::~Listener() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void Listener::Work() {
  do {
    if (const auto conn = Conn::Open(options_, RealNow() + kAnswerLimit); conn.ok()) Listen(**conn);
    listening_ = false;
  } while (!StopWithin(kBetweenAttempts));
}

// Until the connection is lost, or it is to stop.
void Listener::Listen(Conn& conn) {
  // Said again now and then, it changes nothing, but finds out whether the line still stands.
  while (conn.RunScript(listen_, RealNow() + kAnswerLimit).ok()) {
    if (!listening_.exchange(true)) heard_();
    if (conn.Hear(stop_, RealNow() + kListenAgain) > 0) heard_();
    if (StopWithin(absl::ZeroDuration())) return;
  }
}

bool Listener::StopWithin(absl::Duration duration) {
  pollfd entry{stop_, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(absl::ToInt64Milliseconds(duration))) > 0;
}

}  // namespace gratis::pg
