#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/order_file.h"
#include "services/cli/order_import.h"
#include "services/cli/program_clock.h"

namespace gratis::cli {

// What living through a file came to, besides the purchases.
struct ReplaySums {
  int64_t days = 0;  // that passed
  GiftSums gifts;
};

// Lives through a file of orders on a development clock: for each day that has orders, and each
// between, moves the clock to noon (or to the day's last order, if that is later), records the
// day's orders and gives its birthday gifts.
//
// A replay that was cut off goes on where the clock stands: days that have passed are recorded
// again, which replays them, and the clock stays.
class Replay {
 public:
  // `zone` is the store's: in it, days begin and end.
  Replay(ProgramClock& clock, OrderImport& import, OrderFile& file, OrderDefaults defaults)
      : clock_(clock), import_(import), file_(file), defaults_(std::move(defaults)) {}

  // `places` as OrderFile::PlacesByTime returned them; `passed(day, days)` hears of each day.
  // Errors: DEVELOPMENT_CLOCK_OFF, CLOCK_BACKWARDS (the program lives in another time), and
  // whatever ends an import.
  absl::StatusOr<ReplaySums> Run(const std::vector<OrderFile::Place>& places,
                                 const std::function<void(int64_t, int64_t)>& passed);

 private:
  ProgramClock& clock_;
  OrderImport& import_;
  OrderFile& file_;
  const OrderDefaults defaults_;
  absl::Time now_;  // where the program's clock stands
};

}  // namespace gratis::cli
