#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace prometheus {
class Counter;
class Histogram;
}  // namespace prometheus

namespace gratis::obs {

// Names and values of a series: {{"method", "EarnPoints"}, {"code", "OK"}}. Few values each: never
// an id, never personal data.
using Labels = std::vector<std::pair<std::string, std::string>>;

// A number that only grows. Its name ends in _total.
class Counter {
 public:
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void Add(int64_t count = 1);

 private:
  prometheus::Counter* counter_;
};

// How observed values are distributed over buckets.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void Observe(absl::Duration value);  // counted in seconds; the name ends in _seconds
  void Observe(int64_t value);

 private:
  prometheus::Histogram* histogram_;
};

// The process's figures, as Prometheus reads them. What is returned for a name and labels is the
// same series each time, copyable, and good while the Metrics live. Looking a series up takes a
// lock: keep it where calls are many. Names begin with "gratis_". Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter CounterOf(std::string_view name, std::string_view help, const Labels& labels = {});
  // Buckets from 100 microseconds to 30 seconds.
  Histogram DurationsOf(std::string_view name, std::string_view help, const Labels& labels = {});
  // Buckets of powers of two up to 4096.
  Histogram SizesOf(std::string_view name, std::string_view help, const Labels& labels = {});

  // A value that is asked for whenever somebody reads the metrics: `read` is called from another
  // thread, until the returned handle is gone.
  class Gauge;
  [[nodiscard]] std::unique_ptr<Gauge> GaugeOf(std::string_view name, std::string_view help,
                                               const Labels& labels, std::function<int64_t()> read);

  // All of it in Prometheus's text format.
  std::string Text() const;

 private:
  friend class MetricsServer;
  struct State;
  std::shared_ptr<State> state_;
};

class Metrics::Gauge {
 public:
  Gauge(std::shared_ptr<State> state, int number) : state_(std::move(state)), number_(number) {}
  ~Gauge();
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;

 private:
  std::shared_ptr<State> state_;
  int number_;
};

// Serves GET /metrics.
class MetricsServer {
 public:
  // Port 0: a free one. Errors: UNAVAILABLE when the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const Metrics& metrics,
                                                              std::string_view host, int port);
  ~MetricsServer();

  std::string address() const;  // "127.0.0.1:9470"

 private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gratis::obs
