#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.h"
#include "tests/bench/exchange.h"

namespace gratis::bench {

// What is called, by any number of lanes: each lane makes a call, waits for its answer and makes
// its next one. Not thread-safe: each thread of the load has a workload of its own.
class Workload {
 public:
  virtual ~Workload() = default;
  // The lane's next call; none when there is nothing more to do.
  virtual std::unique_ptr<Exchange> Next(int lane) = 0;
};

// What the workloads are made of.
struct Material {
  const std::vector<std::string>* members = nullptr;  // mem_…
  std::string budget_id;                              // for "budget"
  uint64_t seed = 0;
};

// The workloads by name. None if there is no such one.
std::unique_ptr<Workload> NewWorkload(std::string_view name, const Material& material,
                                      const std::shared_ptr<grpc::Channel>& channel);
std::vector<std::string> WorkloadNames();

// As shops make them: a random UUID (version 4, RFC 9562).
std::string NewRequestId(base::SeededRandom& random);

}  // namespace gratis::bench
