#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/obs/trace.h"

namespace gratis::rpc {

// One answered call, for the log and the metrics. Nothing in it is personal data.
struct CallSummary {
  std::string_view method;  // "gratis.ledger.v1.LedgerService/Earn"; one of a fixed set
  absl::StatusCode code;    // what the caller got
  std::string reason;       // its reason; empty when OK
  // The failure in full; may tell of the inside, so it is for the log only. Not OK in a call that
  // is when an item of a batch failed inside.
  absl::Status failure;
  absl::Duration waited;  // for a worker; zero when refused before
  absl::Duration took;    // from arrival to answer, `waited` included
  bool replayed = false;
  std::optional<int64_t> messages;  // that a stream has sent; nothing for other calls
  std::string actor;                // empty when the caller is not known
  std::string from;                 // the network of a call by staff; empty for all others
  int32_t program = 0;              // 0 when not known
  std::string log_id;               // see Call
  obs::Trace trace;                 // see Call
  std::string request_id;           // the message's; empty when it has none or is not well formed
};

// Told of every answered call, before its answer is on its way. Called from several threads at
// once; must not block.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void OnDone(const CallSummary& summary) = 0;
};

}  // namespace gratis::rpc
