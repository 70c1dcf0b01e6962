#pragma once

#include <cstdint>
#include <string>

#include "common/house/keyring/role.h"
#include "services/ledger/vouchers.h"

namespace gratis::ledger::v1 {
class IssueVoucherRequest;
class Voucher;
}  // namespace gratis::ledger::v1

// Vouchers, as the contract says them.
namespace gratis::ledger_service {

// What a request asks for, checked as far as it can be before it is decided; without the ids that
// are made for it. Errors: INVALID_ID, FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG,
// INVALID_AMOUNT, INVALID_CURRENCY.
absl::StatusOr<VoucherIssueOrder> IssueOrderOf(const ledger::v1::IssueVoucherRequest& request,
                                               const std::string& currency_code);

// Without its code. `currency_code`: the program's.
void ToProto(const SeenVoucher& seen, const std::string& currency_code, ledger::v1::Voucher& out);

// Whether a role is shown the codes of vouchers that exist. Whoever has a code can use it.
bool SeesCodes(house::Role role);

}  // namespace gratis::ledger_service
