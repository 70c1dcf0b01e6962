#include "common/base/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace gratis::base {
namespace {

void Draw(uint8_t* bytes, size_t count) {
  if (RAND_bytes(bytes, static_cast<int>(count)) != 1) std::abort();
}

// Each call on the generator costs microseconds however little it is asked for, and ids are drawn
// several times in every call. So each thread draws ahead, and forgets what it has given out.
class Stock {
 public:
  static constexpr size_t kMost = 64;  // longer ones are not worth it

  void Take(uint8_t* bytes, size_t count) {
    if (count > bytes_.size() - next_) {
      Draw(bytes_.data(), bytes_.size());
      next_ = 0;
    }
    std::copy_n(bytes_.data() + next_, count, bytes);
    OPENSSL_cleanse(bytes_.data() + next_, count);
    next_ += count;
  }

 private:
  std::array<uint8_t, 4096> bytes_;
  size_t next_ = bytes_.size();
};

void FillRandom(uint8_t* bytes, size_t count) {
  thread_local Stock stock;
  if (count <= Stock::kMost) {
    stock.Take(bytes, count);
  } else {
    Draw(bytes, count);
  }
}

// The next 128-bit number: a later id of the same millisecond must sort after the earlier one.
void Increment(Uuid& uuid) {
  for (int i = 15; i >= 9; --i) {
    if (++uuid.bytes[i] != 0) return;
  }
}

void PutMillis(Uuid& uuid, uint64_t millis) {
  for (int i = 5; i >= 0; --i, millis >>= 8) uuid.bytes[i] = static_cast<uint8_t>(millis);
}

}  // namespace

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  FillRandom(reinterpret_cast<uint8_t*>(bytes.data()), count);
  return bytes;
}

Uuid RandomIds::Next(absl::Time now) {
  Uuid fresh;
  FillRandom(fresh.bytes.data(), fresh.bytes.size());
  PutMillis(fresh, static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixMillis(now))));
  fresh.bytes[6] = static_cast<uint8_t>((fresh.bytes[6] & 0x0F) | 0x70);
  fresh.bytes[8] = static_cast<uint8_t>((fresh.bytes[8] & 0x3F) | 0x80);

  const std::lock_guard lock(mutex_);
  const bool same_millisecond =
      std::equal(fresh.bytes.begin(), fresh.bytes.begin() + 6, last_.bytes.begin());
  if (same_millisecond && fresh < last_) {
    fresh = last_;
    Increment(fresh);
  }
  last_ = fresh;
  return fresh;
}

Uuid SequentialIds::Next(absl::Time) {
  const std::lock_guard lock(mutex_);
  Uuid uuid;
  uint64_t number = ++last_;
  for (int i = 15; i >= 8; --i, number >>= 8) uuid.bytes[i] = static_cast<uint8_t>(number);
  return uuid;
}

uint64_t SeededRandom::Next() {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

uint64_t SeededRandom::Below(uint64_t bound) {
  const uint64_t fair = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = Next();
  while (value >= fair) value = Next();
  return value % bound;
}

}  // namespace gratis::base
