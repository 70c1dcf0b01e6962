#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/rpc/call.h"

namespace gratis::ledger::v1 {
class ActivateRequest;
class AdjustRequest;
class ApproveAdjustmentRequest;
class CaptureHoldRequest;
class EarnRequest;
class PlaceHoldRequest;
class RejectAdjustmentRequest;
class ReverseRequest;
class SpendRequest;
class TransferRequest;
class VoidHoldRequest;
}  // namespace gratis::ledger::v1

namespace gratis::ledger_service {

// What a request asks for, on its way: it posts the request's order and answers as the contract
// says. Errors, each with its field: INVALID_ID, FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG,
// POINTS_NOT_POSITIVE, POINTS_OVERFLOW, ROLE_NOT_ALLOWED; and of an id that names no partition of
// the program HOLD_NOT_FOUND, TRANSACTION_NOT_FOUND, ADJUSTMENT_NOT_FOUND.
using MadeMutation = absl::StatusOr<std::unique_ptr<ledger::Mutation>>;
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::EarnRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::SpendRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::PlaceHoldRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::CaptureHoldRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::VoidHoldRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::ReverseRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::ActivateRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::AdjustRequest&, base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::ApproveAdjustmentRequest&,
                        base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::RejectAdjustmentRequest&,
                        base::IdSource&);
MadeMutation MutationOf(const rpc::Call&, const ledger::v1::TransferRequest&, base::IdSource&);

}  // namespace gratis::ledger_service
