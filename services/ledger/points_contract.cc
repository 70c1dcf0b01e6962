#include "services/ledger/points_contract.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/postings.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;

// --- answers -------------------------------------------------------------------------------------

// What all answers say.
template <class Resp>
void Answer(const Posted& posted, bool validate_only, Resp& response) {
  if (posted.tell_wallet) {
    response.set_available_points(posted.wallet.available);
    response.set_pending_points(posted.wallet.pending);
    response.set_held_points(posted.wallet.held);
    response.set_debt_points(-posted.wallet.debt);
  }
  if (validate_only) return;
  response.set_transaction_id(posted.transaction.ToString());
  rpc::SetTime(posted.recorded_at, *response.mutable_recorded_at());
}

void Answer(const Earned& earned, bool validate_only, v1::EarnResponse& response) {
  Answer(earned.posted, validate_only, response);
  response.set_earned_points(earned.points);
}

void Answer(const Placed& placed, bool validate_only, v1::PlaceHoldResponse& response) {
  Answer(placed.posted, validate_only, response);
  if (validate_only) return;
  response.set_hold_id(placed.hold.id.ToString());
  rpc::SetTime(placed.hold.expires_at, *response.mutable_expires_at());
}

void Answer(const Captured& captured, bool validate_only, v1::CaptureHoldResponse& response) {
  Answer(captured.posted, validate_only, response);
  response.set_captured_points(captured.captured);
  response.set_released_points(captured.released);
}

void Answer(const Released& released, bool validate_only, v1::VoidHoldResponse& response) {
  Answer(released.posted, validate_only, response);
  response.set_released_points(released.points);
}

void Answer(const Undone& undone, bool validate_only, v1::ReverseResponse& response) {
  Answer(undone.posted, validate_only, response);
  response.set_taken_points(undone.reversed.taken);
  response.set_taken_expired_points(undone.reversed.expired);
  response.set_taken_as_debt_points(undone.reversed.debt);
  response.set_forgiven_points(undone.reversed.forgiven);
  response.set_restored_points(undone.reversed.restored);
  response.set_repaid_points(undone.reversed.repaid);
}

void Answer(const Activated& activated, bool validate_only, v1::ActivateResponse& response) {
  Answer(activated.posted, validate_only, response);
  response.set_activated_points(activated.points);
}

void Answer(const Adjusted& adjusted, bool validate_only, v1::AdjustResponse& response) {
  Answer(adjusted.posted, validate_only, response);
  response.set_state(adjusted.requested ? v1::ADJUSTMENT_STATE_PENDING_APPROVAL
                                        : v1::ADJUSTMENT_STATE_POSTED);
  if (!adjusted.requested || validate_only) return;
  response.set_adjustment_id(AdjustmentId{adjusted.posted.transaction.uuid}.ToString());
}

void Answer(const Approved& approved, bool validate_only, v1::ApproveAdjustmentResponse& response) {
  Answer(approved.posted, validate_only, response);
  response.set_adjusted_points(approved.points);
}

void Answer(const Rejected& rejected, bool validate_only, v1::RejectAdjustmentResponse& response) {
  ToProto(rejected.adjustment, rejected.unit, *response.mutable_adjustment());
  if (validate_only) response.mutable_adjustment()->clear_resolved_at();
}

// A refusal that says what a member has, as it is told to a caller who may not know. What is known
// by its id and too small is a hold, whose points were told to who placed it.
absl::Status Discreet(const absl::Status& refusal, const ledger::Envelope& envelope) {
  const std::optional<Reason> reason = ReasonOf(refusal);
  const bool tells = reason == Reason::kClawbackRefused ||
                     (reason == Reason::kInsufficientPoints && !envelope.member.IsNil());
  if (!tells || envelope.MayTell(envelope.member)) return refusal;
  return Error(*reason, Describe(*reason).meaning);
}

// An order on its way, answered as Resp.
template <class Order, class Resp>
class PointsPosting final : public ledger::Mutation {
 public:
  explicit PointsPosting(Order order) : order_(std::move(order)) {}

  void AddNeeds(ledger::Wants& wants) const override { AddNeedsOf(order_, wants); }
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const auto done = Post(order_, envelope, books);
    if (!done.ok()) return Discreet(done.status(), envelope);
    Resp response;
    Answer(*done, envelope.validate_only, response);
    return response.SerializeAsString();
  }

 private:
  const Order order_;
};

