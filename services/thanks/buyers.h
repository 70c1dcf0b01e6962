#pragma once

#include <map>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/merged.h"
#include "services/thanks/purchase.h"

// Members as buyers. What those bought who were merged into a member counts as the member's: their
// rows stay where they are, in whatever partition, and are read beside the survivor's. So a merge
// that is undone leaves nothing to be mended.
namespace gratis::thanks {

// A member's own and that of those merged into them, as one buyer: purchases are added up, and no
// position is new that any of them had reached.
Buyer Joined(const Buyer& own, const Buyer& of_merged);

// The member's own part of `joined`, which was made of `own` and `of_merged` and changed since.
Buyer OwnPart(const Buyer& joined, const Buyer& own, const Buyer& of_merged);

// Those of one partition's set. Not thread-safe.
class Buyers {
 public:
  Buyers() = default;
  // Reads them, and whoever was merged into them.
  static absl::StatusOr<Buyers> Load(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                                     std::vector<MemberId> members);

  // One who never bought, if unknown.
  Buyer Of(const MemberId& member) const;
  // Whether `other` was merged into a member who was read.
  bool IsPartOf(const MemberId& other, const MemberId& member) const;
  // Who rang it, for the rules: the buyer, too, if it was under an id that has become the buyer's.
  MemberId StaffFor(const MemberId& buyer, const MemberId& staff) const {
    return IsPartOf(staff, buyer) ? buyer : staff;
  }
  // Who was merged into them.
  const Merged& merged() const { return merged_; }
  void Set(const MemberId& member, const Buyer& buyer);
  // Writes those that were set.
  void Write(pg::Tx& tx, int32_t partition) const;

 private:
  Buyer Own(const MemberId& member) const;
  Buyer OfMerged(const MemberId& member) const;

  std::map<MemberId, Buyer> own_;
  Merged merged_;
  std::set<MemberId> changed_;
};

}  // namespace gratis::thanks
