#include "services/thanks/wish_contract.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {

absl::StatusOr<MemberId> ParseWisher(const std::string& text) {
  if (text.empty()) return FieldError(Reason::kFieldMissing, "member_id", "who wishes for it?");
  absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return InField(member.status(), "member_id");
  return *member;
}

absl::StatusOr<Wish> ParseWish(const v1::NoteWishRequest& request, absl::Time now) {
  ASSIGN_OR_RETURN(const MemberId member, ParseWisher(request.member_id()));
  Wish wish{.of = {member, request.sku(), request.store()},
            .origin = static_cast<WishOrigin>(request.origin()),
            .noted_at = now,
            .ended_at = std::nullopt,
            .purchase = {}};
  RETURN_IF_ERROR(CheckWish(wish));
  return wish;
}

absl::StatusOr<WishKey> ParseWishKey(const v1::WithdrawWishRequest& request) {
  ASSIGN_OR_RETURN(const MemberId member, ParseWisher(request.member_id()));
  WishKey key{member, request.sku(), request.store()};
  RETURN_IF_ERROR(CheckWishKey(key));
  return key;
}

absl::StatusOr<Restock> ParseRestock(const v1::RecordRestockRequest& request, absl::Time now) {
  Restock restock{.id = {},
                  .sku = request.sku(),
                  .store = request.store(),
                  .item = request.item(),
                  .restocked_at = now,
                  .recorded_at = now};
  if (request.has_restocked_at()) {
    ASSIGN_OR_RETURN(restock.restocked_at, rpc::ParseTime(request.restocked_at(), "restocked_at"));
  }
  RETURN_IF_ERROR(CheckRestock(restock));
  return restock;
}

v1::Wish ToContract(const Wish& wish, absl::Time now) {
  v1::Wish message;
  message.set_member_id(wish.of.member.ToString());
  message.set_sku(wish.of.sku);
  message.set_store(wish.of.store);
  message.set_origin(static_cast<v1::WishOrigin>(wish.origin));
  rpc::SetTime(wish.noted_at, *message.mutable_noted_at());
  rpc::SetTime(wish.waits_until(), *message.mutable_waits_until());
  message.set_state(static_cast<v1::WishState>(StateAt(wish, now)));
  if (wish.ended_at) rpc::SetTime(*wish.ended_at, *message.mutable_ended_at());
  if (!wish.purchase.IsNil()) message.set_purchase_id(wish.purchase.ToString());
  return message;
}

std::string NotedAnswer(const Wish& wish, absl::Time now) {
  v1::NoteWishResponse response;
  *response.mutable_wish() = ToContract(wish, now);
  return response.SerializeAsString();
}

std::string WithdrawnAnswer(bool waited) {
  v1::WithdrawWishResponse response;
  response.set_waited(waited);
  return response.SerializeAsString();
}

std::string RestockedAnswer(int64_t waiting) {
  v1::RecordRestockResponse response;
  response.set_waiting(waiting);
  return response.SerializeAsString();
}

}  // namespace gratis::thanks
