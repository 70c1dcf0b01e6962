#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "services/thanks/aftermath.h"

namespace gratis::thanks {

// What lacked in a purchase becomes wishes of who bought it, after whatever else follows.
class WishAftermath final : public Aftermath {
 public:
  // `others` outlives this.
  explicit WishAftermath(Aftermath& others) : others_(others) {}

  absl::StatusOr<std::unique_ptr<AftermathRun>> Load(pg::Tx& tx, const ledger::Program& program,
                                                     int32_t partition,
                                                     absl::Span<const MemberId> members,
                                                     absl::Time now) override;

 private:
  Aftermath& others_;
};

}  // namespace gratis::thanks
