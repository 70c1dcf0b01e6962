#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "services/cli/engine.h"
#include "services/cli/order_row.h"

namespace gratis::cli {

// How orders of a file become members and purchases. The ids of the requests are made of the
// source's name and the ids in the file, so that whatever is sent again is a replay.
struct OrderOrigin {
  std::string source;  // of orders and of customers, as in OrderKey and ExternalId
  // Gives customers whose row has no birthday one; see DemoBirthday.
  std::optional<uint64_t> birthday_seed;
  absl::Duration patience;  // how long an engine that cannot be reached is waited for
};

// An order whose customer is a member.
struct PlacedOrder {
  Order order;
  MemberId member;
};

// An order that the books did not take, and why.
struct RefusedOrder {
  Order order;
  absl::Status error;
};

// What the answers to a batch of purchases add up to.
struct PurchaseSums {
  int64_t orders = 0;  // accepted, replays among them
  int64_t replayed = 0;
  int64_t points = 0;
  int64_t thanks = 0;
  int64_t bonus_points = 0;
  int64_t withheld = 0;
  int64_t new_points = 0;  // of these, bonuses among them, what was not there before

  PurchaseSums& operator+=(const PurchaseSums& other);
};

// Makes members of customers as they appear. Keeps about a hundred bytes for each. Not thread-safe.
class Enrollment {
 public:
  Enrollment(Engine& engine, const OrderOrigin& origin) : engine_(engine), origin_(origin) {}

  // Enrolls the customers that are not known yet, each with what their first order here says, and
  // moves the orders to `placed`, in their order, or to `refused`. A customer who is a member
  // already, by whatever identifier, stays who they are.
  // Errors: what ends the import.
  absl::Status Place(std::vector<Order> orders, std::vector<PlacedOrder>& placed,
                     std::vector<RefusedOrder>& refused);

  // How many different members the orders belong to.
  int64_t members() const { return static_cast<int64_t>(members_.size()); }

 private:
  absl::Status Enroll(const std::vector<const Order*>& firsts,
                      absl::flat_hash_map<std::string_view, absl::Status>& refusals);

  Engine& engine_;
  const OrderOrigin& origin_;
  absl::flat_hash_map<std::string, MemberId> member_of_;
  absl::flat_hash_set<MemberId> members_;
};

// Records purchases in one batch, adds up the answers and moves orders that were refused to
// `refused`. Errors: what ends the import.
absl::Status RecordPurchases(Engine& engine, const OrderOrigin& origin,
                             std::vector<PlacedOrder> orders, PurchaseSums& sums,
                             std::vector<RefusedOrder>& refused);

}  // namespace gratis::cli
