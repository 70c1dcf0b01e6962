#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// How the journal says that a name was given up: by its number, which was sealed with it and says
// nothing to who does not have its row. So nothing of an erased person's names stays behind.
namespace gratis::ledger {

// The detail of a fact kNameReleased: {"name":17}.
std::string ReleaseJson(int64_t number);

// The number that such a detail names; nothing if it is not one.
std::optional<int64_t> ReleasedNumber(std::string_view detail);

}  // namespace gratis::ledger
