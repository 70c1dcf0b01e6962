#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/rpc/call.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/organizations.h"
#include "services/thanks/thanks.h"

namespace gratis::thanks {

// A key that is bound to a store deals with its orders only, whatever else there is. Errors:
// STORE_NOT_ALLOWED.
absl::Status CheckStore(const rpc::Call& call, const OrderKey& order);

// Makes changes to purchases of what callers ask for. Thread-safe.
class OrderDesk {
 public:
  // All arguments outlive it.
  OrderDesk(const Thanks& thanks, Organizations& organizations, base::IdSource& ids)
      : thanks_(thanks), organizations_(organizations), ids_(ids) {}

  using Made = absl::StatusOr<std::unique_ptr<ledger::Mutation>>;
  Made Make(const rpc::Call& call, const v1::RecordPurchaseRequest& request) const;
  Made Make(const rpc::Call& call, const v1::ClaimPurchaseRequest& request) const;
  Made Make(const rpc::Call& call, const v1::RecordReturnRequest& request) const;
  Made Make(const rpc::Call& call, const v1::RecordDeliveryRequest& request) const;

  // A purchase that the caller asks about; `member_id`: whose it must be, empty for anybody's.
  // Errors: those of ParseOrderKey, CheckStore and Thanks::FindPurchaseOf; INVALID_ID.
  absl::StatusOr<Thanks::Found> Find(const rpc::Call& call, const v1::OrderKey& order,
                                     const std::string& member_id) const;

  // What the organization of an order earns of it, now.
  absl::StatusOr<int32_t> PercentOf(const rpc::Call& call, const PurchaseOrder& order) const;

 private:
  const Thanks& thanks_;
  Organizations& organizations_;
  base::IdSource& ids_;
};

}  // namespace gratis::thanks
