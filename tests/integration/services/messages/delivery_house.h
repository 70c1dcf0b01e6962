#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/program.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/messages/delivery_store.h"
#include "services/messages/dispatcher.h"
#include "services/messages/messages_migrations.h"
#include "services/messages/outbox.h"
#include "services/messages/subscription_store.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::messages {

// The real clock, put forward by a test; not back behind the real one, which deadlines go by.
class ForwardClock final : public base::Clock {
 public:
  absl::Time Now() const override { return real_.Now() + absl::Microseconds(ahead_us_.load()); }
  void Advance(absl::Duration by) { ahead_us_ += absl::ToInt64Microseconds(by); }

 private:
  base::SystemClock real_;
  std::atomic<int64_t> ahead_us_ = 0;
};

struct Something final : Contents {};

// A channel without a network: what became of each attempt says the test. Thread-safe.
class FakeChannel final : public Channel {
 public:
  using Judge = std::function<Verdict(const Parcel&)>;
  explicit FakeChannel(Judge judge, ChannelKind kind = ChannelKind::kWebhook)
      : judge_(std::move(judge)), kind_(kind) {}

  ChannelKind kind() const override { return kind_; }
  std::string_view name() const override { return "fake"; }
  int32_t max_in_flight() const override { return 32; }
  absl::Duration lease() const override { return absl::Seconds(50); }
  absl::Status Load(pg::Tx&, absl::Span<Parcel* const> parcels) override {
    for (Parcel* parcel : parcels) parcel->contents = std::make_shared<Something>();
    return absl::OkStatus();
  }
  std::variant<Verdict, std::unique_ptr<Attempt>> Send(const Parcel& parcel, CURL*,
                                                       Courier&) override {
    return judge_(parcel);
  }

 private:
  const Judge judge_;
  const ChannelKind kind_;
};

// What was sent, from any number of dispatchers.
class Sent {
 public:
  void Add(const Parcel& parcel) {
    const std::lock_guard lock(mutex_);
    events_.push_back(parcel.event_id);
  }
  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  size_t size() const { return events().size(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

// A database with one program and whatever is put in line.
class DeliveryHouse : public ::testing::Test {
 protected:
  DeliveryHouse() : program_(NewProgram()) {}

  static pg::testing::Template Content() {
    return pg::testing::TemplateOf({{"ledger", ledger::Migrations(), "messages"},
                                    {"gratis_messages", Migrations(), "messages"}});
  }
  static pg::PoolOptions PoolOptions(const std::string& conninfo) {
    pg::PoolOptions options;
    options.conninfo = conninfo;
    options.role = pg::ServiceRole("messages");
    options.application_name = "test";
    return options;
  }

  absl::Time Soon() const { return base::SystemClock().Now() + absl::Seconds(60); }

  // Runs `body` in a transaction of its own.
  void Do(const std::function<absl::Status(pg::Tx&)>& body) {
    const absl::Status done = pg::RunTx(pool_, {.deadline = Soon()}, body);
    ASSERT_TRUE(done.ok()) << done;
  }

  ledger::Program NewProgram() {
    ledger::Program program;
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const ledger::ProgramFrontier frontier, ledger::ReadProgramFrontier(tx));
      program = {.number = frontier.number,
                 .code = "demo",
                 .display_name = "demo",
                 .currency_code = "USD",
                 .time_zone = "UTC",
                 .first_partition = frontier.first_partition,
                 .partitions = 8,
                 .created_at = clock_.Now()};
      ledger::InsertProgram(tx, program);
      return absl::OkStatus();
    });
    return program;
  }

  SubscriptionId NewSubscription(bool ordered = false, int32_t max_in_flight = 32) {
    const SubscriptionId id{ids_.Next(clock_.Now())};
    Do([&](pg::Tx& tx) {
      WriteSubscription(tx, {.program = program_.number,
                             .id = id,
                             .url = "https://shop.example/",
                             .ordered = ordered,
                             .max_in_flight = max_in_flight,
                             .created_at = clock_.Now()});
      return absl::OkStatus();
    });
    return id;
  }

  Event NewEvent(const std::string& id, const MemberId& member = {}) {
    const int32_t partition = ledger::PartitionOf(program_, member);
    return {.key = {partition, ledger::InPartition(program_, partition, ids_.Next(clock_.Now()))},
            .member = member,
            .event_id = id,
            .kind = 20,
            .body = "{}"};
  }

  // Puts events "PREFIX0", "PREFIX1", … in line.
  std::vector<Event> Enqueue(const SubscriptionId& to, int count, const std::string& prefix = "e",
                             const MemberId& member = {}, bool ordered = false) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) events.push_back(NewEvent(absl::StrCat(prefix, i), member));
    Do([&](pg::Tx& tx) {
      InsertEvents(tx, program_.number, to.uuid, ordered, events, clock_.Now());
      return absl::OkStatus();
    });
    return events;
  }

  // Options of a dispatcher that is quick for a test.
  static DispatcherOptions Quick() {
    DispatcherOptions options;
    options.look_every = absl::Milliseconds(20);
    options.gather = absl::Milliseconds(2);
    options.tidy_every = absl::Milliseconds(50);
    return options;
  }

  std::unique_ptr<Dispatcher> NewDispatcher(
      std::unique_ptr<Channel> channel, Dispatcher::Bounced bounced = [](const Parcel&) {}) {
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::move(channel));
    auto dispatcher = std::make_unique<Dispatcher>(Quick(), pool_, std::move(channels),
                                                   std::move(bounced), clock_, log_, metrics_);
    dispatcher->Start();
    return dispatcher;
  }
  std::unique_ptr<Dispatcher> NewDispatcher(FakeChannel::Judge judge) {
    return NewDispatcher(std::make_unique<FakeChannel>(std::move(judge)));
  }

  DeliveryState StateOf(const DeliveryKey& key) {
    DeliveryState state;
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto found, ReadDelivery(tx, program_.number, key));
      if (!found) return absl::NotFoundError("no such delivery");
      state = found->state;
      return absl::OkStatus();
    });
    return state;
  }

  std::vector<AttemptState> AttemptsOf(const DeliveryKey& key) {
    std::vector<AttemptState> attempts;
    Do([&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(attempts, ListAttempts(tx, key, 100));
      return absl::OkStatus();
    });
    return attempts;
  }

  // Waits until `holds`, for a few seconds of real time.
  static bool Await(const std::function<bool()>& holds,
                    absl::Duration patience = absl::Seconds(20)) {
    const absl::Time until = base::SystemClock().Now() + patience;
    while (!holds()) {
      if (base::SystemClock().Now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool Becomes(const DeliveryKey& key, DeliveryStatus status) {
    return Await([&] { return StateOf(key).state == status; });
  }
  bool Tried(const DeliveryKey& key, int32_t attempts) {
    return Await([&] {
      const DeliveryState state = StateOf(key);
      return state.attempts >= attempts && state.state != DeliveryStatus::kSending;
    });
  }

  pg::testing::TestDatabase database_{Content()};
  ForwardClock clock_;
  base::RandomIds ids_;
  pg::Pool pool_{PoolOptions(database_.conninfo())};
  obs::Log log_{{}, [](std::string_view) {}};
  obs::Metrics metrics_;
  const ledger::Program program_;
};

}  // namespace gratis::messages
