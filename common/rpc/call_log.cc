#include "common/rpc/call_log.h"

#include <algorithm>
#include <utility>

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

CallLog::Figures& CallLog::FiguresOf(std::string_view method) {
  if (const auto found = figures_.find(method); found != figures_.end()) return found->second;
  const obs::Labels labels{{"method", std::string(method)}};
  Figures figures{.took = metrics_.DurationsOf("gratis_rpc_seconds",
                                               "From a call's arrival to its answer.", labels),
                  .waited = metrics_.DurationsOf("gratis_rpc_waited_seconds",
                                                 "How long calls waited for a worker.", labels),
                  .answered = {},
                  .messages = {}};
  return figures_.emplace(std::string(method), std::move(figures)).first->second;
}

CallLog::Series CallLog::SeriesOf(const CallSummary& summary) {
  const std::lock_guard lock(mutex_);
  Figures& figures = FiguresOf(summary.method);
  auto& by_reason = figures.answered[summary.code];
  auto answered = by_reason.find(summary.reason);
  if (answered == by_reason.end()) {
    answered =
        by_reason
            .emplace(summary.reason, metrics_.CounterOf("gratis_rpc_calls_total", "Calls answered.",
                                                        {{"method", std::string(summary.method)},
                                                         {"code", CodeName(summary.code)},
                                                         {"reason", summary.reason}}))
            .first;
  }
  if (summary.messages && !figures.messages) {
    figures.messages = metrics_.CounterOf("gratis_rpc_messages_total", "Messages of streams.",
                                          {{"method", std::string(summary.method)}});
  }
  return {.answered = answered->second,
          .took = figures.took,
          .waited = figures.waited,
          .messages = figures.messages};
}

void CallLog::Count(const CallSummary& summary) {
  // Counted without the lock, which all calls share.
  Series series = SeriesOf(summary);
  series.answered.Add();
  series.took.Observe(summary.took);
  series.waited.Observe(summary.waited);
  if (summary.messages) series.messages->Add(*summary.messages);
}

void CallLog::Write(const CallSummary& summary) {
  obs::Level level =
      LevelOf(summary.code == absl::StatusCode::kOk ? summary.failure.code() : summary.code);
  // Streams are few and long; when one ended well is worth a line. What staff change is kept: the
  // journal says what, the line from where.
  const bool by_staff = !summary.from.empty() && !summary.request_id.empty();
  if (summary.messages || (summary.failure.ok() && by_staff)) {
    level = std::max(level, obs::Level::kInfo);
  }
  if (!log_.Writes(level)) return;
  const obs::CallScope scope(summary.log_id, summary.trace);
  const std::string code = CodeName(summary.code);
  const std::string_view method = summary.method;
  if (summary.messages) {
    log_.Write(level, "stream ended",
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
    log_.Write(level, "call answered",
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
