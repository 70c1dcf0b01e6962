#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/pg/conn.h"

namespace gratis::pg {

struct ListenerOptions {
  std::string conninfo;          // a libpq connection string or URI
  std::string role;              // taken on by the connection; empty: the login user itself
  std::string application_name;  // as seen in pg_stat_activity
  std::string channel;           // an SQL identifier
};

// What a listener tells, from its own thread. Must not block.
struct ListenerEvents {
  // Something was notified, or listening has begun: before that, anything may have been.
  std::function<void()> heard;
  // It cannot listen, or not any more; told once until it can.
  std::function<void(const absl::Status& why)> deaf = [](const absl::Status&) {};
};

// Hears what is notified on a channel (PostgreSQL's NOTIFY), over a connection of its own, from
// whichever process and within a millisecond or so of its commit. A connection that is lost is
// replaced, and what was notified meanwhile is not heard, nor is anything through a pooler that
// shares connections; so whoever rests on this looks for itself now and then, too. One thread, as
// long as this lives.
class Listener {
 public:
  Listener(const ListenerOptions& options, ListenerEvents events);
  // May wait for the database for two seconds.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Whether it listens, as far as it knows: a line that was cut silently is found out in seconds.
  bool listening() const { return listening_; }

 private:
  void Work();
  absl::Status Listen();
  bool StopWithin(absl::Duration duration);

  const ConnOptions options_;
  const std::string listen_;
  const ListenerEvents events_;
  const int stop_;  // an eventfd
  std::atomic<bool> listening_ = false;
  std::thread thread_;
};

}  // namespace gratis::pg
