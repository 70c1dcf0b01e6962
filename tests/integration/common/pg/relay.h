#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace gratis::pg::testing {

// Stands between a client and the server: counts round trips and cuts the line where a test says.
// Serves one connection after another.
class Relay {
 public:
  // `server` is the path of PostgreSQL's socket.
  explicit Relay(std::string server);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // `conninfo`, by way of this relay.
  std::string Through(const std::string& conninfo) const;

  // How often the client has spoken and then listened.
  int trips() const { return trips_; }

  enum class Cut {
    kBeforeServer,  // the server never sees what the client said
    kBeforeClient,  // the server has done it and answered; the client never hears
  };
  // Cuts the line, once, when the client says something with `words` in it.
  void CutAt(std::string words, Cut where);

 private:
  void Serve();
  void Carry(int client, int server);
  bool IsCutWord(const std::string& said, Cut* where);

  const std::string server_;
  std::string dir_;
  int listener_;
  std::atomic<bool> done_{false};
  std::atomic<int> trips_{0};
  std::mutex mutex_;
  std::string cut_words_;
  Cut cut_where_ = Cut::kBeforeServer;
  std::thread thread_;
};

}  // namespace gratis::pg::testing
