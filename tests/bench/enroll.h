#pragma once

#include <string>
#include <vector>

#include "tests/bench/drive.h"

namespace gratis::bench {

// Enrolls `count` members under external ids of source "bench" and returns their ids. Enrolled
// again, they are the same.
std::vector<std::string> EnrollMembers(const Target& target, int count);

}  // namespace gratis::bench
