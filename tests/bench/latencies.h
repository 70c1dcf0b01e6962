#pragma once

#include <array>
#include <cstdint>

namespace gratis::bench {

// How long calls took. Kept in buckets of a 64th of their size, so a quantile is at most 1.6 % too
// large and never too small.
class Latencies {
 public:
  void Add(int64_t micros);
  void Add(const Latencies& others);

  int64_t count() const { return count_; }
  int64_t max_micros() const { return max_micros_; }
  // What `per_mille` of the calls stayed within, in microseconds; 0 without calls.
  int64_t Quantile(int64_t per_mille) const;

 private:
  static constexpr int kFineBits = 6;
  static constexpr int kBuckets = (64 - kFineBits) << kFineBits;
  static int BucketOf(int64_t micros);
  static int64_t LargestOf(int bucket);

  std::array<int64_t, kBuckets> buckets_{};
  int64_t count_ = 0;
  int64_t max_micros_ = 0;
};

}  // namespace gratis::bench
