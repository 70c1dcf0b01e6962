#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/voucher_code.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/rpc/call.h"
#include "common/rpc/shell.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

// From what a request calls a voucher to the voucher, and to whose it is.
namespace gratis::ledger_service {

// Its code, plain; or, where that is empty, its id.
struct VoucherName {
  VoucherId id;
  std::string code;
};

// What a request calls a voucher. Errors: FIELD_MISSING, FIELD_INVALID (no code), INVALID_ID.
template <class Req>
absl::StatusOr<VoucherName> VoucherNameIn(const Req& request) {
  VoucherName name;
  switch (request.which_case()) {
    case Req::kVoucherId: {
      const absl::StatusOr<VoucherId> id = VoucherId::Parse(request.voucher_id());
      if (!id.ok()) return InField(id.status(), "voucher_id");
      name.id = *id;
      break;
    }
    case Req::kCode: {
      ASSIGN_OR_RETURN(name.code, ledger::ParseVoucherCode(request.code()));
      break;
    }
    case Req::WHICH_NOT_SET:
      return FieldError(Reason::kFieldMissing, "voucher_id", "which voucher? Give its id or code");
  }
  return name;
}

struct NamedVoucher {
  VoucherId voucher;
  MemberId holder;  // by now, if theirs were merged
};

// Finds the vouchers that requests name. Thread-safe.
class VoucherLookup {
 public:
  // The arguments outlive this.
  VoucherLookup(rpc::Shell& shell, pg::Pool& pool, const ledger::VoucherCodes& codes)
      : shell_(shell), pool_(pool), codes_(codes) {}

  // All in one look, in the order of the names. Errors of each: VOUCHER_NOT_FOUND.
  std::vector<absl::StatusOr<NamedVoucher>> FindAll(const rpc::Call& call,
                                                    absl::Span<const VoucherName> names) const;

  // The one that a request names. Errors: as VoucherNameIn, and VOUCHER_NOT_FOUND.
  template <class Req>
  absl::StatusOr<NamedVoucher> FindIn(const rpc::Call& call, const Req& request) const {
    ASSIGN_OR_RETURN(const VoucherName name, VoucherNameIn(request));
    return FindAll(call, {name}).front();
  }

 private:
  // The vouchers of those codes that somebody has.
  absl::StatusOr<std::map<std::string, VoucherId>> ReadCodes(
      pg::Tx& tx, const rpc::Call& call, absl::Span<const VoucherName> names) const;
  absl::StatusOr<std::vector<absl::StatusOr<NamedVoucher>>> Read(
      pg::Tx& tx, const rpc::Call& call, absl::Span<const VoucherName> names) const;

  rpc::Shell& shell_;
  pg::Pool& pool_;
  const ledger::VoucherCodes& codes_;
};

}  // namespace gratis::ledger_service
