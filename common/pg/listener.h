#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "common/pg/conn.h"

namespace gratis::pg {

struct ListenerOptions {
  std::string conninfo;          // a libpq connection string or URI
  std::string role;              // taken on by the connection; empty: the login user itself
  std::string application_name;  // as seen in pg_stat_activity
  std::string channel;           // an SQL identifier
};

// Hears what is notified on a channel (PostgreSQL's NOTIFY), over a connection of its own, from
// whichever process and within a millisecond or so of its commit. A connection that is lost is
// replaced, and what was notified meanwhile is not heard; so whoever rests on this looks for itself
// now and then, too. One thread, as long as this lives.
class Listener {
 public:
  // `heard` is called by that thread after something was notified, and whenever listening began: by
  // then anything may have been. It must not block.
  Listener(ListenerOptions options, std::function<void()> heard);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Whether it listens, as far as it knows: a line that was cut silently is found out in seconds.
  bool listening() const { return listening_; }

 private:
  void Work();
  void Listen(Conn& conn);
  bool StopWithin(absl::Duration duration);

  const ConnOptions options_;
  const std::string listen_;
  const std::function<void()> heard_;
  const int stop_;  // an eventfd
  std::atomic<bool> listening_ = false;
  std::thread thread_;
};

}  // namespace gratis::pg
