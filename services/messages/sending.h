#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/ledger/voucher_code.h"
#include "common/vault/vault.h"
#include "services/messages/message_store.h"
#include "services/messages/recipients.h"
#include "services/messages/unsubscribe_token.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::messages {

class Outbox;

// Says what is due: asks members whom it is for, judges, writes, and hands over, the decision and
// what follows from it in one transaction. Thread-safe; any number of processes may send at once:
// what is decided for a partition is decided one after the other.
class Sending {
 public:
  // All arguments outlive this.
  Sending(pg::Pool& pool, Recipients& recipients, Outbox& outbox, vault::Vault& vault,
          const UnsubscribeTokens& tokens)
      : pool_(pool),
        recipients_(recipients),
        outbox_(outbox),
        vault_(vault),
        tokens_(tokens),
        codes_(vault) {}

  struct Report {
    int64_t sent = 0;
    int64_t withheld = 0;
    int64_t waiting = 0;
    int64_t postponed = 0;  // for want of an answer about whom they are for
  };

  // Decides all that is due at `now` (program time), page by page. What could not be decided
  // because members did not answer is due again a minute later. Errors: DRAINING when asked to
  // stop; those of the database.
  absl::StatusOr<Report> SendDue(const ledger::Program& program, absl::Time now,
                                 absl::Time deadline, const std::stop_token& stop);

 private:
  using Known = std::map<MemberId, absl::StatusOr<Recipient>>;
  class Round;

  // Letters that did not go out while it held that they may are decided anew.
  absl::Status Reconsider(const ledger::Program& program, absl::Time now, absl::Time deadline);
  // About whom of `due` there are words for, by one of the templates `codes`.
  Known Ask(const ledger::Program& program, const std::vector<DueKey>& due,
            const std::set<std::string>& codes, absl::Time deadline);

  pg::Pool& pool_;
  Recipients& recipients_;
  Outbox& outbox_;
  vault::Vault& vault_;
  const UnsubscribeTokens& tokens_;
  const ledger::VoucherCodes codes_;
};

}  // namespace gratis::messages
