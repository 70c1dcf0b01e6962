#include "common/base/ids.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::base {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int kDigits = 26;  // 130 bits: the first digit holds the upper three of 128

// What each character counts as a digit; kNoDigit if it is none. Every call parses several ids.
constexpr uint8_t kNoDigit = 0xFF;
constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}();

absl::uint128 AsNumber(const Uuid& uuid) {
  absl::uint128 number = 0;
  for (const uint8_t byte : uuid.bytes) number = (number << 8) | byte;
  return number;
}

Uuid AsUuid(absl::uint128 number) {
  Uuid uuid;
  for (auto byte = uuid.bytes.rbegin(); byte != uuid.bytes.rend(); ++byte, number >>= 8) {
    *byte = static_cast<uint8_t>(absl::Uint128Low64(number));
  }
  return uuid;
}

std::optional<absl::uint128> ParseDigits(std::string_view digits) {
  if (digits.size() != kDigits || digits.front() > '7') return std::nullopt;
  absl::uint128 number = 0;
  for (const char c : digits) {
    const uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNoDigit) return std::nullopt;
    number = (number << 5) | value;
  }
  return number;
}

}  // namespace

std::string FormatId(std::string_view prefix, const Uuid& uuid) {
  std::string digits(kDigits, '0');
  absl::uint128 number = AsNumber(uuid);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number >>= 5) {
    *digit = kAlphabet[static_cast<size_t>(absl::Uint128Low64(number) & 31)];
  }
  return absl::StrCat(Abs(prefix), "_", digits);
}

absl::StatusOr<Uuid> ParseId(std::string_view prefix, std::string_view text) {
  if (text.size() == prefix.size() + 1 + kDigits && text.substr(0, prefix.size()) == prefix &&
      text[prefix.size()] == '_') {
    // The nil id stands for "none" inside; from outside it names nothing.
    const auto number = ParseDigits(text.substr(prefix.size() + 1));
    if (number && *number != 0) return AsUuid(*number);
  }
  return Error(Reason::kInvalidId,
               absl::StrCat("expected an id like ", Abs(prefix), "_", std::string(kDigits, '0'),
                            " (", kDigits, " characters after the prefix)"));
}

}  // namespace gratis::base
