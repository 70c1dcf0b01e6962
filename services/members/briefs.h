#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/gathering.h"
#include "common/ledger/holdings.h"
#include "common/ledger/program.h"
#include "common/ledger/reads.h"
#include "services/members/brief_complaints.h"
#include "services/members/brief_past.h"
#include "services/members/brief_rules.h"
#include "services/members/identities.h"
#include "services/members/members.h"
#include "services/members/preference_rules.h"
#include "services/members/proof_policy.h"
#include "services/members/tier_contract.h"

namespace gratis::members {

// A member's tier at a moment, of those on one ladder.
struct BriefTierView {
  std::shared_ptr<const TierPolicies> policies;
  std::shared_ptr<const TierLadders> ladders;
  std::optional<MemberTier> tier;     // refers to `ladders`; set
  std::optional<TierMove> last_move;  // that is certain to be the last, journaled or not
};

// What is known of a member at a moment, whatever was journaled of them by then.
struct Brief {
  Member member;  // with the segments they are in then, and no others
  ledger::Holdings holdings;
  std::optional<BriefTierView> tier;        // nothing: no ladder is in force
  std::vector<KeptPreference> preferences;  // by key
  Past past;
  std::vector<PastPurchase> last_purchases;  // at most kLastPurchases, newest first
  std::vector<OpenComplaint> complaints;     // the oldest first
  bool no_profiling = false;                 // they said no to it, or objected
  BriefFacts facts;                          // what of it the rules go by
  ProofPolicy proof_policy;                  // the program's, where somebody was sought by names
};

inline constexpr int64_t kLastPurchases = 5;

struct BriefQuestion {
  ledger::Program program;
  MemberId member;  // nil: to be found by the names that follow
  KnownBy known_by;
  bool in_person = false;  // they stand before who asks
  absl::Time now;          // program time
  absl::Time deadline;     // real time
  bool as_named = false;   // without what those did who were merged into them
};

struct TimelinePage {
  std::vector<ledger::JournalRow> rows;       // newest first
  std::vector<ledger::Unit> units;            // the program's own
  std::optional<ledger::EntryPosition> next;  // behind which the next page begins
};

// Who a member is to those who serve them: the use cases. Thread-safe.
//
// A brief takes one round trip to the database after that to the directory, unless others were
// merged into the member, something of theirs fell due and is not posted yet, or the journal is not
// followed at all. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, BOOKS_DAMAGED, those of LocateAll, and
// those of the database.
class Briefs {
 public:
  using Answer = std::shared_ptr<const Brief>;
  using Asking = ledger::Gathering<BriefQuestion, Answer>;

  // All references outlive this; `clock` is the real one.
  Briefs(const Members& members, const vault::Vault& vault, pg::Pool& pool,
         const base::Clock& clock, ledger::GatheringOptions options = {});

  // As Gathering::Ask: those who wait are answered together.
  void Read(BriefQuestion question, Asking::Done done) {
    asking_.Ask(std::move(question), std::move(done));
  }
  // The same for one, at once, on the caller's thread.
  absl::StatusOr<Answer> Look(const BriefQuestion& question) const;

  // At most `limit` facts about a member and, unless `as_named`, whoever was merged into them, as
  // one list, behind a place in it (absent: the latest). `kinds`: only of these (none: of all).
  absl::StatusOr<TimelinePage> Timeline(const ledger::Program& program, const MemberId& member,
                                        const std::optional<ledger::EntryPosition>& behind,
                                        int32_t limit, absl::Time deadline, bool as_named = false,
                                        absl::Span<const ledger::FactKind> kinds = {}) const;

 private:
  using Answers = std::vector<absl::StatusOr<Answer>>;
  // Of each question, all of one program.
  absl::StatusOr<Answers> LookAll(absl::Span<const BriefQuestion* const> questions,
                                  absl::Time deadline) const;
  void AnswerAll(std::vector<Asking::Asked>& batch, absl::Time deadline) const;

  const Members& members_;
  const vault::Vault& vault_;
  pg::Pool& pool_;
  Asking asking_;  // last: its threads use the others
};

}  // namespace gratis::members
