#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/engine.h"
#include "services/cli/instance.h"

namespace grpc {
class Channel;
}

namespace gratis::cli {

// A running instance, over TLS: each call goes to the process that serves it. Thread-safe.
class RemoteEngine final : public Engine {
 public:
  // `timeout` is how long one attempt may take. Connects nothing yet. Errors: those of
  // Instance::Ready; CONFIG_INVALID (a certificate or its key cannot be read).
  static absl::StatusOr<std::unique_ptr<RemoteEngine>> Connect(Instance instance,
                                                               absl::Duration timeout);
  ~RemoteEngine() override;

  // The program that calls are for; empty: the key's own. Set before the calls it is for.
  void set_program(std::string code) { program_ = std::move(code); }
  const std::string& program() const { return program_; }
  // The proof of a member that goes along with calls; empty: none. Set as the program.
  void set_proof(std::string proof) { proof_ = std::move(proof); }
  // Whether reads that name somebody who was merged are about that very member, not about whom they
  // became. Set as the program.
  void set_as_named(bool as_named) { as_named_ = as_named; }
  const Instance& instance() const { return instance_; }

  absl::Status Call(const google::protobuf::Message& request,
                    google::protobuf::Message& answer) override;

  // Makes the one streaming call that takes `request`, and has `use` look at each message that
  // comes, in `message`, until the stream ends, or `use` fails, which gives the stream up. It has
  // no time limit. Errors: as Call's, and those of `use`.
  absl::Status Stream(const google::protobuf::Message& request, google::protobuf::Message& message,
                      const std::function<absl::Status()>& use);

 private:
  // What is read from the instance's files.
  struct Credentials {
    std::string ca_pem;
    std::string certificate_pem;
    std::string private_key_pem;
  };
  RemoteEngine(Instance instance, absl::Duration timeout, Credentials credentials);
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);

  const Instance instance_;
  const absl::Duration timeout_;
  const Credentials credentials_;
  std::string program_;
  std::string proof_;
  bool as_named_ = false;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;  // by address
};

}  // namespace gratis::cli
