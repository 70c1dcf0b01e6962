#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "common/base/uuid.h"

namespace gratis::base {

// `count` bytes from the operating system's cryptographic generator.
std::string RandomBytes(size_t count);

// Where new ids come from.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual Uuid Next(absl::Time now) = 0;
};

// UUIDv7: 48 bits of milliseconds, then random bits, increasing within one process. Thread-safe.
class RandomIds final : public IdSource {
 public:
  Uuid Next(absl::Time now) override;

 private:
  std::mutex mutex_;
  Uuid last_;
};

// Ids that a test can foretell: 1, 2, 3, … Thread-safe.
class SequentialIds final : public IdSource {
 public:
  Uuid Next(absl::Time now) override;

 private:
  std::mutex mutex_;
  uint64_t last_ = 0;
};

// A small repeatable generator (SplitMix64) for demo data and tests; never for secrets.
class SeededRandom {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound);

 private:
  uint64_t state_;
};

}  // namespace gratis::base
