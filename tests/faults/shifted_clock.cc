// Preloaded into a process, shifts its clock by as many nanoseconds as the file that SHIFTED_CLOCK
// names says at the moment, as if somebody set its machine's: whoever waits until a time of day
// waits by the new time from then on, as the kernel has it. Monotonic clocks go on as they did.
//
// Only what gratisd is made of is covered: the time of day, condition variables of the standard
// library, and the futex(2) that Abseil, and so gRPC, waits with.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSlice = 20'000'000;     // after that much of a wait the clock is looked at again
constexpr int64_t kNever = 4'000'000'000;  // no time is later, in seconds

const std::atomic<int64_t>* shift = nullptr;  // what the file says

__attribute__((constructor)) void MapShift() {
  const char* const path = getenv("SHIFTED_CLOCK");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* const page = mmap(nullptr, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) shift = static_cast<const std::atomic<int64_t>*>(page);
}

int64_t Shift() { return shift == nullptr ? 0 : shift->load(std::memory_order_relaxed); }

// What would have been called. Without a lock of any kind: locks wait by what is defined here.
template <class Function>
Function* Real(std::atomic<Function*>& known, const char* name, const char* version = nullptr) {
  Function* function = known.load(std::memory_order_relaxed);
  if (function != nullptr) return function;
  void* found = version == nullptr ? nullptr : dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) found = dlsym(RTLD_NEXT, name);
  function = reinterpret_cast<Function*>(found);
  known.store(function, std::memory_order_relaxed);
  return function;
}

using GetTime = int(clockid_t, timespec*);
using CallKernel = long(long, ...);
using WaitFor = int(pthread_cond_t*, pthread_mutex_t*, const timespec*);
std::atomic<GetTime*> get_time{nullptr};
std::atomic<CallKernel*> call_kernel{nullptr};
std::atomic<WaitFor*> wait_for{nullptr};

int64_t NanosOf(const timespec& at) {
  return std::min<int64_t>(at.tv_sec, kNever) * kNanosPerSecond + at.tv_nsec;
}

timespec TimeOf(int64_t nanos) {
  return {.tv_sec = nanos / kNanosPerSecond, .tv_nsec = nanos % kNanosPerSecond};
}

// A part of a wait until `until` by the shifted clock.
struct Slice {
  timespec end;  // by the true clock
  bool last;     // `until` has come
};

Slice SliceOf(const timespec& until) {
  timespec now{};
  Real(get_time, "clock_gettime")(CLOCK_REALTIME, &now);
  const int64_t left = NanosOf(until) - Shift() - NanosOf(now);
  return {.end = TimeOf(NanosOf(now) + std::clamp<int64_t>(left, 0, kSlice)), .last = left <= 0};
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const int result = Real(get_time, "clock_gettime")(clock, out);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    *out = TimeOf(NanosOf(*out) + Shift());
  }
  return result;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *out = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1'000};
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

// Wakes up for nothing now and then, as it may: who waits looks again at what it waits for.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  const Slice slice = SliceOf(*until);
  const int result =
      Real(wait_for, "pthread_cond_timedwait", "GLIBC_2.3.2")(condition, mutex, &slice.end);
  return result == ETIMEDOUT && !slice.last ? 0 : result;
}

long syscall(long number, ...) noexcept {
  long a[6];
  va_list list;
  va_start(list, number);
  for (long& one : a) one = va_arg(list, long);
  va_end(list);
  CallKernel* const real = Real(call_kernel, "syscall");
  const int operation = static_cast<int>(a[1]);
  const auto* const until = reinterpret_cast<const timespec*>(a[3]);
  if (number != SYS_futex || (operation & FUTEX_CMD_MASK) != FUTEX_WAIT_BITSET ||
      (operation & FUTEX_CLOCK_REALTIME) == 0 || until == nullptr) {
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
  while (true) {
    const Slice slice = SliceOf(*until);
    const long result = real(number, a[0], a[1], a[2], &slice.end, a[4], a[5]);
    if (result != -1 || errno != ETIMEDOUT || slice.last) return result;
  }
}

}  // extern "C"
