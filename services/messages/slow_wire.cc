#include "services/messages/slow_wire.h"

#include <sys/socket.h>
#include <unistd.h>

namespace gratis::messages {
namespace {

constexpr size_t kMaxIdleSlow = 16;

}  // namespace

SlowWire::~SlowWire() {
  Cut();
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
}

// A transfer that waits for the other side asks this once a second at least.
int SlowWire::Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<SlowWire*>(self)->cutting_ ? 1 : 0;
}

curl_socket_t SlowWire::OpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& wire = *static_cast<SlowWire*>(self);
  const curl_socket_t opened =
      socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  const std::lock_guard lock(wire.mutex_);
  if (opened >= 0) wire.sockets_.insert(opened);
  return opened;
}

int SlowWire::CloseSocket(void* self, curl_socket_t socket) {
  auto& wire = *static_cast<SlowWire*>(self);
  const std::lock_guard lock(wire.mutex_);
  wire.sockets_.erase(socket);
  return close(socket);
}

CURL* SlowWire::Take() {
  CURL* easy = nullptr;
  if (idle_.empty()) {
    easy = NewHandle();
  } else {
    easy = idle_.back();
    idle_.pop_back();
  }
  SetDefaults(easy);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, Progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, CloseSocket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  return easy;
}

void SlowWire::Return(CURL* easy) {
  curl_easy_reset(easy);
  if (idle_.size() < kMaxIdleSlow) {
    idle_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

void SlowWire::Start(CURL* easy) {
  threads_[easy] = std::thread([this, easy] {
    const CURLcode result = curl_easy_perform(easy);
    {
      const std::lock_guard lock(mutex_);
      finished_.push_back({easy, result});
    }
    landed_();
  });
}

std::vector<Wire::Finished> SlowWire::TakeFinished() {
  std::vector<Wire::Finished> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (const Wire::Finished& one : finished) threads_.extract(one.easy).mapped().join();
  return finished;
}

void SlowWire::Cut() {
  cutting_ = true;
  {
    // To a silent server libcurl says good-bye, and waits two minutes for the answer to that.
    const std::lock_guard lock(mutex_);
    for (const curl_socket_t socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  for (auto& [easy, thread] : threads_) {
    thread.join();
    curl_easy_cleanup(easy);
  }
  threads_.clear();
  cutting_ = false;
}

}  // namespace gratis::messages
