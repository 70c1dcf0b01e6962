// gratis-bench-receiver: answers every POST with 200, as fast as one thread can, and counts.
//
//   gratis-bench-receiver COUNT
//
// Prints "PORT n" when it listens on 127.0.0.1, and, once it has had COUNT requests, how many
// seconds passed between the first and the last: "SECONDS s". Then it ends.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr std::string_view kEndOfHeaders = "\r\n\r\n";
constexpr std::string_view kLength = "content-length:";
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

class Receiver {
 public:
  explicit Receiver(int64_t until) : until_(until), epoll_(epoll_create1(0)) {
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
    std::printf("PORT %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  // Until it has had as many as it was asked for.
  void Serve() {
    epoll_event events[kMaxEvents];
    while (count_ < until_) {
      const int ready = epoll_wait(epoll_, events, kMaxEvents, -1);
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == listener_) {
          Accept();
        } else {
          Read(events[i].data.fd);
        }
      }
    }
    const std::chrono::duration<double> took = last_ - first_;
    std::printf("SECONDS %.6f\n", took.count());
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
      text.erase(0, whole);
      last_ = std::chrono::steady_clock::now();
      if (count_++ == 0) first_ = last_;
      if (write(fd, kAnswer.data(), kAnswer.size()) < 0) return;
    }
  }

  const int64_t until_;
  const int epoll_;
  int listener_ = -1;
  int64_t count_ = 0;
  std::chrono::steady_clock::time_point first_, last_;
  std::unordered_map<int, std::string> pending_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || std::atoll(argv[1]) <= 0) {
    std::fprintf(stderr, "usage: gratis-bench-receiver COUNT\n");
    return 2;
  }
  Receiver(std::atoll(argv[1])).Serve();
  return 0;
}
