#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "common/ledger/runner.h"
#include "common/ledger/seal.h"
#include "common/ledger/state.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// Whether it is looked up whether a request was done before, and kept that it was.
bool KeepsAnswer(const Envelope& envelope);

// One attempt to post a set. Everything in it is made afresh for each attempt.
class Run {
 public:
  // `set` outlives this and is not empty.
  Run(pg::Tx& tx, std::string_view chain_key, absl::Span<Pending> set, Bond bond);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Loads, decides and queues what is to be written: that is sent with the COMMIT, which does
  // nothing if any of it fails. Errors are those of the database; what items are refused for is
  // their outcome.
  absl::Status Post();
  // One for each of the set, once Post() went well.
  std::vector<Outcome> TakeOutcomes();

 private:
  // Mutations that one kind loads and writes together.
  struct Group {
    MutationKind* kind;
    int32_t partition;
    std::vector<Mutation*> items;
  };
  struct Stored {
    std::string fingerprint;
    std::string answer;
  };

  const Program& program() const { return set_.front().mutation->envelope.program; }
  std::set<int32_t> Partitions() const;

  absl::Status Load();
  absl::Status LoadMore();
  absl::Status LoadKinds();
  void DecideAll();
  Outcome DecideOne(Mutation& mutation);
  void AbortTogether();
  absl::Status Write();
  void WriteRequests();
  void WriteNames();
  void WriteJournals();
  void WriteNetworks();
  void WriteHeads();

  // Of those items that `filter` lets through, by their index.
  std::vector<Group> GroupByKind(const std::function<bool(size_t)>& filter) const;

  pg::Tx& tx_;
  const std::string_view chain_key_;
  Sealer sealer_;
  const absl::Span<Pending> set_;
  const Bond bond_;
  const bool rehearsal_;  // nothing is written, and each item sees those before it

  std::map<int32_t, Head> heads_;
  // Heads that were moved on, each with the first of the rows posted there, if any were.
  std::map<int32_t, std::optional<int64_t>> moved_;
  std::unordered_map<std::string, Stored> stored_;    // answers of earlier runs, by request_id
  std::unordered_map<std::string, Stored> answered_;  // and of this one
  std::optional<Books> books_;
  // Of the facts in the books, in their order: who does it, and from where.
  std::vector<std::string> actors_;
  std::vector<std::string> networks_;
  std::vector<bool> decided_;  // items that post something new
  std::vector<std::optional<Outcome>> outcomes_;
};

}  // namespace gratis::ledger