// --- orders --------------------------------------------------------------------------------------

absl::StatusOr<MemberId> MemberOf(const std::string& text, std::string_view field) {
  absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return InField(member.status(), field);
  return member;
}

// An id that leads to its partition by itself.
// Something that is known by an id, which leads to its partition.
template <class Id>
struct Target {
  Id id;
  int32_t partition;
};

// Errors: INVALID_ID; `unknown`, when no partition of the program can have it.
template <class Id>
absl::StatusOr<Target<Id>> TargetOf(const Call& call, const std::string& text,
                                    std::string_view field, Reason unknown) {
  const absl::StatusOr<Id> id = Id::Parse(text);
  if (!id.ok()) return InField(id.status(), field);
  const std::optional<int32_t> partition = ledger::PartitionOfId(call.program, id->uuid);
  if (partition) return Target<Id>{*id, *partition};
  return FieldError(unknown, field, absl::StrCat("the program has no ", text));
}

// Of a request with effective_at; `reason`: its source, or what stands for it.
template <class Req>
absl::StatusOr<Stamp> StampOf(const Call& call, const Req& request, int32_t partition,
                              base::IdSource& ids, const std::string& reason) {
  Stamp stamp{.transaction = {ledger::InPartition(call.program, partition, ids.Next(call.now))},
              .source = reason,
              .effective_at = {},
              .statable_past = StatablePast(call.role)};
  ASSIGN_OR_RETURN(stamp.effective_at, EffectiveTimeIn(request));
  return stamp;
}

template <class Req>
absl::StatusOr<Stamp> StampOf(const Call& call, const Req& request, int32_t partition,
                              base::IdSource& ids) {
  RETURN_IF_ERROR(CheckSource(request.source()));
  return StampOf(call, request, partition, ids, request.source());
}

// The order of a member, posted in their partition.
template <class Resp, class Order>
std::unique_ptr<ledger::Mutation> OfMember(Order order) {
  const MemberId member = order.member;
  auto mutation = std::make_unique<PointsPosting<Order, Resp>>(std::move(order));
  mutation->envelope.member = member;
  return mutation;
}

// An order about something that is known by its id.
template <class Resp, class Order>
std::unique_ptr<ledger::Mutation> InPartitionOf(int32_t partition, Order order) {
  auto mutation = std::make_unique<PointsPosting<Order, Resp>>(std::move(order));
  mutation->envelope.partition = partition;
  return mutation;
}

// An order that takes points of a member's, which a till makes with their proof only. What a weak
// one is good for is said in points, so it is good for no other unit.
template <class Order>
std::unique_ptr<ledger::Mutation> WithProof(const Call& call, const Order& request,
                                            std::unique_ptr<ledger::Mutation> mutation) {
  const bool in_points = request.unit().empty() || request.unit() == ledger::Unit().code;
  const MemberId& member = mutation->envelope.member;
  mutation->envelope.refusal = in_points ? rpc::NeedProofFor(call, member, request.points())
                                         : rpc::NeedStrongProof(call, member);
  return mutation;
}

// 0, or points. Errors: as CheckPoints.
absl::Status CheckPart(int64_t points) {
  return points == 0 ? absl::OkStatus() : ledger::CheckPoints(points);
}

absl::Status ParseAmount(const v1::EarnRequest& request, EarnOrder& order) {
  switch (request.amount_case()) {
    case v1::EarnRequest::kPoints:
      order.points = request.points();
      return ledger::CheckPoints(request.points());
    case v1::EarnRequest::kMilliPoints:
      order.milli_points = request.milli_points();
      return absl::OkStatus();
    default:
      return FieldError(Reason::kFieldMissing, "points", "how many points?");
  }
}

