#include "services/thanks/order_desk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/claims.h"
#include "services/thanks/deliveries.h"
#include "services/thanks/purchase_contract.h"
#include "services/thanks/return_contract.h"
#include "services/thanks/thanks_contract.h"
#include "services/thanks/twins.h"

namespace gratis::thanks {
namespace {

// A till that was offline sends what it queued; older purchases are history.
constexpr absl::Duration kOfflineTill = absl::Hours(24 * 30);

absl::Duration StatablePast(rpc::Role role) {
  const bool brings_history = role == rpc::Role::kAdmin || role == rpc::Role::kImport;
  return brings_history ? absl::InfiniteDuration() : kOfflineTill;
}

// Posted where the purchase is, or would be.
void Lead(const Located& located, ledger::Envelope& envelope) {
  if (located.where != Located::Where::kRecorded) {
    envelope.partition = located.partition;
    return;
  }
  envelope.member = located.member;
  // What was bought before a merge is undone where it was done.
  envelope.of_merged = true;
  if (!located.organization.IsNil()) envelope.also.push_back(located.organization);
  // What they spent comes back where they spent it, and goes on to who they became.
  envelope.also.insert(envelope.also.end(), located.payers.begin(), located.payers.end());
  envelope.also.insert(envelope.also.end(), located.became.begin(), located.became.end());
}

}  // namespace

absl::Status CheckStore(const rpc::Call& call, const OrderKey& order) {
  if (call.store.empty() || order.source == call.store || order.store == call.store) {
    return absl::OkStatus();
  }
  return InField(Error(Reason::kStoreNotAllowed,
                       absl::StrCat("this key deals with orders of ", call.store, " only"),
                       {{"store", call.store}}),
                 "order.source");
}

absl::StatusOr<Thanks::Found> OrderDesk::Find(const rpc::Call& call, const v1::OrderKey& message,
                                              const std::string& member_id) const {
  ASSIGN_OR_RETURN(const OrderKey order, ParseOrderKey(message));
  RETURN_IF_ERROR(CheckStore(call, order));
  if (member_id.empty()) return thanks_.FindPurchase(call.program, order, call.deadline);
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(member_id, "member_id"));
  return thanks_.FindPurchaseOf(call.program, member, order, call.deadline, call.as_named);
}

absl::StatusOr<int32_t> OrderDesk::PercentOf(const rpc::Call& call,
                                             const PurchaseOrder& order) const {
  const absl::StatusOr<int32_t> percent =
      organizations_.PercentOf(call.program, order.member, order.organization, call.deadline);
  if (!percent.ok()) return InField(percent.status(), "organization_id");
  return percent;
}

OrderDesk::Made OrderDesk::Make(const rpc::Call& call,
                                const v1::RecordPurchaseRequest& request) const {
  ASSIGN_OR_RETURN(PurchaseOrder order, ParsePurchase(request, call.now));
  RETURN_IF_ERROR(CheckStore(call, order.order));
  order.statable_past = StatablePast(call.role);
  PurchaseNames names{.order = thanks_.NameOf(call.program, order.order)};
  ASSIGN_OR_RETURN(const std::optional<OrderKey> same_as, ParseSameAs(request, order.order));
  if (same_as) {
    names.same_as = thanks_.NameOf(call.program, *same_as);
    ASSIGN_OR_RETURN(const Located recorded,
                     thanks_.Locate(call.program, *names.same_as, call.deadline));
    if (recorded.where != Located::Where::kNowhere) {
      ledger::Envelope envelope;
      Lead(recorded, envelope);
      std::unique_ptr<ledger::Mutation> twin = std::make_unique<RecordTwin>(
          order.order, order.member, std::move(names.order), recorded, ids_, call.now);
      twin->envelope = std::move(envelope);
      return twin;
    }
  }
  ledger::Envelope envelope;
  envelope.member = order.member;
  if (order.member.IsNil()) {
    envelope.partition = ledger::PartitionOf(call.program, PlaceOf(names.order));
    names.receipt_code = thanks_.ReceiptCodeOf(call.program, order.order);
    names.receipt = thanks_.ReceiptNameOf(call.program, names.receipt_code);
  }
  if (!order.organization.IsNil()) {
    const absl::StatusOr<int32_t> percent = PercentOf(call, order);
    // A retry gets its first answer, whatever became of the organization since.
    if (!percent.ok()) envelope.refusal = percent.status();
    order.organization_percent = percent.value_or(0);
    envelope.also.push_back(order.organization);
  }
  ASSIGN_OR_RETURN(const std::vector<MemberId> payers,
                   thanks_.FindPayers(call.program, order, call.deadline));
  if (!payers.empty()) {
    // That they are merged is why they are named. Whether the member is, RecordPurchase looks.
    envelope.of_merged = true;
    envelope.also.insert(envelope.also.end(), payers.begin(), payers.end());
  }
  std::unique_ptr<ledger::Mutation> mutation =
      std::make_unique<RecordPurchase>(std::move(order), std::move(names), ids_, call.now);
  mutation->envelope = std::move(envelope);
  return mutation;
}

OrderDesk::Made OrderDesk::Make(const rpc::Call& call,
                                const v1::ClaimPurchaseRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id(), "member_id"));
  ASSIGN_OR_RETURN(const std::string code, ParseReceiptCode(request.receipt_code()));
  ASSIGN_OR_RETURN(
      const Located located,
      thanks_.Locate(call.program, thanks_.ReceiptNameOf(call.program, code), call.deadline));
  std::unique_ptr<ledger::Mutation> mutation =
      std::make_unique<ClaimPurchase>(located, ids_, call.now);
  mutation->envelope.member = member;
  if (located.where == Located::Where::kNowhere) {
    mutation->envelope.refusal = NoSuchReceipt();
  }
  return mutation;
}

OrderDesk::Made OrderDesk::Make(const rpc::Call& call,
                                const v1::RecordReturnRequest& request) const {
  ASSIGN_OR_RETURN(ReturnOrder order, ParseReturn(request, call.now));
  RETURN_IF_ERROR(CheckStore(call, order.order));
  order.statable_past = StatablePast(call.role);
  ledger::DirectoryKey name = thanks_.NameOf(call.program, order.order);
  ASSIGN_OR_RETURN(const Located located, thanks_.Locate(call.program, name, call.deadline));
  ledger::Envelope envelope;
  Lead(located, envelope);
  std::unique_ptr<ledger::Mutation> mutation =
      std::make_unique<RecordReturn>(std::move(order), std::move(name), located, ids_, call.now);
  mutation->envelope = std::move(envelope);
  return mutation;
}

OrderDesk::Made OrderDesk::Make(const rpc::Call& call,
                                const v1::RecordDeliveryRequest& request) const {
  ASSIGN_OR_RETURN(DeliveryOrder order, ParseDelivery(request, call.now));
  RETURN_IF_ERROR(CheckStore(call, order.order));
  order.statable_past = StatablePast(call.role);
  ledger::DirectoryKey name = thanks_.NameOf(call.program, order.order);
  ASSIGN_OR_RETURN(const Located located, thanks_.Locate(call.program, name, call.deadline));
  ledger::Envelope envelope;
  Lead(located, envelope);
  std::unique_ptr<ledger::Mutation> mutation =
      std::make_unique<RecordDelivery>(std::move(order), std::move(name), located, ids_, call.now);
  mutation->envelope = std::move(envelope);
  return mutation;
}

}  // namespace gratis::thanks
