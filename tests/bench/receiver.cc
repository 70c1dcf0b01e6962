// gratis-bench-receiver: answers every POST with 200, as fast as one thread can, counts, and looks
// at how old the news was.
//
// Prints "PORT n" when it listens on 127.0.0.1. For each line on its standard input it then prints
// one of JSON: `received`, how many requests it has had; `seconds` from the first to the last of
// them; `delay_us`, how long they came after the `time` of the CloudEvent that they brought. It
// ends with its standard input.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/latencies.h"

namespace gratis::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr std::string_view kEndOfHeaders = "\r\n\r\n";
constexpr std::string_view kLength = "content-length:";
constexpr std::string_view kTime = "\"time\":\"";
constexpr int kMaxEvents = 256;

// How long the request at the beginning of `text` is; 0 while it is not there as a whole.
size_t LengthOfRequest(std::string_view text) {
  const size_t end = text.find(kEndOfHeaders);
  if (end == std::string_view::npos) return 0;
  size_t body = 0;
  for (size_t line = text.find("\r\n"); line < end; line = text.find("\r\n", line + 2)) {
    const std::string_view header = text.substr(line + 2, kLength.size());
    bool is_length = header.size() == kLength.size();
    for (size_t i = 0; is_length && i < header.size(); ++i) {
      is_length = std::tolower(static_cast<unsigned char>(header[i])) == kLength[i];
    }
    if (is_length) body = std::strtoull(text.data() + line + 2 + kLength.size(), nullptr, 10);
  }
  const size_t whole = end + kEndOfHeaders.size() + body;
  return text.size() >= whole ? whole : 0;
}

// When what a request tells of was recorded; the end of time if it does not say.
absl::Time TimeOf(std::string_view request) {
  const size_t found = request.find(kTime);
  if (found == std::string_view::npos) return absl::InfiniteFuture();
  const size_t begin = found + kTime.size();
  const size_t size = std::min(request.find('"', begin), request.size()) - begin;
  absl::Time time;
  std::string error;
  const absl::string_view text(request.data() + begin, size);
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return absl::InfiniteFuture();
  return time;
}

class Receiver {
 public:
  Receiver() : epoll_(epoll_create1(0)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, SOMAXCONN) != 0) {
      std::perror("listen");
      std::exit(1);
    }
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    Watch(listener_);
    Watch(STDIN_FILENO);
    std::cout << "PORT " << ntohs(address.sin_port) << std::endl;
  }

  // Until its standard input ends.
  void Serve() {
    epoll_event events[kMaxEvents];
    while (asked_) {
      const int ready = epoll_wait(epoll_, events, kMaxEvents, -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener_) {
          Accept();
        } else if (fd == STDIN_FILENO) {
          Hear();
        } else {
          Read(fd);
        }
      }
    }
  }

 private:
  void Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Accept() {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Watch(fd);
  }

  void Hear() {
    char bytes[64];
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    asked_ = got > 0;
    for (ssize_t i = 0; i < got; ++i) {
      if (bytes[i] == '\n') Tell();
    }
  }

  void Tell() const {
    const std::chrono::duration<double> took = last_ - first_;
    const nlohmann::json told{{"received", count_},
                              {"seconds", took.count()},
                              {"delay_us",
                               {{"p50", delays_.Quantile(500)},
                                {"p90", delays_.Quantile(900)},
                                {"p99", delays_.Quantile(990)},
                                {"p999", delays_.Quantile(999)},
                                {"max", delays_.max_micros()}}}};
    std::cout << told.dump() << std::endl;
  }

  void Read(int fd) {
    char bytes[64 << 10];
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got <= 0) {
      pending_.erase(fd);
      close(fd);
      return;
    }
    std::string& text = pending_[fd];
    text.append(bytes, static_cast<size_t>(got));
    while (const size_t whole = LengthOfRequest(text)) {
      Note(std::string_view(text).substr(0, whole));
      text.erase(0, whole);
      if (write(fd, kAnswer.data(), kAnswer.size()) < 0) return;
    }
  }

  void Note(std::string_view request) {
    last_ = std::chrono::steady_clock::now();
    if (count_++ == 0) first_ = last_;
    const absl::Time time = TimeOf(request);
    if (time != absl::InfiniteFuture()) {
      delays_.Add(absl::ToInt64Microseconds(absl::Now() - time));
    }
  }

  const int epoll_;
  int listener_ = -1;
  bool asked_ = true;
  int64_t count_ = 0;
  std::chrono::steady_clock::time_point first_, last_;
  Latencies delays_;
  std::unordered_map<int, std::string> pending_;
};

}  // namespace
}  // namespace gratis::bench

int main() {
  gratis::bench::Receiver().Serve();
  return 0;
}
