#include "common/ledger/sweep.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "common/ledger/ops.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

// A member's wallets being settled. To do it again does nothing more, so it needs no request id.
class Settling final : public Mutation {
 public:
  absl::StatusOr<std::string> Decide(Books& books) override {
    RETURN_IF_ERROR(Settle(books, envelope.member));
    return std::string();
  }
};

// Waits for the outcomes of a page.
class Page {
 public:
  explicit Page(size_t size) : open_(size) {}

  void Done(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    first_error_.Update(status);
    if (--open_ == 0) all_done_.notify_one();
  }
  absl::Status Wait() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [this] { return open_ == 0; });
    return first_error_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_done_;
  size_t open_;
  absl::Status first_error_;
};

absl::Status SettlePage(Poster& poster, MutationKind& kind, const SweepOrder& order,
                        const std::set<MemberId>& members) {
  Page page(members.size());
  for (const MemberId& member : members) {
    auto settling = std::make_unique<Settling>();
    settling->envelope.program = order.program;
    settling->envelope.member = member;
    settling->envelope.actor = kEngineActor;
    settling->envelope.now = order.now;
    settling->envelope.deadline = order.deadline;
    poster.Submit(kind, std::move(settling),
                  [&page](Outcome outcome) { page.Done(outcome.answer.status()); });
  }
  return page.Wait();
}

}  // namespace

absl::StatusOr<int64_t> SweepProgram(pg::Pool& pool, Poster& poster, const SweepOrder& order) {
  MutationKind no_tables;
  int64_t settled = 0;
  absl::Status first_error;
  for (int32_t i = order.program.first_partition; i <= order.program.last_partition(); ++i) {
    for (DueMembers walk(order.program, i, order.now, order.which); !walk.at_end();) {
      if (order.stop.stop_requested()) {
        return Error(Reason::kDraining, "the sweep was cut short; the next one goes on");
      }
      std::vector<MemberId> members;
      const DueMembers here = walk;
      RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(order.deadline), [&](pg::Tx& tx) {
        DueMembers next = here;
        ASSIGN_OR_RETURN(members, next.Next(tx));
        walk = next;
        return absl::OkStatus();
      }));
      const std::set<MemberId> page(members.begin(), members.end());
      if (page.empty()) continue;
      first_error.Update(SettlePage(poster, no_tables, order, page));
      settled += static_cast<int64_t>(page.size());
    }
  }
  RETURN_IF_ERROR(first_error);
  return settled;
}

}  // namespace gratis::ledger
