#include "tests/integration/common/pg/relay.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "common/pg/values.h"

namespace gratis::pg::testing {
namespace {

constexpr int kTickMillis = 20;

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

bool Readable(int fd, int millis) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, millis) > 0;
}

std::string Read(int fd) {
  std::array<char, 65536> buffer;
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  return std::string(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
}

void Write(int fd, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t size = send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;
    sent += static_cast<size_t>(size);
  }
}

}  // namespace

Relay::Relay(std::string server) : server_(std::move(server)) {
  char dir[] = "/tmp/gratis-relay-XXXXXX";
  dir_ = mkdtemp(dir);
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(dir_ + "/.s.PGSQL.5432");
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 8) != 0) {
    Broken("the relay cannot listen");
  }
  thread_ = std::thread([this] { Serve(); });
}

Relay::~Relay() {
  done_ = true;
  thread_.join();
  close(listener_);
  std::filesystem::remove_all(dir_);
}

std::string Relay::Through(const std::string& conninfo) const { return conninfo + " host=" + dir_; }

void Relay::CutAt(std::string words, Cut where) {
  const std::lock_guard lock(mutex_);
  cut_words_ = std::move(words);
  cut_where_ = where;
}

bool Relay::IsCutWord(const std::string& said, Cut* where) {
  const std::lock_guard lock(mutex_);
  if (cut_words_.empty() || said.find(cut_words_) == std::string::npos) return false;
  cut_words_.clear();
  *where = cut_where_;
  return true;
}

void Relay::Serve() {
  while (!done_) {
    if (!Readable(listener_, kTickMillis)) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = Address(server_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      Carry(client, server);
    close(client);
    close(server);
  }
}

// Until one side closes, or the line is to be cut.
void Relay::Carry(int client, int server) {
  bool client_spoke_last = false;
  while (!done_) {
    std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (poll(ends.data(), ends.size(), kTickMillis) <= 0) continue;
    if (ends[0].revents != 0) {
      const std::string said = Read(client);
      if (said.empty()) return;
      if (!client_spoke_last) ++trips_;
      client_spoke_last = true;
      Cut where{};
      const bool cut = IsCutWord(said, &where);
      if (cut && where == Cut::kBeforeServer) return;
      Write(server, said);
      if (cut) {
        Readable(server, 5000);
        return;
      }
    }
    if (ends[1].revents != 0) {
      const std::string said = Read(server);
      if (said.empty()) return;
      client_spoke_last = false;
      Write(client, said);
    }
  }
}

}  // namespace gratis::pg::testing
