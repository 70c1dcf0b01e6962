#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/ledger/voucher_code.h"
#include "common/pg/pool.h"
#include "services/thanks/surprise_rules.h"
#include "services/thanks/surprise_store.h"

// What winners get, each by a posting of its own whose request id is made of draw and member, so
// that to give it twice is to replay it.
namespace gratis::thanks {

class GiveSurprise final : public ledger::Mutation {
 public:
  GiveSurprise(ledger::Program program, std::shared_ptr<const Surprise> surprise,
               const MemberId& winner, const ledger::VoucherCodes& codes, absl::Time now);

  // FAILED_PRECONDITION without a reason when there is nothing to do, or it waits for a complaint's
  // end: it may be tried again.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class GiveSurprises;

  absl::Status Post(ledger::Books& books) const;
  absl::Status GiveVoucher(ledger::Books& books, VoucherId& voucher) const;

  const std::shared_ptr<const Surprise> surprise_;
  const ledger::VoucherCodes& codes_;
  TransactionId transaction_;
  // Loaded.
  bool waits_ = false;  // for the gift
  bool complaint_open_ = false;
  // What members had of draws, or somebody did who was merged into them; the set's own.
  std::shared_ptr<std::map<MemberId, std::vector<Won>>> had_;
  EntrantMade made_;  // decided
};

class GiveSurprises final : public ledger::KindOf<GiveSurprise> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<GiveSurprise* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<GiveSurprise* const> set) override;
};

// Gives all that waits to be given. Thread-safe.
class SurpriseGifts {
 public:
  // References outlive this.
  SurpriseGifts(pg::Pool& pool, ledger::Poster& poster, const vault::Vault& vault)
      : pool_(pool), poster_(poster), codes_(vault) {}

  // May be run twice, and by two processes at once. `deadline` is real time. Errors: DRAINING,
  // those of the database, and the first that one of them failed with: the others were given all
  // the same.
  absl::Status Run(const ledger::Program& program, absl::Time now, absl::Time deadline,
                   const std::stop_token& stop);

 private:
  absl::Status GiveTo(const ledger::Program& program, const std::vector<Won>& waiting,
                      absl::Time now, absl::Time deadline);

  pg::Pool& pool_;
  ledger::Poster& poster_;
  const ledger::VoucherCodes codes_;
  GiveSurprises kind_;
};

}  // namespace gratis::thanks
