#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/obs/log.h"
#include "common/obs/metrics.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/observer.h"

namespace gratis::rpc {

class Shell;

// Writes a line and counts for every answered call; while it lives, gRPC's own lines go to the same
// log. One in a process. Thread-safe.
//   gratis_rpc_calls_total{method,code,reason}   gratis_rpc_seconds{method}
//   gratis_rpc_waited_seconds{method}          gratis_rpc_messages_total{method}: of streams
class CallLog final : public CallObserver {
 public:
  // Both outlive it.
  CallLog(obs::Log& log, obs::Metrics& metrics) : log_(log), metrics_(metrics), grpc_log_(log) {}

  void OnDone(const CallSummary& summary) override;

 private:
  // The series of a method.
  struct Figures {
    obs::Histogram took;
    obs::Histogram waited;
    std::map<absl::StatusCode, std::map<std::string, obs::Counter, std::less<>>> answered;
    std::optional<obs::Counter> messages;
  };
  // Those that one call counts in.
  struct Series {
    obs::Counter answered;
    obs::Histogram took;
    obs::Histogram waited;
    std::optional<obs::Counter> messages;
  };
  Series SeriesOf(const CallSummary& summary);
  Figures& FiguresOf(std::string_view method);
  void Count(const CallSummary& summary);
  void Write(const CallSummary& summary);

  obs::Log& log_;
  obs::Metrics& metrics_;
  const GrpcLog grpc_log_;
  std::mutex mutex_;
  std::map<std::string, Figures, std::less<>> figures_;  // by method
};

// gratis_rpc_open_calls, gratis_rpc_open_streams and gratis_rpc_waiting_calls, as long as what is
// returned lives; `shell` outlives it.
std::vector<std::unique_ptr<obs::Metrics::Gauge>> LoadGauges(obs::Metrics& metrics,
                                                             const Shell& shell);

}  // namespace gratis::rpc
