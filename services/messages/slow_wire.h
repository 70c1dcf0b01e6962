#pragma once

#include <curl/curl.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "services/messages/wire.h"

namespace gratis::messages {

// Transfers that libcurl blocks a thread for, as those of SMTP while it waits for the answer to a
// letter: each has a thread of its own, so a slow server holds up nothing else. As many at a time
// as are started. Used by one thread.
class SlowWire {
 public:
  // `landed` is told on the transfer's thread that one has finished; it must not block.
  explicit SlowWire(std::function<void()> landed) : landed_(std::move(landed)) {}
  // Cuts off what is under way, within a second or two.
  ~SlowWire();
  SlowWire(const SlowWire&) = delete;
  SlowWire& operator=(const SlowWire&) = delete;

  // As those of Wire. A handle keeps its connection for the next transfer.
  CURL* Take();
  void Return(CURL* easy);
  void Start(CURL* easy);
  // Those that finished; their handles are not under way any more.
  std::vector<Wire::Finished> TakeFinished();
  // Ends what is under way with an error, wherever it is, and waits for it.
  void Cut();

 private:
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t OpenSocket(void* self, curlsocktype, curl_sockaddr* address);
  static int CloseSocket(void* self, curl_socket_t socket);

  const std::function<void()> landed_;
  std::atomic<bool> cutting_ = false;
  std::map<CURL*, std::thread> threads_;
  std::vector<CURL*> idle_;
  std::mutex mutex_;
  std::vector<Wire::Finished> finished_;
  std::set<curl_socket_t> sockets_;  // open; those kept for later among them
};

}  // namespace gratis::messages
