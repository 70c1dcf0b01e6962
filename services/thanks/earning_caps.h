#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/thanks/earning_rules.h"
#include "services/thanks/purchase.h"

// Caps that bound what several purchases of a member earn together. Pure.
//
// A cap counts what a purchase's lines in scope earned, after everything that clipped them, in the
// period in which the purchase was made where its store is. What returns take of these lines is
// free again, in that same period. So what is counted is at any time what was earned and kept: it
// follows from what came back by now, and neither the order of returns nor their split matters.
namespace gratis::thanks {

// The window of a cap that a moment, local to the store, falls in. Weeks begin on Monday.
CapWindow WindowOf(std::string_view rule, CapPeriod per, absl::CivilSecond local);

// Those of all caps over several purchases, for a purchase made then. `zone`: of stores that say
// none.
std::vector<CapWindow> WindowsOf(const EarningRule& rule, const OrderKey& order, absl::Time at,
                                 const absl::TimeZone& zone);

// How much a cap lets through yet; 0 also where a version before let more through.
int64_t RoomUnder(const CapRule& cap, const CapWindow& window, absl::Span<const CapCount> counted);

// What of a purchase's points a cap bounds.
int64_t PointsUnder(const CapTrace& cap, absl::Span<const LineTrace> traces);

// What caps over several purchases are to count for a purchase that is recorded, with what has come
// back of it at once.
std::vector<CapCount> CountsOf(const Purchase& purchase);

// What returns took of that since `before` had come back.
std::vector<CapCount> TakenSince(const Purchase& purchase, const Returned& before);

}  // namespace gratis::thanks
