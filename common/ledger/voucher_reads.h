#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// A voucher's place in the list of its member's: first those that had something left and time to
// live at `as_of`, as they expire; then the others, the latest first.
struct VoucherPlace {
  absl::Time as_of;
  bool over = false;
  absl::Time expires_at = absl::InfinitePast();  // InfiniteFuture for those that are over
  int64_t lot = 0;                               // below 0 for those that are over

  // As a page token carries it.
  std::string ToString() const;
  static std::optional<VoucherPlace> Parse(std::string_view text);

  friend bool operator==(const VoucherPlace&, const VoucherPlace&) = default;
};

struct ListedVoucher {
  VoucherId voucher;
  VoucherPlace place;
};

// At most `limit` vouchers of a member behind `after`, as of the same instant. None for a member
// that the program does not have.
absl::StatusOr<std::vector<ListedVoucher>> ListVouchers(pg::Tx& tx, const Program& program,
                                                        const MemberId& member,
                                                        const VoucherPlace& after, int32_t limit);

// Which of the vouchers of a member were voided at some time.
absl::StatusOr<std::set<VoucherId>> VoidedOf(pg::Tx& tx, const Program& program,
                                             const MemberId& member,
                                             absl::Span<const Voucher> vouchers);

}  // namespace gratis::ledger