absl::Status ParseAvailability(const v1::EarnRequest& request, EarnOrder& order) {
  if (request.has_available_at()) {
    ASSIGN_OR_RETURN(order.available_at, rpc::ParseTime(request.available_at(), "available_at"));
  }
  if (request.on_activation()) order.available_at = absl::InfiniteFuture();
  if (request.has_expires_at()) {
    ASSIGN_OR_RETURN(order.expires_at, rpc::ParseTime(request.expires_at(), "expires_at"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ledger::Origin> OriginOf(v1::Origin origin) {
  switch (origin) {
    case v1::ORIGIN_UNSPECIFIED:
    case v1::ORIGIN_GIVEN:
      return ledger::Origin::kGiven;
    case v1::ORIGIN_PURCHASE:
      return ledger::Origin::kPurchase;
    default:
      return FieldError(Reason::kFieldInvalid, "origin", "there is no such origin");
  }
}

absl::StatusOr<std::optional<ledger::Clawback>> ClawbackOf(const Call& call,
                                                           v1::Clawback clawback) {
  if (clawback == v1::CLAWBACK_UNSPECIFIED) return std::nullopt;
  if (!v1::Clawback_IsValid(clawback)) {
    return FieldError(Reason::kFieldInvalid, "clawback", "there is no such rule");
  }
  if (!MayChooseClawback(call.role)) {
    return FieldError(Reason::kRoleNotAllowed, "clawback",
                      "this key's role leaves it to the unit's rule");
  }
  return static_cast<ledger::Clawback>(clawback);
}

}  // namespace

MadeMutation MutationOf(const Call& call, const v1::EarnRequest& request, base::IdSource& ids) {
  EarnOrder order;
  ASSIGN_OR_RETURN(order.member, MemberOf(request.member_id(), "member_id"));
  const int32_t partition = ledger::PartitionOf(call.program, order.member);
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, partition, ids));
  RETURN_IF_ERROR(ParseAmount(request, order));
  RETURN_IF_ERROR(ParseAvailability(request, order));
  ASSIGN_OR_RETURN(order.origin, OriginOf(request.origin()));
  if (!request.budget_id().empty()) {
    const absl::StatusOr<BudgetId> budget = BudgetId::Parse(request.budget_id());
    if (!budget.ok()) return InField(budget.status(), "budget_id");
    order.budget = *budget;
  }
  order.unit = request.unit();
  return OfMember<v1::EarnResponse>(std::move(order));
}

MadeMutation MutationOf(const Call& call, const v1::SpendRequest& request, base::IdSource& ids) {
  SpendOrder order;
  ASSIGN_OR_RETURN(order.member, MemberOf(request.member_id(), "member_id"));
  const int32_t partition = ledger::PartitionOf(call.program, order.member);
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, partition, ids));
  RETURN_IF_ERROR(ledger::CheckPoints(request.points()));
  order.unit = request.unit();
  order.points = request.points();
  return WithProof(call, request, OfMember<v1::SpendResponse>(std::move(order)));
}

MadeMutation MutationOf(const Call& call, const v1::PlaceHoldRequest& request,
                        base::IdSource& ids) {
  HoldOrder order;
  ASSIGN_OR_RETURN(order.member, MemberOf(request.member_id(), "member_id"));
  const int32_t partition = ledger::PartitionOf(call.program, order.member);
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, partition, ids));
  RETURN_IF_ERROR(ledger::CheckPoints(request.points()));
  if (request.life_seconds() < 0) {
    return FieldError(Reason::kFieldInvalid, "life_seconds", "a hold lives for some time");
  }
  order.unit = request.unit();
  order.points = request.points();
  order.hold = {ledger::InPartition(call.program, partition, ids.Next(call.now))};
  order.life =
      request.life_seconds() == 0 ? kDefaultHoldLife : absl::Seconds(request.life_seconds());
  return WithProof(call, request, OfMember<v1::PlaceHoldResponse>(std::move(order)));
}

MadeMutation MutationOf(const Call& call, const v1::CaptureHoldRequest& request,
                        base::IdSource& ids) {
  ASSIGN_OR_RETURN(const Target<HoldId> hold,
                   TargetOf<HoldId>(call, request.hold_id(), "hold_id", Reason::kHoldNotFound));
  CaptureOrder order{.stamp = {}, .hold = hold.id, .points = request.points()};
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, hold.partition, ids));
  RETURN_IF_ERROR(CheckPart(request.points()));
  return InPartitionOf<v1::CaptureHoldResponse>(hold.partition, std::move(order));
}

MadeMutation MutationOf(const Call& call, const v1::VoidHoldRequest& request, base::IdSource& ids) {
  ASSIGN_OR_RETURN(const Target<HoldId> hold,
                   TargetOf<HoldId>(call, request.hold_id(), "hold_id", Reason::kHoldNotFound));
  VoidOrder order{.stamp = {}, .hold = hold.id};
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, hold.partition, ids));
  return InPartitionOf<v1::VoidHoldResponse>(hold.partition, std::move(order));
}

