#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/house/keyring/key.h"
#include "common/house/keyring/role.h"
#include "common/ledger/program.h"
#include "common/obs/trace.h"
#include "common/rpc/merged.h"
#include "common/rpc/proof.h"

namespace gratis::rpc {

using house::Role;

// One call, as the shell has let it in: who makes it, for which program, when, and until when.
// Lives as long as the call is unanswered.
struct Call {
  // The key's program, or the one that a key for all programs named as metadata `gratis-program`;
  // in methods of Scope::kHouse, the house's own, and in those of Scope::kProgram never.
  ledger::Program program;
  // The number of the program that the caller's key is bound to; nothing: it is for all programs.
  std::optional<int32_t> bound_to;
  std::string actor;    // "key_…", "mem_…" or "service:birthdays", as the journal says it
  KeyId key_id;         // the caller's key; nil for those who have none
  std::string network;  // from where, if a key calls: "203.0.113.0/24"; see NetworkOf
  MemberId member;      // whom alone the call may concern; nil for whoever is not that member
  std::string store;    // whose orders alone the caller's key deals with; empty: all
  house::CallLimit limit;
  Role role = Role::kUnspecified;
  absl::Time now;       // the program's time, read once; what facts are dated with
  absl::Time deadline;  // real time; always finite
  std::string log_id;   // metadata `x-request-id`, or made here; every log line has it
  obs::Trace trace;     // this call's own span
  // Of those that came along, what this caller was given for this program; some may be over.
  std::vector<Proof> proofs;
  // What was sent of the request, where it names somebody who is part of another member by now.
  std::shared_ptr<const AsSent> as_sent;
  // Who turned out, when the call was tried before, to be whom its members became.
  std::vector<MemberId> survivors;
  // A read of what is the named members' own, without that of whoever became part of them.
  bool as_named = false;
};

}  // namespace gratis::rpc
