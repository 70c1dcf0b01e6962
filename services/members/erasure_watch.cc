#include "services/members/erasure_watch.h"

#include <utility>

#include "common/house/redone.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::members {
namespace {

constexpr absl::Duration kWatchEvery = absl::Seconds(2);
constexpr absl::Duration kWatchLimit = absl::Seconds(5);
constexpr int kLooksForEachLine = 30;  // a line a minute

}  // namespace

ErasureWatch::ErasureWatch(pg::Pool& pool, Redo redo, const base::Clock& clock, obs::Log& log)
    : pool_(pool), redo_(std::move(redo)), clock_(clock), log_(log) {}

ErasureWatch::~ErasureWatch() { Stop(); }

absl::Status ErasureWatch::Start() {
  RETURN_IF_ERROR(Look(/*whatever_is_noted=*/true));
  redone_ = true;
  thread_ = std::thread([this] { Work(); });
  return absl::OkStatus();
}

void ErasureWatch::Stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

absl::Status ErasureWatch::Look() {
  const absl::Status looked = Look(/*whatever_is_noted=*/false);
  redone_ = looked.ok();
  const std::string failure = looked.ok() ? "" : looked.ToString();
  if (failure != failure_) {
    failure_ = failure;
    failed_alike_ = 0;
  }
  // At once and, while it lasts, again and again: people who asked to be forgotten may be known.
  if (!looked.ok() && !stop_.stop_requested() && failed_alike_++ % kLooksForEachLine == 0) {
    log_.Warning("whether erasures are to be done again is not known, or doing them failed",
                 {{"failure", looked}});
  }
  return looked;
}

absl::Status ErasureWatch::Look(bool whatever_is_noted) {
  house::ErasuresRedone seen;
  RETURN_IF_ERROR(
      pg::RunTx(pool_, pg::Reading(clock_.Now() + kWatchLimit), [&](pg::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(seen, house::ReadErasuresRedone(tx));
        return absl::OkStatus();
      }));
  if (seen.done && !whatever_is_noted) return absl::OkStatus();
  redone_ = false;
  RETURN_IF_ERROR(redo_(stop_.get_token()));
  // For the incarnation that was there when it began: if another took its place meanwhile, the next
  // look finds that it was not done there.
  return pg::RunTx(pool_, {.deadline = clock_.Now() + kWatchLimit}, [&](pg::Tx& tx) {
    house::NoteErasuresRedone(tx, seen.incarnation);
    return absl::OkStatus();
  });
}

void ErasureWatch::Work() {
  const std::stop_token stop = stop_.get_token();
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, stop, absl::ToChronoMilliseconds(kWatchEvery),
                            [&] { return stop.stop_requested(); })) {
    Look().IgnoreError();  // it says so itself
  }
}

}  // namespace gratis::members
