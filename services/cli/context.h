#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/cli/remote_engine.h"

namespace google::protobuf {
class Message;
}

namespace gratis::cli {

// What is said once for every command.
struct GlobalOptions {
  std::string home;
  std::string program;
  std::string address;
  std::string ca_path;
  std::string key_file;
  std::string certificate_path;
  std::string certificate_key_path;
  std::string request_id;
  std::string proof;
  int timeout_seconds = 30;
  bool json = false;
  bool verbose = false;
};

// What a command works with: the options, the engine, and where its answer goes.
class Context {
 public:
  // The command that the command line chose; set while it is parsed, run once afterwards.
  using Action = std::function<absl::Status()>;
  Action action;
  GlobalOptions options;

  // The engine, for calls that concern no program. Connects at the first use. Errors: see
  // FindInstance.
  absl::StatusOr<RemoteEngine*> House();
  // The engine, for the program that was named or goes without saying: the key's, else the only
  // one, else "demo". Errors: PROGRAM_MISSING.
  absl::StatusOr<RemoteEngine*> Program();

  absl::StatusOr<Instance> Find() const;

  // One call that changes something or reads, for people who wait: an engine that answers that it
  // is busy is asked again within the timeout, one that cannot be reached is not.
  absl::Status Call(Engine& engine, const google::protobuf::Message& request,
                    google::protobuf::Message& answer) const;

  // The id of a change: the one given, else a new one, told on standard error when verbose.
  std::string RequestId() const;

  // The command's answer: the message as JSON, or the text for people.
  void Show(const google::protobuf::Message& message, std::string_view text) const;
  void Show(std::string_view json, std::string_view text) const;
  // A remark on standard error that is not part of the answer.
  void Remark(std::string_view text) const;

 private:
  absl::StatusOr<std::string> ProgramThatGoesWithoutSaying();

  std::unique_ptr<RemoteEngine> engine_;
};

}  // namespace gratis::cli
