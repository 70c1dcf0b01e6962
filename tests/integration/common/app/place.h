#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/integration/common/app/child.h"

namespace gratis::app::testing {

// How long a process may take to serve or to end, on a machine that has other work.
inline constexpr absl::Duration kPatience = absl::Seconds(45);

// A home for processes under test. Everything in it goes when this does.
class Place {
 public:
  Place();
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const std::string& home() const { return home_; }

  // Starts the program under `name`, on free ports, with `flags`.
  std::unique_ptr<Child> Start(const std::string& name, std::vector<std::string> flags = {}) const;
  // The same with nothing but what is given.
  std::unique_ptr<Child> Run(const std::string& name, std::vector<std::string> flags) const;

  // Whether `name` says, in time, that it serves.
  bool Serves(const std::string& name, const Child& child) const;
  std::string RunFile(const std::string& name) const;
  // A text of its run file: "address".
  std::string Says(const std::string& name, const std::string& key) const;
  bool HasRunFile(const std::string& name) const;

  std::string AdminKey() const;
  std::shared_ptr<grpc::Channel> Channel(const std::string& name) const;

  // Calls that the program under test answers. `member` "wait-700" takes 700 ms.
  absl::Status Balance(const std::string& name, const std::string& member = "m") const;
  static absl::Status Balance(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& member, absl::Duration limit = absl::Seconds(20));
  absl::Status Clock(const std::string& name) const;

  // GET /metrics of what `name` says it serves.
  std::string Metrics(const std::string& name) const;

 private:
  std::string home_;
  mutable int started_ = 0;
};

std::string ReadText(const std::string& path);

}  // namespace gratis::app::testing
