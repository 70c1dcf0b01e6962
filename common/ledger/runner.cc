#include "common/ledger/runner.h"

#include <optional>
#include <utility>

#include "common/ledger/run.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int kMaxRuns = 5;  // of one set, after conflicts and lost answers

// Whether the failure of a set may be the fault of one of its items.
bool MayBeOneItemsFault(const absl::Status& status) {
  switch (ReasonOf(status).value_or(Reason::kInternal)) {
    case Reason::kDatabaseUnavailable:
    case Reason::kPoolExhausted:
    case Reason::kDeadlineExceeded:
    case Reason::kConflict:
    case Reason::kCommitInDoubt:
      return false;
    default:
      return true;
  }
}

// Posts the set as a whole, again after conflicts and lost answers.
absl::StatusOr<std::vector<Outcome>> PostTogether(pg::Pool& pool, std::string_view chain_key,
                                                  absl::Time deadline, absl::Span<Pending> set,
                                                  Bond bond) {
  std::vector<Outcome> outcomes;
  absl::Status status;
  bool in_doubt = false;
  for (int run = 0; run < kMaxRuns; ++run) {
    status = pg::RunTx(pool, {.deadline = deadline}, [&](pg::Tx& tx) {
      Run attempt(tx, chain_key, set, bond);
      RETURN_IF_ERROR(attempt.Post());
      outcomes = attempt.TakeOutcomes();
      return absl::OkStatus();
    });
    if (status.ok()) return outcomes;
    const std::optional<Reason> reason = ReasonOf(status);
    in_doubt = in_doubt || reason == Reason::kCommitInDoubt;
    if (reason != Reason::kConflict && reason != Reason::kCommitInDoubt) break;
  }
  // A COMMIT was sent and its outcome never learned; whatever happened since does not say.
  if (in_doubt) {
    return Error(Reason::kCommitInDoubt,
                 "the connection was lost while committing; call again with the same request_id");
  }
  return status;
}

}  // namespace

std::set<int32_t> PartitionsOf(const Envelope& envelope) {
  std::set<int32_t> partitions{envelope.home()};
  for (const MemberId& survivor : envelope.survivors) {
    partitions.insert(PartitionOf(envelope.program, survivor));
  }
  for (const MemberId& other : envelope.also) {
    partitions.insert(PartitionOf(envelope.program, other));
  }
  if (envelope.all_partitions) {
    for (int32_t i = envelope.program.first_partition; i <= envelope.program.last_partition();
         ++i) {
      partitions.insert(i);
    }
  }
  return partitions;
}

std::vector<Outcome> RunSet(pg::Pool& pool, std::string_view chain_key, absl::Time deadline,
                            absl::Span<Pending> set, Bond bond) {
  absl::StatusOr<std::vector<Outcome>> together =
      PostTogether(pool, chain_key, deadline, set, bond);
  if (together.ok()) return *std::move(together);
  std::vector<Outcome> outcomes;
  outcomes.reserve(set.size());
  if (set.size() > 1 && bond == Bond::kNone && MayBeOneItemsFault(together.status())) {
    for (size_t i = 0; i < set.size(); ++i) {
      outcomes.push_back(std::move(RunSet(pool, chain_key, deadline, set.subspan(i, 1)).front()));
    }
  } else {
    for (size_t i = 0; i < set.size(); ++i)
      outcomes.push_back({.answer = Apart(together.status())});
  }
  return outcomes;
}

}  // namespace gratis::ledger
