#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "common/base/random.h"
#include "common/ledger/voucher_code.h"
#include "common/rpc/call.h"
#include "services/ledger/points_contract.h"
#include "services/ledger/voucher_lookup.h"

namespace gratis::ledger::v1 {
class HoldVoucherRequest;
class IssueVoucherRequest;
class IssueVoucherResponse;
class RedeemVoucherRequest;
class VoidVoucherRequest;
}  // namespace gratis::ledger::v1

namespace gratis::ledger_service {

// What a request about a voucher asks for, on its way; the voucher that it names was found before.
// Errors, each with its field: INVALID_ID, FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG,
// INVALID_AMOUNT, INVALID_CURRENCY.
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::IssueVoucherRequest&,
                        const ledger::VoucherCodes&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::RedeemVoucherRequest&,
                        const NamedVoucher&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::HoldVoucherRequest&,
                        const NamedVoucher&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::VoidVoucherRequest&,
                        const NamedVoucher&, base::IdSource&);

// Says the voucher's code in an answer as it is stored, which has none: in the first answer and in
// every replay. Nothing to say in that of a validation.
absl::Status TellCode(const ledger::VoucherCodes& codes, int32_t program,
                      ledger::v1::IssueVoucherResponse& response);

}  // namespace gratis::ledger_service
