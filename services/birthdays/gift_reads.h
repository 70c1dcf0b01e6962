#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/birthdays/birthday_store.h"

// What is read of many members at once, each with whoever became part of them: they are one person,
// who gets one gift.
namespace gratis::birthdays {

using GiftsOfMembers = std::map<MemberId, std::vector<Gift>>;

struct ReadGifts {
  GiftsOfMembers gifts;                                   // by survivor; of neighboring years, too
  std::vector<std::pair<MemberId, MemberId>> duplicates;  // survivor and duplicate
};
// One round trip, and a second one if somebody was merged.
absl::StatusOr<ReadGifts> ReadGiftsOf(pg::Tx& tx, const ledger::Program& program,
                                      absl::Span<const BirthdayKey> asked);

// Who has a complaint that is open, as the journal says. Under the partitions' locks that is as of
// now. Asked for before ReadGiftsOf, it travels with it.
class OpenComplaints {
 public:
  // Queues one statement. Both outlive this.
  OpenComplaints(pg::Tx& tx, const ledger::Program& program, absl::Span<const MemberId> members);
  absl::StatusOr<std::set<MemberId>> Take(
      absl::Span<const std::pair<MemberId, MemberId>> duplicates);

 private:
  absl::Status TakeInto(std::set<MemberId>& open, pg::Tx::Asked asked);

  pg::Tx& tx_;
  const ledger::Program& program_;
  const pg::Tx::Asked asked_;
};

}  // namespace gratis::birthdays
