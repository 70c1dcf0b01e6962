#include "services/cli/seeds.h"

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace gratis::cli {

Birthday DemoBirthday(uint64_t seed, std::string_view customer_id) {
  const base::Digest digest =
      base::Sha256(absl::StrCat("birthday:", seed, ":", base::Abs(customer_id)));
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = (number << 8) | digest[static_cast<size_t>(i)];
  // Four years in a row have one leap day.
  constexpr uint64_t kDaysOfFourYears = 4 * 365 + 1;
  const absl::CivilDay day =
      absl::CivilDay(2001, 1, 1) + static_cast<int64_t>(number % kDaysOfFourYears);
  return {day.month(), day.day(), std::nullopt};
}

}  // namespace gratis::cli
