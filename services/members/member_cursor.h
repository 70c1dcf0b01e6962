#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ids.h"

namespace gratis::members {

// Where a list of members stands, by partition and id; the next page begins behind it.
struct MemberCursor {
  int32_t partition = 0;
  MemberId member;  // nil: before the partition's first

  // As page tokens and exports carry it. Whatever text Parse is given, it is a place or none.
  std::string ToString() const;
  static std::optional<MemberCursor> Parse(std::string_view text);
};

}  // namespace gratis::members
