#include "services/cli/replay.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::cli {

absl::StatusOr<ReplaySums> Replay::Run(const std::vector<OrderFile::Place>& places,
                                       const std::function<void(int64_t, int64_t)>& passed) {
  ReplaySums sums;
  if (places.empty()) return sums;
  ASSIGN_OR_RETURN(const ProgramClock::Reading start, clock_.Read());
  if (!start.development) {
    return Error(Reason::kDevelopmentClockOff,
                 "a file can be lived through only where time can be moved");
  }
  RETURN_IF_ERROR(clock_.BeginCounting());
  // A clock that runs has not been moved yet, and may be moved to any time.
  now_ = start.manual ? start.now : absl::InfinitePast();
  const auto time_of = [](const OrderFile::Place& place) {
    return absl::FromUnixSeconds(place.at_seconds);
  };
  const absl::CivilDay first = base::DayOf(time_of(places.front()), defaults_.zone);
  const absl::CivilDay last = base::DayOf(time_of(places.back()), defaults_.zone);
  size_t at = 0;
  for (absl::CivilDay day = first; day <= last; ++day) {
    const size_t from = at;
    while (at < places.size() && base::DayOf(time_of(places[at]), defaults_.zone) == day) ++at;
    const absl::Time last_order = at > from ? time_of(places[at - 1]) : absl::InfinitePast();
    const absl::Time noon = absl::FromCivil(absl::CivilHour(day) + 12, defaults_.zone);
    const absl::Time then = std::max(noon, last_order);
    const bool is_ahead = then > now_;
    if (is_ahead) {
      RETURN_IF_ERROR(clock_.Set(then, "replay"));
      now_ = then;
    }
    for (size_t i = from; i < at; ++i) {
      ASSIGN_OR_RETURN(Order order, file_.At(places[i], defaults_));
      if (!import_.Add(std::move(order))) break;
    }
    // Days that have passed need no order among each other: they wait for the first one that has
    // not.
    if (then >= now_) {
      RETURN_IF_ERROR(import_.Finish());
      RETURN_IF_ERROR(clock_.RunBirthdays().status());
    }
    sums.days += is_ahead ? 1 : 0;
    passed(day - first + 1, last - first + 1);
  }
  RETURN_IF_ERROR(import_.Finish());
  ASSIGN_OR_RETURN(sums.gifts, clock_.EndCounting(import_.sums().new_points));
  return sums;
}

}  // namespace gratis::cli
