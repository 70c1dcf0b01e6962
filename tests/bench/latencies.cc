#include "tests/bench/latencies.h"

#include <algorithm>
#include <bit>

namespace gratis::bench {

// Below 64, a bucket for each value; from there on 64 for each power of two.
int Latencies::BucketOf(int64_t micros) {
  const auto value = static_cast<uint64_t>(std::max<int64_t>(micros, 0));
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kFineBits - 1);
  return (shift << kFineBits) + static_cast<int>(value >> shift);
}

int64_t Latencies::LargestOf(int bucket) {
  const int shift = std::max(0, (bucket >> kFineBits) - 1);
  const int64_t fine = bucket - (shift << kFineBits);
  return ((fine + 1) << shift) - 1;
}

void Latencies::Add(int64_t micros) {
  ++buckets_[BucketOf(micros)];
  ++count_;
  max_micros_ = std::max(max_micros_, micros);
}

void Latencies::Add(const Latencies& others) {
  for (int i = 0; i < kBuckets; ++i) buckets_[i] += others.buckets_[i];
  count_ += others.count_;
  max_micros_ = std::max(max_micros_, others.max_micros_);
}

int64_t Latencies::Quantile(int64_t per_mille) const {
  const int64_t wanted = (count_ * per_mille + 999) / 1000;
  int64_t seen = 0;
  for (int i = 0; i < kBuckets && wanted > 0; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(LargestOf(i), max_micros_);
  }
  return 0;
}

}  // namespace gratis::bench
