#pragma once

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/ledger/gathering.h"
#include "common/ledger/program.h"
#include "common/ledger/standing.h"
#include "services/members/identities.h"
#include "services/members/member_store.h"
#include "services/members/proof_policy.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

struct IdentityQuestion {
  ledger::Program program;
  KnownBy known_by;
  absl::Time deadline;  // real time
};

// Who it is, as stored.
struct Identity {
  MemberRow row;
  ledger::MemberState state = ledger::MemberState::kNone;
  ProofPolicy proof_policy;  // of the program
};

// Finds members for many callers: those who wait are answered together, by two statements.
// Thread-safe.
class IdentityReader {
 public:
  using Asking = ledger::Gathering<IdentityQuestion, Identity>;

  // `clock` is the real one. What is referred to outlives this.
  IdentityReader(ledger::GatheringOptions options, pg::Pool& pool, const base::Clock& clock);

  // As Gathering::Ask. Errors, besides: those of LocateAll, MEMBER_ERASED, BOOKS_DAMAGED, and those
  // of the database.
  void Read(IdentityQuestion question, Asking::Done done) {
    asking_.Ask(std::move(question), std::move(done));
  }

 private:
  void Answer(std::vector<Asking::Asked>& batch, absl::Time deadline);

  pg::Pool& pool_;
  Asking asking_;
};

}  // namespace gratis::members
