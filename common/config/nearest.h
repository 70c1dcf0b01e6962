#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gratis::config {

// How many letters must be put in, left out or exchanged to make one text of the other
// (Levenshtein).
int EditDistance(std::string_view a, std::string_view b);

// Of `known`, the one nearest to what somebody typed; the first among equals. Empty when there are
// none.
std::string Nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace gratis::config
