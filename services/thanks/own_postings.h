#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"

// What the service posts by itself: many at a time, and again by the next run.
namespace gratis::thanks {

// Who the journal says it was.
inline constexpr char kThanksActor[] = "service:thanks";

// What a posting of the service's own answers that finds nothing to do, or not yet: it may be tried
// again.
absl::Status NothingToDo();
bool IsNothingToDo(const absl::Status& status);

using Postings = std::vector<std::unique_ptr<ledger::Mutation>>;

// What postings share their transactions with.
enum class Company {
  kAny,  // whatever else waits for their partitions
  kOwn,  // each other alone, so that nothing else changes what their kind loaded
};

// Posts them side by side, each until `deadline` (real time). Returns what became of each, in their
// order.
std::vector<absl::Status> PostAll(ledger::Poster& poster, ledger::MutationKind& kind,
                                  Postings postings, absl::Time deadline,
                                  Company company = Company::kAny);

// Posts one for each of `members`; where one was merged meanwhile, one more for who they became.
// `make`: the posting about the i-th of them that is to be for `whose`.
using MakePosting =
    std::function<std::unique_ptr<ledger::Mutation>(size_t i, const MemberId& whose)>;
std::vector<absl::Status> PostForEach(ledger::Poster& poster, ledger::MutationKind& kind,
                                      absl::Span<const MemberId> members, const MakePosting& make,
                                      absl::Time deadline, Company company = Company::kAny);

}  // namespace gratis::thanks
