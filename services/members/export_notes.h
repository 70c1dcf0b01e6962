#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/call.h"

namespace gratis::members {

// The journal's entries that staff take what is known of people out of the engine. Each is there
// before any of it is read: an export that breaks off was one. Of members who ask for what is
// theirs, and of the engine's own services, there are none. Thread-safe.
class ExportNotes {
 public:
  // Both outlive this.
  ExportNotes(ledger::Poster& poster, base::IdSource& ids) : poster_(poster), ids_(ids) {}

  // Returns once it is there. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, MEMBER_MERGED (metadata:
  // survivor_id) of one that the call is not about as named.
  absl::Status OfMember(const rpc::Call& call, const MemberId& member);
  // One for all members of the program. `goes_on`: from where another broke off.
  absl::Status OfAll(const rpc::Call& call, bool goes_on);

 private:
  absl::Status Note(const rpc::Call& call, const MemberId& member, std::string detail);

  ledger::Poster& poster_;
  base::IdSource& ids_;
  ledger::MutationKind kind_;
};

}  // namespace gratis::members