MadeMutation MutationOf(const Call& call, const v1::ReverseRequest& request, base::IdSource& ids) {
  ASSIGN_OR_RETURN(const Target<TransactionId> undone,
                   TargetOf<TransactionId>(call, request.transaction_id(), "transaction_id",
                                           Reason::kTransactionNotFound));
  ReverseOrder order{.stamp = {}, .undone = undone.id, .points = request.points(), .clawback = {}};
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, undone.partition, ids));
  RETURN_IF_ERROR(CheckPart(request.points()));
  ASSIGN_OR_RETURN(order.clawback, ClawbackOf(call, request.clawback()));
  return InPartitionOf<v1::ReverseResponse>(undone.partition, std::move(order));
}

MadeMutation MutationOf(const Call& call, const v1::ActivateRequest& request, base::IdSource& ids) {
  ASSIGN_OR_RETURN(const Target<TransactionId> earned,
                   TargetOf<TransactionId>(call, request.transaction_id(), "transaction_id",
                                           Reason::kTransactionNotFound));
  ActivateOrder order{.stamp = {}, .earned_by = earned.id};
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, earned.partition, ids));
  return InPartitionOf<v1::ActivateResponse>(earned.partition, std::move(order));
}

MadeMutation MutationOf(const Call& call, const v1::AdjustRequest& request, base::IdSource& ids) {
  AdjustOrder order;
  ASSIGN_OR_RETURN(order.member, MemberOf(request.member_id(), "member_id"));
  const int32_t partition = ledger::PartitionOf(call.program, order.member);
  RETURN_IF_ERROR(CheckReason(request.reason()));
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, partition, ids, request.reason()));
  RETURN_IF_ERROR(CheckAdjustment(request.points()));
  order.unit = request.unit();
  order.points = request.points();
  return OfMember<v1::AdjustResponse>(std::move(order));
}

MadeMutation MutationOf(const Call& call, const v1::ApproveAdjustmentRequest& request,
                        base::IdSource&) {
  ASSIGN_OR_RETURN(const Target<AdjustmentId> adjustment,
                   TargetOf<AdjustmentId>(call, request.adjustment_id(), "adjustment_id",
                                          Reason::kAdjustmentNotFound));
  RETURN_IF_ERROR(CheckSource(request.source()));
  ASSIGN_OR_RETURN(const auto effective_at, EffectiveTimeIn(request));
  return InPartitionOf<v1::ApproveAdjustmentResponse>(
      adjustment.partition, ApproveOrder{.adjustment = adjustment.id,
                                         .why = request.source(),
                                         .effective_at = effective_at,
                                         .statable_past = StatablePast(call.role)});
}

MadeMutation MutationOf(const Call& call, const v1::RejectAdjustmentRequest& request,
                        base::IdSource&) {
  ASSIGN_OR_RETURN(const Target<AdjustmentId> adjustment,
                   TargetOf<AdjustmentId>(call, request.adjustment_id(), "adjustment_id",
                                          Reason::kAdjustmentNotFound));
  RETURN_IF_ERROR(CheckReason(request.reason()));
  ASSIGN_OR_RETURN(const auto effective_at, EffectiveTimeIn(request));
  return InPartitionOf<v1::RejectAdjustmentResponse>(
      adjustment.partition, RejectOrder{.adjustment = adjustment.id,
                                        .reason = request.reason(),
                                        .others = MayRejectOthers(call.role),
                                        .effective_at = effective_at,
                                        .statable_past = StatablePast(call.role)});
}

MadeMutation MutationOf(const Call& call, const v1::TransferRequest& request, base::IdSource& ids) {
  TransferOrder order;
  ASSIGN_OR_RETURN(order.member, MemberOf(request.member_id(), "member_id"));
  ASSIGN_OR_RETURN(order.to, MemberOf(request.to_member_id(), "to_member_id"));
  const int32_t partition = ledger::PartitionOf(call.program, order.member);
  ASSIGN_OR_RETURN(order.stamp, StampOf(call, request, partition, ids));
  RETURN_IF_ERROR(ledger::CheckPoints(request.points()));
  order.unit = request.unit();
  order.points = request.points();
  const MemberId to = order.to;
  std::unique_ptr<ledger::Mutation> mutation = OfMember<v1::TransferResponse>(std::move(order));
  mutation->envelope.also.push_back(to);
  return mutation;
}

}  // namespace gratis::ledger_service
