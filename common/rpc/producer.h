#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/status/reasons.h"

namespace gratis::rpc {

// What a stream is to do next.
struct Step {
  enum class Kind {
    kSend,   // send the message that was filled, and step again when the client has room for more
    kAgain,  // nothing to send yet, but there is more to do: step again after others had their turn
    kWait,   // step again when woken, or at `until`
    kEnd,    // that was all: answer OK
  };
  Kind kind = Kind::kWait;
  absl::Time until = absl::InfiniteFuture();  // real time

  static Step Send() { return {Kind::kSend}; }
  static Step Again() { return {Kind::kAgain}; }
  static Step Wait(absl::Time until = absl::InfiniteFuture()) { return {Kind::kWait, until}; }
  static Step End() { return {Kind::kEnd}; }
};

// Has a stream step again; from any thread, at any time, also when the stream is gone. Does not
// block. What is woken while it steps steps once more.
using Waker = std::function<void()>;

// What one open stream is filled from. Called by one thread at a time, and no more once it goes,
// which is before the caller has its answer.
template <class Resp>
class Producer {
 public:
  virtual ~Producer() = default;

  // Takes one step; fills `message` for Step::Send. When it is called, all messages before were
  // taken by the client's side. May wait for the database, for nothing else, and only so long:
  // few threads step for all streams. An error ends the stream.
  virtual absl::StatusOr<Step> Next(Resp& message) = 0;

  // What a client is told that was too slow, to come back with; true of what it has taken, that is
  // without the message it kept waiting. Called between two steps.
  virtual Metadata Place() const { return {}; }
};

}  // namespace gratis::rpc
