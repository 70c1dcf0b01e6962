#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "services/members/erasure.h"
#include "services/members/erasure_log.h"
#include "services/members/groups.h"

namespace gratis::members {

// Who the journal says did what the service does by itself.
inline constexpr char kMembersActor[] = "service:members";

// Erasing people, and keeping them erased. Thread-safe.
class Privacy {
 public:
  // All arguments outlive this.
  Privacy(vault::Vault& vault, base::IdSource& ids, pg::Pool& pool, ledger::Poster& poster,
          ErasureLog& log)
      : ids_(ids),
        pool_(pool),
        poster_(poster),
        log_(log),
        erasures_(vault),
        groups_(vault, ids, pool),
        group_changes_(vault) {}

  // An erasure to be posted; its envelope lacks everything but the member.
  std::unique_ptr<Erasure> Prepare(const ledger::Program& program, const MemberId& member,
                                   absl::Time now) const;
  // Posts it and, unless it is only validated, does not return before it is in the log and whoever
  // became part of the member is erased, too; a retry does what was left of that. Errors: those of
  // an erasure; FIELD_INVALID for a group that is not closed.
  ledger::Outcome Erase(std::unique_ptr<Erasure> erasure);

  struct Found {
    ErasedMember erased;
    std::optional<absl::Time> key_retired_at;
  };
  // Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<Found> Find(const ledger::Program& program, const MemberId& member,
                             absl::Time deadline) const;

  // What brings a database in step with the log, before anybody is answered: whoever the log says
  // was erased and the database, put back from an old copy, still knows, is erased again (a group
  // that is open in that copy is closed first, so that its members get theirs back); and so is
  // whoever became part of somebody who was erased, when that was cut off between the two. What the
  // database knows and the log lacks is added to it. Returns how many were erased. `now`: the time
  // of a program. Errors: CANCELLED when `stop` asks, besides those of an erasure and of the log;
  // what was done until then stays done.
  absl::StatusOr<int64_t> Reconcile(ledger::ProgramDirectory& programs,
                                    const std::function<absl::Time(int32_t program)>& now,
                                    absl::Time deadline, const std::stop_token& stop = {});

 private:
  absl::StatusOr<int64_t> EraseAgain(const ledger::Program& program,
                                     absl::Span<const MemberId> members, absl::Time now,
                                     absl::Time deadline, const std::stop_token& stop);
  // Whether the member is a group that was not closed.
  absl::StatusOr<bool> IsOpenGroup(const ledger::Program& program, const MemberId& member,
                                   absl::Time deadline);
  absl::Status CheckNoOpenGroup(const ledger::Envelope& asked);
  // As GroupService.CloseGroup does, in whatever state the group is, unless another process was
  // first.
  absl::Status CloseGroup(const ledger::Program& program, const MemberId& group, absl::Time now,
                          absl::Time deadline);
  // Whoever became part of the member, whom the envelope is of; how many. Errors: those of an
  // erasure; CANCELLED when `stop` asks.
  absl::StatusOr<int64_t> EraseDuplicates(const ledger::Envelope& survivor,
                                          const std::stop_token& stop = {});
  // Those of the program's erased members who were left over.
  absl::StatusOr<int64_t> EraseOrphans(const ledger::Program& program, absl::Time now,
                                       absl::Time deadline, const std::stop_token& stop);
  absl::Status CompleteLog(absl::Time deadline, const std::stop_token& stop);

  base::IdSource& ids_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  ErasureLog& log_;
  Erasures erasures_;
  const Groups groups_;
  GroupChanges group_changes_;
};

}  // namespace gratis::members
