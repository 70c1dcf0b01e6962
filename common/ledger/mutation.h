#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// The request id of what a service does by itself. No caller can take it first, by chance or to
// keep it from being done: their request ids are ASCII.
inline std::string OwnRequestId(std::string_view what) {
  return std::string("\u00B7").append(what);
}

// What the runner must know of any change, whatever it is.
struct Envelope {
  Program program;
  MemberId member;                   // whose partition it is posted in; nil: the program's first
  std::vector<MemberId> also;        // others whose partitions it posts in, too
  std::optional<int32_t> partition;  // in place of the member's, when an id says no more
  bool all_partitions = false;       // it needs the whole program to stand still
  // Of those merged whom it may lead to: their partitions are posted in, too.
  std::vector<MemberId> survivors;
  // It is about the members it names even if they were merged, and not about their survivors.
  bool of_merged = false;
  // Unique in the program for ever. Empty: to do it again does nothing more (to settle a wallet),
  // so its answer is not kept.
  std::string request_id;
  std::string fingerprint;  // keyed hash of the request without its request_id
  std::string actor;        // who does it: "key_…", "service:birthdays"
  std::string network;      // from where, if a key does it: "203.0.113.0/24"; kept for acts alone
  bool by_staff = false;    // and not by a till, a back end, a member or the engine
  absl::Time now;           // program time, read once at the edge
  absl::Time deadline;      // real time; past it nothing is begun
  bool validate_only = false;
  // What stands against it. A retry of what was done is answered all the same, however much later.
  absl::Status refusal;
  // Those whose balances its answer may tell; nothing: anybody's.
  std::optional<std::vector<MemberId>> tells_of;

  // The source of a fact that is an act if staff does it; see acts.h.
  std::string ActSource(std::string everyday) const { return by_staff ? kStaffSource : everyday; }

  bool MayTell(const MemberId& whose) const {
    return !tells_of || std::find(tells_of->begin(), tells_of->end(), whose) != tells_of->end();
  }

  // Where it is posted, and where its answer is kept.
  int32_t home() const { return partition ? *partition : PartitionOf(program, member); }
};

// One change on its way to the books. A service derives a class for each kind of change it makes:
//
//   class Earn final : public ledger::Mutation {
//     // Posts facts, returns the answer.
//     absl::StatusOr<std::string> Decide(Books& books) override;
//   };
//
// A mutation may be decided more than once (a set is rerun after a conflict), so Decide starts
// afresh each time.
class Mutation {
 public:
  virtual ~Mutation() = default;

  Envelope envelope;

  // What it is sure to look at, so that one look is enough; besides the members of its envelope.
  virtual void AddNeeds(Wants&) const {}

  // Pure: looks at the books and at what its kind loaded, posts what follows, and returns the
  // serialized response to store and send. On an error everything it posted is undone. When the
  // books lack something (Books::Lacking) it is read, and the whole set decided again.
  virtual absl::StatusOr<std::string> Decide(Books& books) = 0;

  // Whether the stored answer of an earlier call may be told again; that the member of the envelope
  // was erased since is the reason why not. Errors: MEMBER_ERASED.
  virtual absl::Status CheckReplay(Books& books, std::string_view answer) const;
};

// How one kind of mutation reads and writes the tables of its own service, for all of a set that
// belong to one partition at once.
// One object per kind and process; Load and Write are called from several threads.
class MutationKind {
 public:
  virtual ~MutationKind() = default;
  // Reads what the set needs, under the partition's lock. May be called again before Write.
  virtual absl::Status Load(pg::Tx&, absl::Span<Mutation* const>) { return absl::OkStatus(); }
  // Writes what was decided; the kernel writes the journal, balances, names and answers itself.
  // CONFLICT: another partition took something first; the set is undone and run again.
  virtual absl::Status Write(pg::Tx&, absl::Span<Mutation* const>) { return absl::OkStatus(); }
};

// A kind whose sets are all of class M.
template <class M>
class KindOf : public MutationKind {
 public:
  virtual absl::Status LoadAll(pg::Tx&, absl::Span<M* const>) { return absl::OkStatus(); }
  virtual absl::Status WriteAll(pg::Tx&, absl::Span<M* const>) { return absl::OkStatus(); }

 private:
  static std::vector<M*> Typed(absl::Span<Mutation* const> set) {
    std::vector<M*> typed;
    typed.reserve(set.size());
    for (Mutation* mutation : set) typed.push_back(static_cast<M*>(mutation));
    return typed;
  }
  absl::Status Load(pg::Tx& tx, absl::Span<Mutation* const> set) final {
    return LoadAll(tx, Typed(set));
  }
  absl::Status Write(pg::Tx& tx, absl::Span<Mutation* const> set) final {
    return WriteAll(tx, Typed(set));
  }
};

// What became of a mutation.
struct Outcome {
  absl::StatusOr<std::string> answer;  // serialized response
  bool replayed = false;               // the stored answer of an earlier call
};

// One mutation that waits for its outcome. `done` is called exactly once.
struct Pending {
  MutationKind* kind;
  std::unique_ptr<Mutation> mutation;
  std::function<void(Outcome)> done;
};

}  // namespace gratis::ledger
