#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/context.h"

namespace gratis::cli {

// What there is to see in the demo program.
struct DemoStories {
  std::string thanked;         // mem_…: bought just now, and gets a letter from the founder
  std::string returned;        // mem_…: brought all of a purchase back
  int64_t points_taken = 0;    // with it
  int64_t birthday_gifts = 0;  // of the birthdays around, whether this run or the engine gave them
};

// Plays three stories in the demo shop: a purchase that the founder thanks for by mail, with 20%
// off without an end and a question; the gifts of the birthdays around; and a purchase that comes
// back. Each once, however often it is run. `members` are the shop's, of whom the first six agree
// to letters.
absl::StatusOr<DemoStories> PlayStories(Context& context, RemoteEngine& engine,
                                        const std::vector<std::string>& members);

}  // namespace gratis::cli
