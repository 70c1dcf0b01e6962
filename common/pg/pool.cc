#include "common/pg/pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pg/conn.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"

namespace gratis::pg {
namespace {

// After a failed attempt to connect, everybody is told so for this long before the next attempt.
constexpr std::chrono::milliseconds kDownFor{200};

// For a connection nobody waits longer, whatever their deadline.
constexpr absl::Duration kLongestWait = absl::Hours(1);

std::string SessionOptions(const PoolOptions& options) {
  const auto millis = [](absl::Duration d) { return absl::ToInt64Milliseconds(d); };
  return absl::StrCat(
      options.role.empty() ? "" : absl::StrCat("-c role=", options.role, " "),
      "-c statement_timeout=", millis(options.statement_timeout),
      " -c lock_timeout=", millis(options.lock_timeout),
      " -c idle_in_transaction_session_timeout=", millis(options.idle_in_transaction_timeout),
      // Every statement here is a look-up by key, a set of them, or a walk along an index. Planned
      // without statistics it is planned the same on the first day and on a table that has just
      // grown a thousandfold; plans that read whole tables are for when there is no other.
      " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off"
      " -c enable_mergejoin=off"
      // A statement whose client is gone, or gave up at its deadline, ends within this time.
      " -c client_connection_check_interval=1s -c timezone=UTC");
}

absl::Status As(Reason reason) { return Error(reason, Describe(reason).meaning); }

}  // namespace

Pool::Pool(PoolOptions options) : options_(std::move(options)) {}

Pool::~Pool() = default;

void Pool::Return::operator()(Conn* conn) const { pool->GiveBack(std::unique_ptr<Conn>(conn)); }

Pool::Use Pool::use() const {
  const std::lock_guard lock(mutex_);
  return {in_use_, static_cast<int>(idle_.size()), waiting_, options_.size};
}

absl::StatusOr<Pool::Lease> Pool::Acquire(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  RETURN_IF_ERROR(WaitForSlot(lock, deadline));
  ++in_use_;
  while (!idle_.empty()) {
    std::unique_ptr<Conn> conn = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    if (conn->Alive()) return Lease(conn.release(), Return{this});
    conn.reset();
    lock.lock();
  }
  const bool down = Ticks::now() < down_until_;
  const absl::Status why = down_;
  lock.unlock();
  auto conn = down ? absl::StatusOr<std::unique_ptr<Conn>>(why) : Connect(deadline);
  if (conn.ok()) return Lease(conn->release(), Return{this});
  lock.lock();
  --in_use_;
  slot_free_.notify_one();
  return std::move(conn).status();
}

absl::Status Pool::WaitForSlot(std::unique_lock<std::mutex>& lock, absl::Time deadline) {
  const absl::Duration left = deadline - RealNow();
  if (left <= absl::ZeroDuration()) return As(Reason::kDeadlineExceeded);
  if (in_use_ < options_.size) return absl::OkStatus();
  ++waiting_;
  const bool free =
      slot_free_.wait_for(lock, absl::ToChronoMicroseconds(std::min(left, kLongestWait)),
                          [this] { return in_use_ < options_.size; });
  --waiting_;
  return free ? absl::OkStatus() : As(Reason::kPoolExhausted);
}

absl::StatusOr<std::unique_ptr<Conn>> Pool::Connect(absl::Time deadline) {
  const absl::Time patience = RealNow() + options_.connect_timeout;
  absl::StatusOr<std::unique_ptr<Conn>> conn =
      Conn::Open({options_.conninfo, options_.application_name, SessionOptions(options_)},
                 std::min(deadline, patience));
  const bool gave_up_early = deadline < patience && RealNow() >= deadline;
  if (!conn.ok() && !gave_up_early) {
    const std::lock_guard lock(mutex_);
    down_ = conn.status();
    down_until_ = Ticks::now() + kDownFor;
  }
  return conn;
}

void Pool::GiveBack(std::unique_ptr<Conn> conn) {
  conn->Reset();
  if (conn->broken()) conn.reset();
  const std::lock_guard lock(mutex_);
  if (conn != nullptr) idle_.push_back(std::move(conn));
  --in_use_;
  slot_free_.notify_one();
}

}  // namespace gratis::pg
