#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "services/members/tier_contract.h"
#include "services/members/tier_rounds.h"

namespace gratis::ledger {
class Poster;
}
namespace gratis::pg {
class Pool;
class Tx;
}  // namespace gratis::pg

namespace gratis::members {

// A member's tier at a moment, whatever was journaled of it by then.
struct TierView {
  TierPolicies policies;
  TierLadders ladders;
  std::optional<MemberTier> tier;  // refers to `ladders`
  std::vector<TierMove> unposted;  // changes that took place and are not journaled yet
};

// Adds what the journal's rows say, which are one member's and of TierKinds; a tier is made when
// there is none. `ladders` outlive it. Errors: BOOKS_DAMAGED, and those of the database.
absl::Status AddRows(pg::Tx& tx, const ledger::Program& program,
                     absl::Span<const ledger::JournalRow> rows, const TierLadders& ladders,
                     std::optional<MemberTier>& tier);

// A change of tier in the journal.
struct JournaledMove {
  int64_t seq = 0;
  TransactionId transaction;
  TierMove move;
};
struct TierHistory {
  std::vector<TierMove> unposted;      // newest first, on the first page
  std::vector<JournaledMove> journal;  // newest first
  std::optional<int64_t> next;         // before which seq the next page begins
};

struct TierTally {
  std::vector<std::string> tiers;
  struct Line {
    int64_t members = 0;
    int64_t came = 0;
    int64_t short_members = 0;
  };
  std::vector<Line> lines;  // of each tier
  int64_t members = 0;
};

// The use cases of tiers. Thread-safe. `now` is program time, `deadline` real time.
class Tiers {
 public:
  // All arguments outlive this.
  Tiers(pg::Pool& pool, ledger::Poster& poster) : pool_(pool), poster_(poster) {}

  absl::StatusOr<TierPolicies> Policies(const ledger::Program& program, absl::Time deadline) const;

  // Reckons with every fact and everything that time has done until `now`. Errors:
  // MEMBER_NOT_FOUND, MEMBER_ERASED, TIER_POLICY_NOT_FOUND.
  absl::StatusOr<std::unique_ptr<TierView>> Look(const ledger::Program& program,
                                                 const MemberId& member, absl::Time now,
                                                 absl::Time deadline) const;

  // The codes of the tiers that members are in, reckoned likewise; those of nobody, and of
  // everybody in a program without a policy in force, are absent.
  absl::StatusOr<std::map<MemberId, std::string>> CodesOf(const ledger::Program& program,
                                                          const std::vector<MemberId>& members,
                                                          absl::Time now,
                                                          absl::Time deadline) const;

  // At most `limit` changes journaled before `before_seq` (absent: the latest). Errors:
  // MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<TierHistory> History(const ledger::Program& program, const MemberId& member,
                                      std::optional<int64_t> before_seq, int32_t limit,
                                      absl::Time now, absl::Time deadline) const;

  // Where everybody would be if `policy` came into force now. Errors: as LadderOf.
  absl::StatusOr<TierTally> Preview(const ledger::Program& program, v1::TierPolicy policy,
                                    absl::Time now, absl::Time deadline) const;

  // Brings a partition's tiers up to date: reads what is left of the journal and lets time do what
  // is due at `now`. May be done at any time, again, and by several at once. Does nothing for a
  // program without a policy. Errors: DRAINING (asked to stop), and those of the database and the
  // poster.
  absl::Status Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                    absl::Time deadline, const std::stop_token& stop);
  absl::Status KeepAll(const ledger::Program& program, absl::Time now, absl::Time deadline,
                       const std::stop_token& stop);

  // How far each partition was read; nothing for a program without a policy.
  absl::StatusOr<std::optional<ledger::Cursor>> Followed(const ledger::Program& program,
                                                         absl::Time deadline) const;

  pg::Pool& pool() const { return pool_; }

 private:
  pg::Pool& pool_;
  ledger::Poster& poster_;
  TierRounds rounds_;
};

}  // namespace gratis::members
