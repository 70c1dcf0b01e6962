#include "services/thanks/own_postings.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/status/statusor.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

// How many merges, one after the other, are followed while something is posted.
constexpr int kMaxMerges = 8;

// What becomes of several postings, in their order, as it comes in from the poster's threads.
class Awaited {
 public:
  explicit Awaited(size_t count) : outcomes_(count), open_(count) {}

  // Each once.
  void Settle(size_t i, absl::Status status) {
    const std::lock_guard lock(mutex_);
    outcomes_[i] = std::move(status);
    if (--open_ == 0) settled_.notify_all();
  }
  std::vector<absl::Status> Wait() {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [&] { return open_ == 0; });
    return outcomes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  std::vector<absl::Status> outcomes_;
  size_t open_;
};

// Whom a member became, of a MEMBER_MERGED.
absl::StatusOr<MemberId> SurvivorIn(const absl::Status& merged) {
  for (const auto& [name, value] : MetadataOf(merged)) {
    if (name == "survivor_id") return MemberId::Parse(value);
  }
  return merged;
}

absl::Status PostForSurvivor(ledger::Poster& poster, ledger::MutationKind& kind, size_t i,
                             absl::Status merged, const MakePosting& make, absl::Time deadline,
                             Company company) {
  for (int m = 0; m < kMaxMerges && ReasonOf(merged) == Reason::kMemberMerged; ++m) {
    ASSIGN_OR_RETURN(const MemberId survivor, SurvivorIn(merged));
    std::unique_ptr<ledger::Mutation> posting = make(i, survivor);
    posting->envelope.deadline = deadline;
    const ledger::Outcome outcome = company == Company::kOwn
                                        ? poster.PostAlone(kind, std::move(posting))
                                        : poster.Post(kind, std::move(posting));
    merged = outcome.answer.status();
  }
  return merged;
}

}  // namespace

absl::Status NothingToDo() { return absl::FailedPreconditionError("nothing is to be done"); }

bool IsNothingToDo(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) && !ReasonOf(status);
}

std::vector<absl::Status> PostAll(ledger::Poster& poster, ledger::MutationKind& kind,
                                  Postings postings, absl::Time deadline, Company company) {
  Awaited awaited(postings.size());
  std::vector<ledger::Pending> set;
  for (size_t i = 0; i < postings.size(); ++i) {
    postings[i]->envelope.deadline = deadline;
    set.push_back({&kind, std::move(postings[i]), [&awaited, i](const ledger::Outcome& outcome) {
                     awaited.Settle(i, outcome.answer.status());
                   }});
  }
  if (company == Company::kOwn) {
    poster.SubmitApart(std::move(set));
  } else {
    for (ledger::Pending& one : set) {
      poster.Submit(kind, std::move(one.mutation), std::move(one.done));
    }
  }
  return awaited.Wait();
}

std::vector<absl::Status> PostForEach(ledger::Poster& poster, ledger::MutationKind& kind,
                                      absl::Span<const MemberId> members, const MakePosting& make,
                                      absl::Time deadline, Company company) {
  Postings postings;
  for (size_t i = 0; i < members.size(); ++i) postings.push_back(make(i, members[i]));
  std::vector<absl::Status> statuses =
      PostAll(poster, kind, std::move(postings), deadline, company);
  for (size_t i = 0; i < members.size(); ++i) {
    if (ReasonOf(statuses[i]) != Reason::kMemberMerged) continue;
    statuses[i] = PostForSurvivor(poster, kind, i, statuses[i], make, deadline, company);
  }
  return statuses;
}

}  // namespace gratis::thanks
