#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gratis::birthdays {

// The words by which a text promises that something must be done for a gift, bought first, or used
// in one way only: "with any purchase". Amounts are left out of them: "spend … and get". In
// English, German, French, Spanish and Italian; nothing when there are none, or when they are
// denied ("no minimum spend"). Words alone: a gift has no field for a condition, and this keeps one
// from being written where people read.
std::optional<std::string> FindCondition(std::string_view text);

}  // namespace gratis::birthdays
