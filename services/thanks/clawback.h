#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"
#include "services/thanks/purchase.h"
#include "services/thanks/return_rules.h"
#include "services/thanks/thanks_store.h"

namespace gratis::thanks {

// What a return did to points and vouchers.
struct Clawed {
  struct Back {
    TransactionId transaction;  // that had spent it
    int64_t worth = 0;
  };
  int64_t taken = 0;     // of what the purchase earned the member
  int64_t owed = 0;      // thereof had been spent and is a debt now
  int64_t expired = 0;   // thereof had expired
  int64_t forgiven = 0;  // thereof had been spent and was forgiven
  int64_t points_back = 0;
  std::vector<Back> vouchers_back;
  int64_t organization_taken = 0;
  std::vector<int64_t> line_points;   // taken of each line
  int64_t returned_minor = 0;         // of the price, with this return
  std::vector<int64_t> brought_back;  // of each payment's worth, with this return
};

// Takes what a purchase earned and brings back what paid it, as far as `after` asks for and
// `before` did not. Where less can be taken, by the unit's rule, the rest is not asked for again. A
// voucher of which one may live at a time stays away while another lives, and what paid for whoever
// was erased since, and is not part of the member any more, stays away for good. `posting`: of the
// return; its member is the purchase's. Errors: CLAWBACK_REFUSED, MEMBER_ERASED, MEMBER_MERGED (who
// they became is in a partition that is not posted in).
absl::StatusOr<Clawed> ClawBack(ledger::Books& books, const ledger::Posting& posting,
                                const Purchase& purchase, const Returned& before,
                                const Returned& after);

// Takes of what a purchase earned its member, of which `before` was taken before, so that `after`
// is: what budgets paid first, so that they have it back.
absl::StatusOr<ledger::Reversed> TakeEarned(ledger::Books& books, const ledger::Posting& posting,
                                            const Purchase& purchase, int64_t before,
                                            int64_t after);

// Does a return to a purchase: journals it, claws back, and notes in both what it came to. A
// purchase of nobody has nothing to be taken. `after`: what Plus said. Errors: as ClawBack.
absl::StatusOr<Clawed> DoReturn(ledger::Books& books, Returned after, Purchase& purchase,
                                Return& came);

// Returns that came before their purchase, or before somebody claimed it.
struct EarlyReturns {
  std::vector<NumberedReturn> returns;
  int64_t taken = 0;
};
std::vector<Return> ReturnsAmong(absl::Span<const Parked> parked);
// Does them after `before`, those that the purchase has already, in their order. What is not
// possible is kept as refused. What was told under two names of the order, by the same return_id,
// is one return. Errors: MEMBER_MERGED, CONFLICT, of which none is refused: they are done when the
// change is made again.
absl::StatusOr<EarlyReturns> DoEarly(ledger::Books& books, std::vector<Return> waiting,
                                     const TransactionId& transaction,
                                     absl::Span<const Return> before, Purchase& purchase);

}  // namespace gratis::thanks
