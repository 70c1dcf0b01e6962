#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "services/members/inactivity_changes.h"
#include "services/members/inactivity_rules.h"
#include "services/members/members.h"
#include "services/members/privacy.h"

namespace gratis::members {

// A member who is inactive, and what follows.
struct InactiveMember {
  IdleMember member;
  InactivityVerdict verdict;
};

// A place in the list of a program's people: behind a member of a partition.
struct InactivityPlace {
  int32_t partition = 0;
  MemberId after;
};

struct InactivePage {
  std::vector<InactiveMember> members;
  std::optional<InactivityPlace> next;  // the next page begins there
};

// What a run did.
struct InactivityReport {
  int64_t noticed = 0;
  int64_t erased = 0;
};

// Accounts that nobody uses: who they are, and what becomes of them. Thread-safe.
class Inactivity {
 public:
  // All arguments outlive this.
  Inactivity(const Members& members, pg::Pool& pool, ledger::Poster& poster, Privacy& privacy,
             base::IdSource& ids)
      : members_(members), pool_(pool), poster_(poster), privacy_(privacy), ids_(ids) {}

  absl::StatusOr<InactivityPolicy> CurrentPolicy(const ledger::Program& program,
                                                 absl::Time deadline) const;
  // A checked policy, to be posted; its envelope lacks everything.
  std::unique_ptr<InactivityPolicySetting> SetPolicy(const ledger::Program& program,
                                                     const InactivityPolicy& policy,
                                                     absl::Time now) const;

  // At most `limit` inactive members behind `place` (nothing: from the first), in the order of
  // partitions and ids. A page ends, too, when so many people were looked at. `policy`: as if it
  // were set; nothing: the one in force.
  absl::StatusOr<InactivePage> List(const ledger::Program& program,
                                    const std::optional<InactivityPolicy>& policy,
                                    const std::optional<InactivityPlace>& place, int32_t limit,
                                    absl::Time now, absl::Time deadline) const;

  // Gives notice to whom it is due, and erases whose is over. It may be cut off anywhere and run
  // again, by several processes at once: each member is noticed and erased once. Errors: DRAINING
  // (asked to stop), DEADLINE_EXCEEDED, and those of the database; what was done by then stays.
  absl::StatusOr<InactivityReport> Run(const ledger::Program& program, absl::Time now,
                                       absl::Time deadline, const std::stop_token& stop);
  // Erases one whose notice is over, unless they are found, under the partition's lock, to have
  // done something since. Whether they were erased by this.
  absl::StatusOr<bool> Erase(const ledger::Program& program, const MemberId& member, absl::Time now,
                             absl::Time deadline);

 private:
  // What is looked at together.
  struct Stretch {
    std::vector<InactiveMember> members;
    InactivityPlace reached;
    bool ended = false;  // there is nobody behind
  };
  absl::StatusOr<Stretch> Look(const ledger::Program& program, const InactivityPolicy& policy,
                               const InactivityPlace& place, absl::Time now,
                               absl::Time deadline) const;
  // Says of those who have no e-mail address, nor has who became part of them, that it keeps them,
  // unless they left.
  absl::Status KeepUnreached(const ledger::Program& program, std::vector<InactiveMember>& members,
                             absl::Time deadline) const;
  absl::StatusOr<int64_t> GiveNotice(const ledger::Program& program, const InactivityPolicy& policy,
                                     const std::vector<InactiveMember>& members, absl::Time now,
                                     absl::Time deadline);

  const Members& members_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  Privacy& privacy_;
  base::IdSource& ids_;
  InactivityNoticings noticings_;
};

}  // namespace gratis::members
