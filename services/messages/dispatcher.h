#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/obs/metrics.h"
#include "common/pg/pool.h"
#include "services/messages/channel.h"
#include "services/messages/circuit.h"
#include "services/messages/delivery_store.h"
#include "services/messages/slow_wire.h"
#include "services/messages/wire.h"

namespace gratis::obs {
class Log;
}

namespace gratis::messages {

struct DispatcherOptions {
  int32_t max_in_flight = 512;                          // of all endpoints together
  absl::Duration look_every = absl::Milliseconds(250);  // for what others put in line
  absl::Duration gather = absl::Milliseconds(10);       // what ends meanwhile is written together
  absl::Duration tidy_every = absl::Seconds(5);    // for leases that are over, and what is late
  absl::Duration write_limit = absl::Seconds(10);  // of one transaction
  absl::Duration retry_pause = absl::Milliseconds(500);  // after one that failed
  absl::Duration drain_limit = absl::Seconds(5);         // for what is under way at the end
  uint64_t seed = 0;                                     // of the jitter
};

// Sends what waits in line: takes what is due of each endpoint as far as it has room and its
// circuit lets it, sends all of it at once over one wire, writes down what it came to. One thread;
// one transaction writes what ended and takes what is next.
//
// At least once: what a process had taken when it died waits again when its lease is over. What it
// had written is not sent again; what the other side took without its answer being written is, with
// the same id. Any number of processes may do this at once: each delivery is in the hands of one,
// and the number of its attempt fences off whoever had it before.
class Dispatcher final : public Courier {
 public:
  // Told of a letter that its reader's server rejected for good.
  using Bounced = std::function<void(const Parcel&)>;

  // All references outlive the dispatcher; `clock` is the real one.
  Dispatcher(DispatcherOptions options, pg::Pool& pool,
             std::vector<std::unique_ptr<Channel>> channels, Bounced bounced,
             const base::Clock& clock, obs::Log& log, obs::Metrics& metrics);
  // Stops.
  ~Dispatcher() override;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void Start();
  // Takes nothing more, gives what is under way a moment to end, and writes down how all of it
  // stands.
  void Stop();
  // There may be more in line. From any thread; does not block.
  void Wake();

  void AskToHandOver(CURL* easy) override;

 private:
  struct Flight {
    Parcel parcel;
    std::unique_ptr<Attempt> attempt;
    absl::Time begun_at;
    bool slow = false;  // on a thread of its own
  };
  struct Exchanged {
    std::vector<Parcel> taken;
    std::vector<DeliveryKey> marked;
    std::vector<Line> lines;
  };

  void Work();
  void Drain();
  // Lands what ends within `wait`, and hears what asks to be handed over.
  void RunWires(absl::Duration wait);
  void Return(CURL* easy, bool slow);
  absl::Duration Patience(absl::Time now) const;
  bool HasWork(absl::Time now) const;
  absl::Status Exchange(absl::Time now, bool take);
  absl::Status RunExchange(pg::Tx& tx, absl::Time now, const std::vector<Room>& rooms, bool look,
                           bool tidy, Exchanged& exchanged);
  absl::Status LoadContents(pg::Tx& tx, std::vector<Parcel>& parcels);
  std::vector<Room> Rooms(absl::Time now) const;
  void NoteTaken(const std::vector<Room>& rooms, const std::vector<Parcel>& taken);
  void Begin(Parcel parcel, absl::Time now);
  void ReleaseLetters(const std::vector<DeliveryKey>& marked);
  void Land(CURL* easy, CURLcode result, absl::Time now);
  void Settle(const Parcel& parcel, Verdict verdict, absl::Duration elapsed, absl::Time now);
  void Count(const Parcel& parcel, const Verdict& verdict, absl::Time now);
  void NoteEndpoint(const Parcel& parcel, const Verdict& verdict, absl::Time now);
  Channel* ChannelOf(ChannelKind kind) const;
  // Of what waits in an endpoint's line.
  Channel* ChannelAt(const Uuid& endpoint) const;

  const DispatcherOptions options_;
  pg::Pool& pool_;
  const std::vector<std::unique_ptr<Channel>> channels_;
  const Bounced bounced_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Metrics& metrics_;
  base::SeededRandom random_;
  Wire wire_;
  SlowWire slow_wire_{[this] { wire_.Wake(); }};

  std::map<std::pair<ChannelKind, AttemptOutcome>, obs::Counter> counters_;
  std::map<ChannelKind, obs::Histogram> delays_;
  std::unordered_map<CURL*, Flight> flights_;
  std::map<Uuid, int32_t> in_flight_;  // by endpoint
  std::map<Uuid, Line> lines_;         // as last looked at
  std::map<Uuid, Circuit> circuits_;   // without trouble: none
  std::map<Uuid, Circuit> rewritten_;  // circuits to be written down
  std::vector<Ended> ended_;           // to be written down
  std::vector<CURL*> asking_;          // letters that wait to be handed over
  std::mutex asked_mutex_;
  std::vector<CURL*> asked_;  // those that have just begun to, on threads of their own
  bool circuits_read_ = false;
  absl::Time looked_at_ = absl::InfinitePast();
  absl::Time tidied_at_ = absl::InfinitePast();
  absl::Time exchanged_at_ = absl::InfinitePast();
  absl::Time hold_until_ = absl::InfinitePast();  // after a failure
  bool failing_ = false;

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> woken_ = true;
  std::thread thread_;
};

}  // namespace gratis::messages
