#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tests/bench/target.h"

namespace gratis::bench {

using Ticks = std::chrono::steady_clock;

// What came back of a call.
struct Answer {
  int status = -1;      // gRPC's code; -1 while there is none
  std::string message;  // gRPC's, of an error
  std::string details;  // grpc-status-details-bin, decoded
  std::string body;     // the serialized response

  bool ok() const { return status == 0; }
};

// gRPC calls over one connection, by one thread, and streams of answers: libnghttp2 and OpenSSL, so
// that the load leaves the processors it shares with the engine to the engine, as pgbench does.
// What waits is sent together, and what has come is read together. Not thread-safe.
//
// The protocol: github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
class Connection {
 public:
  // Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Target& target);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  using Answered = std::function<void(const Answer&)>;
  // Calls `path`, "/package.Service/Method", with a serialized request. `answered` runs in a later
  // Turn, or in none if the connection is lost.
  void Call(std::string_view path, std::string_view request, Answered answered);
  using Told = std::function<void(const std::string& message)>;
  // The same for a method that answers with a stream: `told` runs in later Turns for each message
  // as it comes, and calls nothing of the connection; at the end `ended`, with an answer without a
  // body.
  void Follow(std::string_view path, std::string_view request, Told told, Answered ended);
  // Sends what waits, and gives out the answers that have come; waits for one until `until` at the
  // longest. Whether the connection still stands.
  bool Turn(Ticks::time_point until);
  // Calls that are not answered.
  int open() const;

 private:
  class Session;
  explicit Connection(std::unique_ptr<Session> session);

  const std::unique_ptr<Session> session_;
};

}  // namespace gratis::bench
