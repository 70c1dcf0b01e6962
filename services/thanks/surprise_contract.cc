#include "services/thanks/surprise_contract.h"

#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/trigger_contract.h"

namespace gratis::thanks {
namespace {

constexpr int32_t kRestDays = 365;  // where nothing is said

}  // namespace

absl::StatusOr<SurpriseOrder> ParseSurprise(const v1::DrawSurpriseRequest& request,
                                            std::string_view currency_code) {
  const v1::SurpriseAudience& audience = request.audience();
  const v1::SurpriseGift& gift = request.gift();
  SurpriseOrder order{
      .code = request.code(),
      .seed = request.seed(),
      .audience = {.member_days = audience.member_days(),
                   .bought_within_days = audience.bought_within_days(),
                   .rest_days = audience.rest_days() == 0 ? kRestDays : audience.rest_days()},
      .gift = {.points = gift.points(),
               .voucher = std::nullopt,
               .sender_code = gift.sender().code(),
               .sender_name = gift.sender().name(),
               .template_code = gift.template_()},
      .budget = {},
      .winners = request.winners()};
  if (gift.has_voucher()) {
    ASSIGN_OR_RETURN(order.gift.voucher,
                     ParseVoucher(gift.voucher(), "gift.voucher", currency_code));
  }
  if (!request.budget_id().empty()) {
    const absl::StatusOr<BudgetId> budget = BudgetId::Parse(request.budget_id());
    if (!budget.ok()) return InField(budget.status(), "budget_id");
    order.budget = *budget;
  }
  RETURN_IF_ERROR(CheckSurprise(order));
  return order;
}

v1::Surprise ToContract(const Surprise& surprise, const EntrantCounts& counts,
                        std::string_view currency_code) {
  const SurpriseOrder& order = surprise.order;
  v1::Surprise message;
  message.set_code(order.code);
  message.set_seed(order.seed);
  message.mutable_audience()->set_member_days(order.audience.member_days);
  message.mutable_audience()->set_bought_within_days(order.audience.bought_within_days);
  message.mutable_audience()->set_rest_days(order.audience.rest_days);
  v1::SurpriseGift& gift = *message.mutable_gift();
  gift.set_points(order.gift.points);
  if (order.gift.voucher) {
    *gift.mutable_voucher() = ToContract(*order.gift.voucher, currency_code);
  }
  if (!order.gift.sender_code.empty()) {
    gift.mutable_sender()->set_code(order.gift.sender_code);
    gift.mutable_sender()->set_name(order.gift.sender_name);
  }
  gift.set_template_(order.gift.template_code);
  message.set_budget_id(order.budget.ToString());
  message.set_winners(order.winners);
  rpc::SetTime(surprise.drawn_at, *message.mutable_drawn_at());
  message.set_entrants(surprise.entrants);
  message.set_entrants_digest(base::Hex(surprise.digest));
  message.set_won(surprise.won);
  message.set_given(static_cast<int32_t>(counts.given));
  message.set_withheld(static_cast<int32_t>(counts.withheld));
  message.set_transaction_id(surprise.transaction.ToString());
  return message;
}

v1::SurpriseEntrant ToContract(const Entrant& entrant) {
  v1::SurpriseEntrant message;
  message.set_member_id(entrant.member.ToString());
  message.set_outcome(static_cast<v1::EntrantOutcome>(entrant.outcome));
  if (!entrant.transaction.IsNil()) message.set_transaction_id(entrant.transaction.ToString());
  return message;
}

v1::MemberSurprise ToContract(const TookPart& draw) {
  v1::MemberSurprise message;
  message.set_code(draw.code);
  rpc::SetTime(draw.drawn_at, *message.mutable_drawn_at());
  message.set_outcome(static_cast<v1::EntrantOutcome>(draw.outcome));
  if (!draw.transaction.IsNil()) message.set_transaction_id(draw.transaction.ToString());
  return message;
}

std::string DrawnAnswer(const Surprise& surprise, std::string_view currency_code) {
  v1::DrawSurpriseResponse response;
  *response.mutable_surprise() = ToContract(surprise, {}, currency_code);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
