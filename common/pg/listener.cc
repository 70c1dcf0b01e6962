#include "common/pg/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"

namespace gratis::pg {
namespace {

constexpr absl::Duration kAnswerLimit = absl::Seconds(2);
constexpr absl::Duration kListenAgain = absl::Seconds(5);
constexpr absl::Duration kFirstPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(10);

ConnOptions ListeningConn(const ListenerOptions& options) {
  return {.conninfo = options.conninfo,
          .application_name = options.application_name,
          .session_options = options.role.empty() ? "" : absl::StrCat("-c role=", options.role)};
}

int NewEvent() {
  const int event = eventfd(0, EFD_CLOEXEC);
  if (event >= 0) return event;
  std::perror("eventfd");
  std::abort();
}

}  // namespace

Listener::Listener(const ListenerOptions& options, ListenerEvents events)
    : options_(ListeningConn(options)),
      listen_(absl::StrCat("LISTEN ", options.channel)),
      events_(std::move(events)),
      stop_(NewEvent()),
      thread_([this] { Work(); }) {}

Listener::~Listener() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void Listener::Work() {
  bool told = false;
  absl::Duration pause = kFirstPause;
  do {
    const absl::Status why = Listen();
    if (listening_.exchange(false)) {
      told = false;
      pause = kFirstPause;
    }
    if (StopWithin(absl::ZeroDuration())) return;
    if (!std::exchange(told, true)) events_.deaf(why);
    pause = std::min(pause * 2, kLongestPause);
  } while (!StopWithin(pause));
}

// Until the connection is lost, or it is to stop. Says what became of it.
absl::Status Listener::Listen() {
  ASSIGN_OR_RETURN(const std::unique_ptr<Conn> conn,
                   Conn::Open(options_, RealNow() + kAnswerLimit));
  while (!StopWithin(absl::ZeroDuration())) {
    // Said again now and then, it changes nothing, but finds out whether the line still stands.
    RETURN_IF_ERROR(conn->RunScript(listen_, RealNow() + kAnswerLimit));
    if (!listening_.exchange(true)) events_.heard();
    if (conn->Hear(stop_, RealNow() + kListenAgain) > 0) events_.heard();
  }
  return absl::OkStatus();
}

bool Listener::StopWithin(absl::Duration duration) {
  pollfd entry{stop_, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(absl::ToInt64Milliseconds(duration))) > 0;
}

}  // namespace gratis::pg
