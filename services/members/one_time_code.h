#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"

// One-time codes: six digits that reach the member by another way. Five tries at a million codes,
// five codes an hour: who guesses is right once in 40,000 hours of trying, member by member.
namespace gratis::members {

inline constexpr absl::Duration kCodeLife = absl::Minutes(10);
inline constexpr int kCodeTries = 5;
inline constexpr int kCodesAnHour = 5;

// Six random digits, each code as likely as any other.
std::string DrawCode();

// Errors: FIELD_INVALID (field code): not six digits. The message does not repeat it.
absl::Status CheckCode(std::string_view code);

// What is kept of a code: 16 bytes of a keyed hash, bound to program and member. `key`: 32 bytes,
// the vault's "one-time-code"; six digits alone would be guessed from any hash without a key.
std::string CodeHash(std::string_view key, int32_t program, const MemberId& member,
                     std::string_view code);

}  // namespace gratis::members
