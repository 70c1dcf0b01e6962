#include "services/messages/wire.h"

#include <cstdlib>

namespace gratis::messages {
namespace {

constexpr long kMaxConnections = 1024;  // kept open for the next transfer, besides those in use
constexpr size_t kMaxIdle = 512;

// libcurl wants it once, before anything else. For good: other threads may use it until the end.
void InitializeOnce() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized != CURLE_OK) std::abort();  // out of memory
}

CURLM* NewMulti() {
  InitializeOnce();
  CURLM* const multi = curl_multi_init();
  if (multi == nullptr) std::abort();  // out of memory
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kMaxConnections);
  return multi;
}

}  // namespace

CURL* NewHandle() {
  InitializeOnce();
  CURL* const easy = curl_easy_init();
  if (easy == nullptr) std::abort();  // out of memory
  return easy;
}

void SetDefaults(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
}

Wire::Wire() : multi_(NewMulti()) {}

Wire::~Wire() {
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

CURL* Wire::Take() {
  CURL* easy = nullptr;
  if (idle_.empty()) {
    easy = NewHandle();
  } else {
    easy = idle_.back();
    idle_.pop_back();
  }
  SetDefaults(easy);
  return easy;
}

void Wire::Return(CURL* easy) {
  curl_easy_reset(easy);
  if (idle_.size() < kMaxIdle) {
    idle_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

void Wire::Start(CURL* easy) { curl_multi_add_handle(multi_, easy); }

void Wire::Cut(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

std::vector<Wire::Finished> Wire::Run(absl::Duration wait) {
  int running = 0;
  curl_multi_perform(multi_, &running);
  std::vector<Finished> finished;
  const auto collect = [&] {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const Finished done{message->easy_handle, message->data.result};
      Cut(done.easy);
      finished.push_back(done);
    }
  };
  collect();
  if (!finished.empty()) return finished;
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(wait)), nullptr);
  curl_multi_perform(multi_, &running);
  collect();
  return finished;
}

void Wire::Wake() { curl_multi_wakeup(multi_); }

}  // namespace gratis::messages
