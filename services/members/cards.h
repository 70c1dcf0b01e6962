#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "common/rpc/call.h"
#include "common/vault/vault.h"
#include "services/members/card_changes.h"
#include "services/members/card_number.h"

namespace gratis::pg {
class Pool;
class Tx;
}  // namespace gratis::pg

namespace gratis::members {

// When a use case runs, and until when: the program's time, and real time.
struct Moment {
  absl::Time now;
  absl::Time deadline;
};
inline Moment MomentOf(const rpc::Call& call) { return {call.now, call.deadline}; }

// A card that a request names, and in which field.
struct CardReference {
  std::variant<CardId, CardName> card;
  std::string field;
};

// A card, readable.
struct Card {
  CardRow row;
  std::string number;
};

struct CardPage {
  std::vector<Card> cards;
  std::optional<CardId> next;  // the next page begins behind it
};

// The cards of the programs: the use cases. Those that return a change read the directory first,
// and what they found is checked again when it is decided. Thread-safe.
class Cards {
 public:
  // All arguments outlive this.
  Cards(const vault::Vault& vault, base::IdSource& ids, pg::Pool& pool)
      : vault_(vault), numbers_(vault), ids_(ids), pool_(pool) {}

  using ChangeOr = absl::StatusOr<std::unique_ptr<CardChange>>;

  // `prefix`, `batch` and `count` are checked.
  std::unique_ptr<CardChange> Issue(const ledger::Program& program, size_t count, int16_t prefix,
                                    const std::string& batch, absl::Time now) const;
  // Errors: CARD_NOT_FOUND (one of ours), MEMBER_NOT_FOUND, MEMBER_ERASED.
  ChangeOr Link(const ledger::Program& program, const MemberId& member, const CardName& card,
                const Moment& moment) const;
  // Errors: CARD_NOT_FOUND.
  ChangeOr ReportLost(const ledger::Program& program, const CardReference& card,
                      const Moment& moment) const;
  // The new card is for whom the old one's member became. Errors: CARD_NOT_FOUND, CARD_NOT_LINKED,
  // MEMBER_ERASED.
  ChangeOr Replace(const ledger::Program& program, const CardReference& old_card,
                   const CardName& new_card, const Moment& moment) const;

  // At most `limit` cards after `after` (nil: from the first), by id: the member's and, unless
  // `as_named`, those of whoever became part of them. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<CardPage> ListOfMember(const ledger::Program& program, const MemberId& member,
                                        const CardId& after, int32_t limit, absl::Time deadline,
                                        bool as_named = false) const;
  absl::StatusOr<CardPage> ListOfBatch(const ledger::Program& program, std::string_view batch,
                                       const CardId& after, int32_t limit,
                                       absl::Time deadline) const;

 private:
  absl::StatusOr<CardRow> FindRow(pg::Tx& tx, const ledger::Program& program,
                                  const CardReference& card) const;
  absl::StatusOr<CardToLink> FindToLink(pg::Tx& tx, const ledger::Program& program,
                                        const MemberId& member, const CardName& card,
                                        std::string field, absl::Time now) const;
  absl::StatusOr<std::optional<CardId>> FindNamed(pg::Tx& tx, const ledger::Program& program,
                                                  const CardName& card) const;
  TransactionId NewTransaction(const ledger::Program& program, const MemberId& member,
                               absl::Time now) const;

  const vault::Vault& vault_;
  const CardNumbers numbers_;
  base::IdSource& ids_;
  pg::Pool& pool_;
};

}  // namespace gratis::members
