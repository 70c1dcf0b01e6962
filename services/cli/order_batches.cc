#include "services/cli/order_batches.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/batch.h"
#include "services/cli/import_request_id.h"
#include "services/cli/proto_values.h"
#include "services/cli/seeds.h"

namespace gratis::cli {
namespace {

constexpr size_t kMaxEnrollBatch = 1000;

std::string ShortHash(std::string_view bytes) {
  constexpr size_t kHashBytes = 4;
  const base::Digest digest = base::Sha256(bytes);
  return base::Hex(base::AsBytes(digest).substr(0, kHashBytes));
}

members::v1::EnrollMemberRequest ToRequest(const Order& order, const OrderOrigin& origin) {
  members::v1::EnrollMemberRequest request;
  members::v1::Profile& profile = *request.mutable_profile();
  members::v1::ExternalId& external_id = *profile.add_external_ids();
  external_id.set_source(origin.source);
  external_id.set_id(order.customer_id);
  profile.set_email(order.email);
  profile.set_phone(order.phone);
  profile.set_greeting_name(order.name);
  std::optional<Birthday> birthday = order.birthday;
  if (!birthday && origin.birthday_seed) {
    birthday = DemoBirthday(*origin.birthday_seed, order.customer_id);
  }
  if (birthday) *profile.mutable_birthday() = ToProto(*birthday);
  if (!order.is_now) *request.mutable_enrolled_at() = ToProto(order.purchased_at);
  // The same customer may come with other words in another file. That is another request, and its
  // answer tells who they are; under the same id it would be an error.
  const std::string content = request.SerializeAsString();
  request.set_request_id(ImportRequestId(origin.source, "member",
                                         absl::StrCat(order.customer_id, ":", ShortHash(content))));
  return request;
}

thanks::v1::RecordPurchaseRequest ToRequest(const PlacedOrder& placed, const OrderOrigin& origin) {
  thanks::v1::RecordPurchaseRequest request;
  const Order& order = placed.order;
  request.set_request_id(ImportRequestId(origin.source, "order", order.order_id));
  request.mutable_order()->set_source(origin.source);
  request.mutable_order()->set_order_id(order.order_id);
  request.set_member_id(placed.member.ToString());
  *request.mutable_total() = ToProto(order.total);
  request.set_item_count(order.item_count);
  if (!order.is_now) *request.mutable_purchased_at() = ToProto(order.purchased_at);
  return request;
}

// Who the answer to an enrollment says the customer is.
absl::StatusOr<MemberId> MemberIn(const absl::Status& status,
                                  const members::v1::EnrollMemberResponse& response) {
  if (status.ok()) return MemberId::Parse(response.member_id());
  if (ReasonOf(status) == Reason::kIdentifierTaken) {
    for (const auto& [key, value] : MetadataOf(status)) {
      if (key == "member_id") return MemberId::Parse(value);
    }
  }
  return status;
}

}  // namespace

PurchaseSums& PurchaseSums::operator+=(const PurchaseSums& other) {
  orders += other.orders;
  replayed += other.replayed;
  points += other.points;
  thanks += other.thanks;
  bonus_points += other.bonus_points;
  withheld += other.withheld;
  new_points += other.new_points;
  return *this;
}

absl::Status Enrollment::Enroll(const std::vector<const Order*>& firsts,
                                absl::flat_hash_map<std::string_view, absl::Status>& refusals) {
  for (size_t from = 0; from < firsts.size(); from += kMaxEnrollBatch) {
    const size_t count = std::min(kMaxEnrollBatch, firsts.size() - from);
    members::v1::BatchEnrollMembersRequest batch;
    for (size_t i = 0; i < count; ++i) {
      *batch.add_requests() = ToRequest(*firsts[from + i], origin_);
    }
    RETURN_IF_ERROR(SendBatch<members::v1::BatchEnrollMembersResponse>(
        engine_, std::move(batch), origin_.patience,
        [&](size_t place, const absl::Status& status, const auto& result) {
          const std::string& customer = firsts[from + place]->customer_id;
          const absl::StatusOr<MemberId> member = MemberIn(status, result.response());
          if (!member.ok()) {
            refusals[customer] = member.status();
            return;
          }
          member_of_.emplace(customer, *member);
          members_.insert(*member);
        }));
  }
  return absl::OkStatus();
}

absl::Status Enrollment::Place(std::vector<Order> orders, std::vector<PlacedOrder>& placed,
                               std::vector<RefusedOrder>& refused) {
  std::vector<const Order*> firsts;
  absl::flat_hash_set<std::string_view> newcomers;
  for (const Order& order : orders) {
    if (!member_of_.contains(order.customer_id) && newcomers.insert(order.customer_id).second) {
      firsts.push_back(&order);
    }
  }
  absl::flat_hash_map<std::string_view, absl::Status> refusals;
  RETURN_IF_ERROR(Enroll(firsts, refusals));
  for (Order& order : orders) {
    const auto member = member_of_.find(order.customer_id);
    if (member != member_of_.end()) {
      placed.push_back({std::move(order), member->second});
      continue;
    }
    // The keys of `refusals` point into orders: a refused order is copied, not moved.
    refused.push_back({order, refusals[order.customer_id]});
  }
  return absl::OkStatus();
}

namespace {

// Sends them. `of_today` gets those that an import in the morning of their day may have recorded
// in other words: whether one did, only sending them so again can tell.
absl::Status SendPurchases(Engine& engine, const OrderOrigin& origin,
                           std::vector<PlacedOrder> orders, PurchaseSums& sums,
                           std::vector<RefusedOrder>& refused, std::vector<PlacedOrder>& of_today) {
  thanks::v1::BatchRecordPurchasesRequest batch;
  for (const PlacedOrder& order : orders) *batch.add_requests() = ToRequest(order, origin);
  return SendBatch<thanks::v1::BatchRecordPurchasesResponse>(
      engine, std::move(batch), origin.patience,
      [&](size_t place, const absl::Status& status, const auto& result) {
        const Order& order = orders[place].order;
        if (ReasonOf(status) == Reason::kRequestIdReused && order.day_alone && !order.is_now) {
          of_today.push_back(std::move(orders[place]));
          of_today.back().order.is_now = true;
          return;
        }
        if (!status.ok()) {
          refused.push_back({std::move(orders[place].order), status});
          return;
        }
        const thanks::v1::ThankYou& thank_you = result.response().thank_you();
        const bool given = thank_you.outcome() == thanks::v1::THANK_YOU_OUTCOME_GIVEN;
        const int64_t bonus_points = given ? thank_you.bonus_points() : 0;
        sums.orders += 1;
        sums.points += result.response().points();
        sums.thanks += given ? 1 : 0;
        sums.bonus_points += bonus_points;
        sums.withheld += given ? 0 : 1;
        if (result.status().replayed()) {
          sums.replayed += 1;
        } else {
          sums.new_points += result.response().points() + bonus_points;
        }
      });
}

}  // namespace

absl::Status RecordPurchases(Engine& engine, const OrderOrigin& origin,
                             std::vector<PlacedOrder> orders, PurchaseSums& sums,
                             std::vector<RefusedOrder>& refused) {
  std::vector<PlacedOrder> of_today;
  RETURN_IF_ERROR(SendPurchases(engine, origin, std::move(orders), sums, refused, of_today));
  if (of_today.empty()) return absl::OkStatus();
  std::vector<PlacedOrder> none;
  return SendPurchases(engine, origin, std::move(of_today), sums, refused, none);
}

}  // namespace gratis::cli
