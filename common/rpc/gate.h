#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/house/keyring/key.h"
#include "common/ledger/program.h"

namespace gratis::rpc {

// What the shell asks of the house before it lets a call in. Called from several threads at once;
// may wait, but not beyond `deadline` (real time). When that has passed already, they answer from
// memory or fail at once with DEADLINE_EXCEEDED.
class Gate {
 public:
  virtual ~Gate() = default;
  // Whose key this is. Errors: KEY_INVALID, KEY_REVOKED, and those of the database.
  virtual absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented,
                                                   absl::Time deadline) = 0;
  // The key that vouched for a member's token. Errors: the same. A house that knows no such tokens
  // leaves it as it is.
  virtual absl::StatusOr<house::KeyRecord> FindIssuer(const KeyId& key_id, absl::Time deadline);
  // Errors: PROGRAM_NOT_FOUND, and those of the database.
  virtual absl::StatusOr<ledger::Program> FindProgram(std::string_view code,
                                                      absl::Time deadline) = 0;
  virtual absl::StatusOr<ledger::Program> FindProgram(int32_t number, absl::Time deadline) = 0;
  // What time it is for a program. Errors: those of the database.
  virtual absl::StatusOr<absl::Time> Now(int32_t program, absl::Time deadline) = 0;
  // Whether somebody is part of another member, as far as is known by now; and who they became,
  // themselves if nobody else. From memory. A house that keeps none in mind knows of none.
  virtual bool AnyMerged() { return false; }
  virtual MemberId SurvivorOf(const MemberId& member) { return member; }
  // A merge was done here, or undone.
  virtual void Merged(const MemberId& /*member*/, const MemberId& /*survivor*/) {}
  virtual void Unmerged(const MemberId& /*member*/) {}
};

// What a method is about.
enum class Scope {
  kProgram,         // one program: a key for all programs must name it
  kProgramOrHouse,  // the same, where the house's own books may be named, too
  kHouse,           // programs and keys themselves: the call's program is the house's own
};

}  // namespace gratis::rpc
