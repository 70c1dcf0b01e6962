#pragma once

#include <cstdint>
#include <string_view>

#include "services/cli/order_row.h"

namespace gratis::cli {

// A birthday for someone who has told none, the same for the same seed and id whenever and wherever
// it is asked for. Every day of the year is as likely as any other, 29 February a quarter as much.
// It has no year.
Birthday DemoBirthday(uint64_t seed, std::string_view customer_id);

}  // namespace gratis::cli
