#include "common/rpc/live_stream.h"

#include "common/obs/log.h"
#include "common/rpc/live_call.h"
#include "common/rpc/streams.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

constexpr absl::Duration kAskAgain = absl::Seconds(1);

bool DatabaseDidNotSay(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

void LiveStream::Begin(absl::Status let_in) {
  std::unique_lock lock(mutex_);
  if (!let_in.ok() && !ending_) ending_ = std::move(let_in);
  if (ending_) return EndNow(lock);
  Schedule(lock);
}

void LiveStream::Schedule(std::unique_lock<std::mutex>& lock) {
  state_ = State::kStepping;
  lock.unlock();
  streams_.Run([self = shared_from_this()] { self->RunStep(); });
}

void LiveStream::RunStep() {
  {
    std::unique_lock lock(mutex_);
    if (ending_) return EndNow(lock);
    woken_ = false;
  }
  absl::StatusOr<Step> step = [this]() -> absl::StatusOr<Step> {
    const obs::CallScope log_scope(live_->call().log_id, live_->call().trace);
    const absl::Status may_go_on = check_();
    if (DatabaseDidNotSay(may_go_on)) return Step::Wait(streams_.Now() + kAskAgain);
    RETURN_IF_ERROR(may_go_on);
    return Next();
  }();
  std::unique_lock lock(mutex_);
  if (!ending_) {
    if (!step.ok()) {
      ending_ = step.status();
    } else if (step->kind == Step::Kind::kEnd) {
      ending_ = absl::OkStatus();
    }
  }
  if (ending_) return EndNow(lock);
  if (step->kind == Step::Kind::kSend) {
    state_ = State::kWriting;
    since_ = streams_.Now();
    return Write();  // with the lock: after an end there must be no write
  }
  if (step->kind == Step::Kind::kAgain || woken_) return Schedule(lock);
  state_ = State::kWaiting;
  until_ = step->until;
}

void LiveStream::Written(bool ok) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  if (ok) {
    ++messages_;
    return Schedule(lock);
  }
  ending_ = absl::CancelledError("the caller went away");
  EndNow(lock);
}

void LiveStream::Wake() {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  woken_ = true;
  if (state_ == State::kWaiting) Schedule(lock);
}

void LiveStream::Look(absl::Time now) {
  std::unique_lock lock(mutex_);
  if (ended_) {
    // The answer stands behind what the client does not read. It had its time.
    if (now < since_ + streams_.slow_limit()) return;
    lock.unlock();
    const std::lock_guard call_lock(call_mutex_);
    if (!done_) Cancel();
    return;
  }
  if (state_ == State::kWaiting && now >= until_) return Schedule(lock);
  if (state_ == State::kWriting && now >= since_ + streams_.slow_limit()) {
    ending_ = Error(Reason::kFeedTooSlow,
                    "the messages of this stream were not taken in time; come back with the cursor "
                    "of the last one that was",
                    Place());
    EndNow(lock);
  }
}

void LiveStream::End(absl::Status status) {
  std::unique_lock lock(mutex_);
  if (ended_ || ending_) return;
  ending_ = std::move(status);
  if (state_ != State::kStepping) EndNow(lock);
}

void LiveStream::EndNow(std::unique_lock<std::mutex>& lock) {
  ended_ = true;
  since_ = streams_.Now();
  const absl::Status status = *ending_;
  live_->Sent(messages_);
  // Let go before the call is answered: after that, what the producer stands on may go.
  const std::shared_ptr<LiveCall> live = std::move(live_);
  lock.unlock();
  LetGo();
  live->Finish(status);
}

void LiveStream::Done() {
  {
    const std::lock_guard lock(call_mutex_);
    done_ = true;
  }
  streams_.Leave(shared_from_this());
}

}  // namespace gratis::rpc
