#include "common/house/keyring/role.h"

#include <array>

namespace gratis::house {

std::string_view RoleName(Role role) {
  constexpr std::array<std::string_view, 11> kNames = {
      "unspecified", "admin",   "backend", "pos",     "marketing", "support",
      "finance",     "auditor", "import",  "service", "member"};
  const auto number = static_cast<size_t>(role);
  return number < kNames.size() ? kNames[number] : kNames[0];
}

bool IsStaff(Role role) {
  return role == Role::kAdmin || role == Role::kMarketing || role == Role::kSupport ||
         role == Role::kFinance || role == Role::kAuditor;
}

}  // namespace gratis::house
