#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"
#include "services/members/proposal_rules.h"

// What becomes of pairs of members who may be one person. Posted in the program's first partition,
// where the pairs are; nothing of it is a fact.
namespace gratis::members {

// The members and pairs that one run looks at, as they stand in it.
struct ProposalsInRun {
  std::map<MemberId, MemberId> became;  // of those who are merged
  std::set<MemberId> people;            // who may be merged with others
  std::map<MemberPair, ProposedMerge> rows;
  std::map<MemberId, int64_t> proposed;  // how many pairs of each, but for those dismissed
  std::set<MemberId> left;  // of pairs of those who have too many: who may be merged no more
};

// Notes whom refused requests took for one person. Answers with nothing, and fails for nothing that
// its members are: of whoever is merged, their survivor is noted, of whoever left, nobody.
class SightingNote final : public ledger::Mutation {
 public:
  explicit SightingNote(std::vector<Sighting> seen) : seen_(std::move(seen)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SightingNotes;
  void Note(const MemberPair& pair, Shared shared);
  // Whether there is room for it, perhaps in the place of others.
  bool MakeRoom(const MemberPair& pair);

  const std::vector<Sighting> seen_;
  std::shared_ptr<ProposalsInRun> run_;  // loaded; the set's own, so that each sees those before it
  std::map<MemberPair, std::optional<ProposedMerge>> decided_;  // nothing: it made room for another
};

class SightingNotes final : public ledger::KindOf<SightingNote> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SightingNote* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SightingNote* const> set) override;
};

// Somebody says that two are two. Answers with DismissDuplicateResponse. Errors: MEMBER_NOT_FOUND,
// MEMBER_ERASED. It is posted alone, since notes of the same run would change what it loads.
class Dismissal final : public ledger::Mutation {
 public:
  explicit Dismissal(const MemberPair& pair);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  // Of whoever was erased since, no answer is told.
  absl::Status CheckReplay(ledger::Books& books, std::string_view answer) const override;

 private:
  friend class Dismissals;

  const MemberPair pair_;
  std::optional<ProposedMerge> row_;      // loaded
  std::optional<ProposedMerge> decided_;  // nothing: it stays as it is
};

class Dismissals final : public ledger::KindOf<Dismissal> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<Dismissal* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Dismissal* const> set) override;
};

}  // namespace gratis::members
