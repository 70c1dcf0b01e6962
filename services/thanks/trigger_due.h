#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/ledger/voucher_code.h"
#include "common/pg/pool.h"
#include "services/thanks/trigger_book.h"
#include "services/thanks/trigger_words.h"

// What triggers left to be done later. Each due row is acted on by a posting of its own whose
// request id is made of purchase and trigger, so that to do it twice is to replay it.
namespace gratis::thanks {

// One that is due.
class ActOnDue final : public ledger::Mutation {
 public:
  // `whose`: the member it is given to: `due.member`, or who they became.
  ActOnDue(ledger::Program program, TriggerResult due, const MemberId& whose,
           const ledger::VoucherCodes& codes, absl::Time now);

  // Answers with what became of it. FAILED_PRECONDITION without a reason when, looked at under the
  // lock, there is nothing to do, or it waits for a complaint's end: it may be tried again.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class ActOnDues;

  const TriggerResult due_;
  const ledger::VoucherCodes& codes_;
  // Loaded.
  bool still_due_ = false;
  std::shared_ptr<const Trigger> trigger_;  // the version that left it
  bool on_ = false;                         // the trigger acts by now
  TriggerLimits limits_;
  std::shared_ptr<FactsOfMembers> facts_;  // the set's own, so that each sees those before it
  TriggerResult result_;                   // decided
};

class ActOnDues final : public ledger::KindOf<ActOnDue> {
 public:
  explicit ActOnDues(TriggerReader& reader) : reader_(reader) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<ActOnDue* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ActOnDue* const> set) override;

 private:
  TriggerReader& reader_;
};

struct DueReport {
  int64_t acted = 0;       // given, withheld or called off
  int64_t left_alone = 0;  // done meanwhile, or waiting
};

// Acts on all that is due. Thread-safe.
class DueThanks {
 public:
  // References outlive this.
  DueThanks(pg::Pool& pool, ledger::Poster& poster, TriggerReader& reader,
            const vault::Vault& vault)
      : pool_(pool), poster_(poster), codes_(vault), kind_(reader) {}

  // Everything due by `now`. May be run twice, and by two processes at once. `deadline` is real
  // time. Errors: DRAINING (asked to stop), those of the database, and the first that something due
  // failed with: the rest was acted on all the same.
  absl::StatusOr<DueReport> Run(const ledger::Program& program, absl::Time now, absl::Time deadline,
                                const std::stop_token& stop);

 private:
  absl::Status ActOn(const ledger::Program& program, const std::vector<TriggerResult>& due,
                     absl::Time now, absl::Time deadline, DueReport& report);

  pg::Pool& pool_;
  ledger::Poster& poster_;
  const ledger::VoucherCodes codes_;
  ActOnDues kind_;
};

}  // namespace gratis::thanks
