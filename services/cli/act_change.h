#pragma once

#include <string>

namespace gratis::cli {

// What is not as it was, for people: `points 100 → 250, until "2027-01-31" → (none)`; all of it
// when there was nothing before. `before`: as Act has it; `detail`: its entry's.
std::string ChangeOf(const std::string& before, const std::string& detail);

}  // namespace gratis::cli
