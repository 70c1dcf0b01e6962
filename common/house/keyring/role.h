#pragma once

#include <cstdint>
#include <string_view>

namespace gratis::house {

// What a caller is. The numbers are stored, and are those of gratis.type.v1.Role.
enum class Role : int16_t {
  kUnspecified = 0,
  kAdmin = 1,
  kBackend = 2,
  kPos = 3,
  kMarketing = 4,
  kSupport = 5,
  kFinance = 6,
  kAuditor = 7,
  kImport = 8,
  kService = 9,  // another service of the engine; no key has it
  kMember = 10,  // a member's own page, with a token; no key has it
};

// "admin", "backend", …; "unspecified" for what is not a role.
std::string_view RoleName(Role role);

// Whose calls are few and have somebody behind them who answers for what they do: not those of
// tills, back ends, imports, services and members.
bool IsStaff(Role role);

}  // namespace gratis::house
