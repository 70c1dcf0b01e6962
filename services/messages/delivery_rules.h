#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "services/messages/channel.h"
#include "services/messages/delivery.h"

// What follows an attempt, as pure values. `random` is any number; the same gives the same.
namespace gratis::messages {

// How long to wait after the attempt with this number (from 1) failed: 2 s, and four times as much
// with each that follows, up to 4 h; each shortened at random by up to a half, so that what failed
// together is not tried again together.
absl::Duration BackoffAfter(int32_t attempt, uint64_t random);

// Where a delivery stands after an attempt.
struct Settlement {
  DeliveryStatus status = DeliveryStatus::kWaiting;
  absl::Time next_at;
};
// What failed is tried again after its backoff, unless that is past `give_up_at`: then it is dead;
// and not before the other side wants it, if that is not past it.
Settlement Settle(const Verdict& verdict, int32_t attempt, absl::Time now, absl::Time give_up_at,
                  uint64_t random);

// How many more deliveries an endpoint may have under way, which has `in_flight` of at most
// `limit`, when all together are `used` of `total`. Half of the total is free to all; of the rest,
// nobody gets more than a quarter of what is left, so that something is left for the next one; and
// whoever has nothing under way may have one.
int32_t RoomFor(int32_t limit, int32_t in_flight, int32_t used, int32_t total);

}  // namespace gratis::messages
