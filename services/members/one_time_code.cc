#include "services/members/one_time_code.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr uint32_t kCodes = 1'000'000;
constexpr size_t kDigits = 6;
constexpr size_t kHashBytes = 16;

uint32_t Random32() {
  uint32_t value = 0;
  for (const char c : base::RandomBytes(sizeof value)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

}  // namespace

std::string DrawCode() {
  // The last, incomplete million would make some codes likelier.
  constexpr uint32_t kFair = UINT32_MAX - UINT32_MAX % kCodes;
  uint32_t value = Random32();
  while (value >= kFair) value = Random32();
  return absl::StrFormat("%06d", value % kCodes);
}

absl::Status CheckCode(std::string_view code) {
  const bool digits =
      std::all_of(code.begin(), code.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (digits && code.size() == kDigits) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "code", "a one-time code has six digits");
}

std::string CodeHash(std::string_view key, int32_t program, const MemberId& member,
                     std::string_view code) {
  const base::Digest digest =
      base::HmacSha256(key, absl::StrCat(program, "/", member.ToString(), "/", base::Abs(code)));
  return std::string(base::AsBytes(digest).substr(0, kHashBytes));
}

}  // namespace gratis::members
