#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/mutation.h"
#include "services/members/segment_rules.h"

namespace gratis::members {

// Puts a member into segments and takes them out. The journal says all they are in from then on, by
// which their tier follows. Posts nothing if all of it is so already. Answers with
// SetMemberSegmentsResponse. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, and those of ChangeSegments.
class SetSegments final : public ledger::Mutation {
 public:
  // `change` is checked.
  SetSegments(const MemberId& member, SegmentChange change, const TransactionId& transaction);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SegmentSets;
  struct Kept {
    std::map<MemberId, SegmentMarks> marks;
    std::set<MemberId> changed;
  };

  const SegmentChange change_;
  const TransactionId transaction_;
  std::shared_ptr<Kept> kept_;  // loaded; the set's own, so that each sees those before
};

class SegmentSets final : public ledger::KindOf<SetSegments> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetSegments* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetSegments* const> set) override;
};

}  // namespace gratis::members
