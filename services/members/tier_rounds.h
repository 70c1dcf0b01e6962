#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/ledger/feed.h"
#include "common/ledger/mutation.h"
#include "services/members/tier_contract.h"
#include "services/members/tier_journal.h"
#include "services/members/tier_store.h"

// How tiers follow the journal. One round takes the next stretch of a partition's journal, writes
// what it makes of it together with how far it read, and journals every change of tier that came of
// it, all in the one transaction of the partition's next posting. So each fact is reckoned with
// exactly once, whoever does it, however often and from wherever it is tried: nothing is done twice
// because the cursor has moved, and a round that is lost moved nothing. When nothing is left to
// read, a round also lets time do what is due.
//
// Rounds are posted under the lock of the partition's head: what they decide from time alone cannot
// be overtaken by a fact that is recorded before that time.
namespace gratis::members {

struct TierRoundLimits {
  int rows = 500;         // of the journal that concern tiers
  int window = 20'000;    // of the journal, looked at for them
  int64_t members = 200;  // whose time is looked at
};

class TierRound final : public ledger::Mutation {
 public:
  TierRound(ledger::Program program, int32_t partition, TierRoundLimits limits);

  // kDone or kMore. Errors: BOOKS_DAMAGED.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  static constexpr char kDone[] = "done";
  static constexpr char kMore[] = "more";  // another round has something to do

 private:
  friend class TierRounds;

  // What a round works on; of several in a set the first has it.
  struct Work {
    TierPolicies policies;
    int64_t cursor = 0;
    ledger::FeedPage page;
    CarriedFacts carried;
    std::vector<MemberId> due, unplanned;
    TierStandings standings;
    TierFactsOf facts;
  };
  struct Result {
    bool due_already = false;  // someone's time is to be looked at once more
    std::vector<PlannedStanding> standings;
    std::vector<std::pair<MemberId, TierFact>> facts;
    std::vector<std::pair<MemberId, MemberId>> parted;  // survivors, and whom they have no more
  };
  absl::Status DecideWork(ledger::Books& books, const Work& work);
  using Moves = std::vector<std::pair<MemberId, std::vector<TierMove>>>;
  absl::Status Journal(ledger::Books& books, const Moves& moves) const;
  int32_t place() const { return *envelope.partition - envelope.program.first_partition; }

  const TierRoundLimits limits_;
  std::shared_ptr<const Work> work_;
  bool decided_ = false;
  Result result_;
};

class TierRounds final : public ledger::KindOf<TierRound> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<TierRound* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<TierRound* const> set) override;
};

}  // namespace gratis::members
