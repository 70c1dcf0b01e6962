#include "common/obs/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::obs {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30};
const prometheus::Histogram::BucketBoundaries kSizes = {1,   2,   4,   8,    16,   32,  64,
                                                        128, 256, 512, 1024, 2048, 4096};

std::map<std::string, std::string> AsMap(const Labels& labels) {
  return {labels.begin(), labels.end()};
}

}  // namespace

void Counter::Add(int64_t count) { counter_->Increment(static_cast<double>(count)); }

void Histogram::Observe(absl::Duration value) { histogram_->Observe(absl::ToDoubleSeconds(value)); }

void Histogram::Observe(int64_t value) { histogram_->Observe(static_cast<double>(value)); }

struct Metrics::State final : public prometheus::Collectable {
  struct Reader {
    std::string name;
    std::string help;
    Labels labels;
    std::function<int64_t()> read;
  };

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families = registry.Collect();
    std::lock_guard lock(mutex);
    std::map<std::string, prometheus::MetricFamily> gauges;
    for (const auto& [number, reader] : readers) {
      prometheus::MetricFamily& family = gauges[reader.name];
      family.name = reader.name;
      family.help = reader.help;
      family.type = prometheus::MetricType::Gauge;
      prometheus::ClientMetric metric;
      for (const auto& [name, value] : reader.labels) metric.label.push_back({name, value});
      metric.gauge.value = static_cast<double>(reader.read());
      family.metric.push_back(std::move(metric));
    }
    for (auto& [name, family] : gauges) families.push_back(std::move(family));
    return families;
  }

  prometheus::Registry registry;
  mutable std::mutex mutex;
  std::map<int, Reader> readers;
  int last_reader = 0;
};

Metrics::Metrics() : state_(std::make_shared<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::CounterOf(std::string_view name, std::string_view help, const Labels& labels) {
  auto& family = prometheus::BuildCounter()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  return Counter(&family.Add(AsMap(labels)));
}

Histogram Metrics::DurationsOf(std::string_view name, std::string_view help, const Labels& labels) {
  auto& family = prometheus::BuildHistogram()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  return Histogram(&family.Add(AsMap(labels), kSeconds));
}

Histogram Metrics::SizesOf(std::string_view name, std::string_view help, const Labels& labels) {
  auto& family = prometheus::BuildHistogram()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  return Histogram(&family.Add(AsMap(labels), kSizes));
}

std::unique_ptr<Metrics::Gauge> Metrics::GaugeOf(std::string_view name, std::string_view help,
                                                 const Labels& labels,
                                                 std::function<int64_t()> read) {
  std::lock_guard lock(state_->mutex);
  const int number = ++state_->last_reader;
  state_->readers[number] = {std::string(name), std::string(help), labels, std::move(read)};
  return std::make_unique<Gauge>(state_, number);
}

Metrics::Gauge::~Gauge() {
  std::lock_guard lock(state_->mutex);
  state_->readers.erase(number_);
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(state_->Collect());
}

struct MetricsServer::State {
  std::shared_ptr<Metrics::State> metrics;
  std::unique_ptr<prometheus::Exposer> exposer;
  std::string address;
};

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
MetricsServer::~MetricsServer() = default;

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const Metrics& metrics,
                                                                    std::string_view host,
                                                                    int port) {
  auto state = std::make_unique<State>();
  state->metrics = metrics.state_;
  const std::string wanted = absl::StrCat(base::Abs(host), ":", port);
  try {
    state->exposer = std::make_unique<prometheus::Exposer>(wanted);
    const std::vector<int> ports = state->exposer->GetListeningPorts();
    state->address = absl::StrCat(base::Abs(host), ":", ports.empty() ? port : ports.front());
    state->exposer->RegisterCollectable(state->metrics);
  } catch (const std::exception&) {
    return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", wanted,
                                               ": the port is taken or the host is not ours"));
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

std::string MetricsServer::address() const { return state_->address; }

}  // namespace gratis::obs
