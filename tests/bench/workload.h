#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
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
  uint64_t people = 0;                                // for "identify" and "brief": see PhoneOf
  uint64_t seed = 0;
  std::function<void(const std::string& transaction_id)> answered;  // called by "earn", if set
};

// A workload by its name.
struct NamedWorkload {
  using Maker = std::unique_ptr<Workload> (*)(const Material&);
  std::string_view name;
  Maker make;
};

template <class W>
std::unique_ptr<Workload> New(const Material& material) {
  return std::make_unique<W>(material);
}

// What is measured of points, of people, and of what they buy.
absl::Span<const NamedWorkload> LedgerWorkloads();
absl::Span<const NamedWorkload> MemberWorkloads();
absl::Span<const NamedWorkload> GiftWorkloads();

// The workloads by name. None if there is no such one.
std::unique_ptr<Workload> NewWorkload(std::string_view name, const Material& material);
std::vector<std::string> WorkloadNames();

// The phone number of the person that stands in line `number`, from 0, of the file that
// members.py writes.
std::string PhoneOf(uint64_t number);

// As shops make them: a random UUID (version 4, RFC 9562).
std::string NewRequestId(base::SeededRandom& random);

}  // namespace gratis::bench
