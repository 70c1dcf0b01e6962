#pragma once

#include <memory>

#include "common/ledger/voucher_code.h"
#include "common/vault/vault.h"
#include "services/thanks/aftermath.h"
#include "services/thanks/trigger_book.h"

namespace gratis::thanks {

// Triggers, as what follows from a purchase, a delivery or a return in its transaction: what is to
// happen at once happens, what is to happen later is written down as due, and what is due is called
// off when nothing of the purchase was kept.
class TriggerAftermath final : public Aftermath {
 public:
  // Both outlive this.
  TriggerAftermath(TriggerReader& reader, const vault::Vault& vault)
      : reader_(reader), codes_(vault) {}

  absl::StatusOr<std::unique_ptr<AftermathRun>> Load(pg::Tx& tx, const ledger::Program& program,
                                                     int32_t partition,
                                                     absl::Span<const MemberId> members,
                                                     absl::Time now) override;

 private:
  TriggerReader& reader_;
  const ledger::VoucherCodes codes_;
};

}  // namespace gratis::thanks
