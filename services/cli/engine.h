#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace google::protobuf {
class Message;
}

namespace gratis::cli {

// The engine as the commands see it: something that answers requests of the contracts.
class Engine {
 public:
  virtual ~Engine() = default;

  // Makes the one call that takes `request`, for the program chosen, and waits for its answer.
  // Errors: the engine's, with their reasons; PEER_UNAVAILABLE when it cannot be reached;
  // DEADLINE_EXCEEDED. Thread-safe.
  virtual absl::Status Call(const google::protobuf::Message& request,
                            google::protobuf::Message& answer) = 0;
};

// Waits for longer and longer: 100 ms, 200 ms, … up to 2 s, or as long as the engine asked for,
// until `patience` is used up. For one thing at a time.
class Patience {
 public:
  explicit Patience(absl::Duration patience) : left_(patience) {}

  // Whether an error may pass by itself, so that the same request is worth sending again.
  static bool MayPass(const absl::Status& error);

  // Waits before the next attempt. False, at once, when patience is used up.
  bool Wait(const absl::Status& error);
  // Something succeeded: the waiting starts anew with the whole of `patience`.
  void Renew(absl::Duration patience);

 private:
  absl::Duration left_;
  absl::Duration next_ = absl::Milliseconds(100);
};

// Call, again and again while the error may pass and patience lasts. Only for requests that may be
// repeated: reads, and changes that carry a request_id.
absl::Status CallPatiently(Engine& engine, const google::protobuf::Message& request,
                           google::protobuf::Message& answer, absl::Duration patience);

// The full name of the service whose method takes this request: "gratis.members.v1.MemberService",
// and the method's path: "/gratis.members.v1.MemberService/EnrollMember". Every request type of the
// contracts belongs to one method.
struct MethodPath {
  std::string service;
  std::string path;
};
MethodPath MethodTaking(const google::protobuf::Message& request);

}  // namespace gratis::cli
