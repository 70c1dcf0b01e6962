#include "common/rpc/call_log.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/rpc/shell.h"

namespace gratis::rpc {
namespace {

// The level tells who has to look: nobody (metrics count what went well), whoever wonders about a
// refusal, whoever watches the load, whoever mends the engine.
obs::Level LevelOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return obs::Level::kDebug;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
      return obs::Level::kWarning;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return obs::Level::kError;
    default:
      return obs::Level::kInfo;
  }
}

// As gRPC and Prometheus write it: "INVALID_ARGUMENT".
std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

}  // namespace

void CallLog::OnDone(const CallSummary& summary) {
  Count(summary);
  Write(summary);
}

void CallLog::Count(const CallSummary& summary) {
  const std::lock_guard lock(mutex_);
  const std::tuple key(std::string(summary.method), static_cast<int>(summary.code), summary.reason);
  auto counter = counters_.find(key);
  if (counter == counters_.end()) {
    counter = counters_
                  .emplace(key, metrics_.CounterOf("gratis_rpc_calls_total", "Calls answered.",
                                                   {{"method", std::string(summary.method)},
                                                    {"code", CodeName(summary.code)},
                                                    {"reason", summary.reason}}))
                  .first;
  }
  counter->second.Add();
  auto durations = durations_.find(summary.method);
  if (durations == durations_.end()) {
    const obs::Labels labels{{"method", std::string(summary.method)}};
    durations =
        durations_
            .emplace(std::string(summary.method),
                     Durations{metrics_.DurationsOf("gratis_rpc_seconds",
                                                    "From a call's arrival to its answer.", labels),
                               metrics_.DurationsOf("gratis_rpc_waited_seconds",
                                                    "How long calls waited for a worker.", labels)})
            .first;
  }
  durations->second.took.Observe(summary.took);
  durations->second.waited.Observe(summary.waited);
  if (!summary.messages) return;
  auto messages = messages_.find(summary.method);
  if (messages == messages_.end()) {
    messages = messages_
                   .emplace(std::string(summary.method),
                            metrics_.CounterOf("gratis_rpc_messages_total", "Messages of streams.",
                                               {{"method", std::string(summary.method)}}))
                   .first;
  }
  messages->second.Add(*summary.messages);
}

void CallLog::Write(const CallSummary& summary) {
  const obs::CallScope scope(summary.log_id, summary.trace);
  const obs::Level level =
      LevelOf(summary.code == absl::StatusCode::kOk ? summary.failure.code() : summary.code);
  const std::string code = CodeName(summary.code);
  const std::string_view method = summary.method;
  if (summary.messages) {
    // Streams are few and long; when one ended well is worth a line.
    log_.Write(std::max(level, obs::Level::kInfo), "stream ended",
               {{"method", method},
                {"code", code},
                {"reason", summary.reason},
                {"messages", *summary.messages},
                {"took", summary.took},
                {"waited", summary.waited},
                {"actor", summary.actor},
                {"from", summary.from},
                {"program", summary.program},
                {"failure", summary.failure}});
    return;
  }
  if (summary.failure.ok()) {
    // What staff change is kept: the journal says what, this line from where.
    const bool by_staff = !summary.from.empty() && !summary.request_id.empty();
    log_.Write(by_staff ? obs::Level::kInfo : level, "call answered",
               {{"method", method},
                {"code", code},
                {"took", summary.took},
                {"waited", summary.waited},
                {"replayed", summary.replayed},
                {"actor", summary.actor},
                {"from", summary.from},
                {"program", summary.program},
                {"mutation", summary.request_id}});
    return;
  }
  log_.Write(level, "call failed",
             {{"method", method},
              {"code", code},
              {"reason", summary.reason},
              {"took", summary.took},
              {"waited", summary.waited},
              {"actor", summary.actor},
              {"from", summary.from},
              {"program", summary.program},
              {"mutation", summary.request_id},
              {"failure", summary.failure}});
}

std::vector<std::unique_ptr<obs::Metrics::Gauge>> LoadGauges(obs::Metrics& metrics,
                                                             const Shell& shell) {
  std::vector<std::unique_ptr<obs::Metrics::Gauge>> gauges;
  gauges.push_back(metrics.GaugeOf("gratis_rpc_open_calls", "Calls accepted and not yet answered.",
                                   {}, [&shell] { return int64_t{shell.load().open}; }));
  gauges.push_back(metrics.GaugeOf("gratis_rpc_waiting_calls",
                                   "Calls accepted and not yet with a worker.", {},
                                   [&shell] { return int64_t{shell.load().waiting}; }));
  gauges.push_back(metrics.GaugeOf("gratis_rpc_open_streams", "Streams that are open.", {},
                                   [&shell] { return int64_t{shell.load().streams}; }));
  return gauges;
}

}  // namespace gratis::rpc
