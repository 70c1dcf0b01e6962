#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
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
  struct Durations {
    obs::Histogram took;
    obs::Histogram waited;
  };
  void Count(const CallSummary& summary);
  void Write(const CallSummary& summary);

  obs::Log& log_;
  obs::Metrics& metrics_;
  const GrpcLog grpc_log_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, int, std::string>, obs::Counter, std::less<>> counters_;
  std::map<std::string, Durations, std::less<>> durations_;
  std::map<std::string, obs::Counter, std::less<>> messages_;
};

// gratis_rpc_open_calls, gratis_rpc_open_streams and gratis_rpc_waiting_calls, as long as what is
// returned lives; `shell` outlives it.
std::vector<std::unique_ptr<obs::Metrics::Gauge>> LoadGauges(obs::Metrics& metrics,
                                                             const Shell& shell);

}  // namespace gratis::rpc
