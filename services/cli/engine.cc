#include "services/cli/engine.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(100);
constexpr absl::Duration kLongestWait = absl::Seconds(2);

void WaitFor(absl::Duration duration) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, absl::ToChronoMilliseconds(duration), [] { return false; });
}

}  // namespace

bool Patience::MayPass(const absl::Status& error) {
  if (const auto reason = ReasonOf(error)) return Describe(*reason).retryable;
  // The engine's own errors have a reason. Without one, it is the connection that broke in the
  // middle of a call, which surfaces as one of these.
  return error.code() == absl::StatusCode::kUnavailable ||
         error.code() == absl::StatusCode::kUnknown ||
         error.code() == absl::StatusCode::kInternal ||
         error.code() == absl::StatusCode::kCancelled ||
         error.code() == absl::StatusCode::kDeadlineExceeded ||
         error.code() == absl::StatusCode::kAborted;
}

bool Patience::Wait(const absl::Status& error) {
  if (left_ <= absl::ZeroDuration()) return false;
  const absl::Duration asked = RetryDelayOf(error).value_or(absl::ZeroDuration());
  const absl::Duration wait = std::min(std::max(next_, asked), left_);
  next_ = std::min(next_ * 2, kLongestWait);
  left_ -= wait;
  WaitFor(wait);
  return true;
}

void Patience::Renew(absl::Duration patience) {
  left_ = patience;
  next_ = kFirstWait;
}

absl::Status CallPatiently(Engine& engine, const google::protobuf::Message& request,
                           google::protobuf::Message& answer, absl::Duration patience) {
  Patience waiting(patience);
  while (true) {
    absl::Status status = engine.Call(request, answer);
    if (status.ok() || !Patience::MayPass(status) || !waiting.Wait(status)) return status;
  }
}

MethodPath MethodTaking(const google::protobuf::Message& request) {
  const google::protobuf::Descriptor* type = request.GetDescriptor();
  const google::protobuf::FileDescriptor* file = type->file();
  for (int s = 0; s < file->service_count(); ++s) {
    const google::protobuf::ServiceDescriptor* service = file->service(s);
    for (int m = 0; m < service->method_count(); ++m) {
      if (service->method(m)->input_type() != type) continue;
      return {service->full_name(),
              absl::StrCat("/", service->full_name(), "/", service->method(m)->name())};
    }
  }
  std::abort();  // only requests of the contracts are passed here
}

}  // namespace gratis::cli
