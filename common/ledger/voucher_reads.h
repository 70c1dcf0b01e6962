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
#include "common/ledger/places.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

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
