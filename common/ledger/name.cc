#include "common/ledger/name.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::ledger {
namespace {

constexpr std::string_view kBefore = "{\"name\":";

}  // namespace

std::string ReleaseJson(int64_t number) { return absl::StrCat(base::Abs(kBefore), number, "}"); }

std::optional<int64_t> ReleasedNumber(std::string_view detail) {
  int64_t number = 0;
  if (!detail.starts_with(kBefore) || !detail.ends_with('}')) return std::nullopt;
  const std::string_view digits = detail.substr(kBefore.size(), detail.size() - kBefore.size() - 1);
  if (!absl::SimpleAtoi(base::Abs(digits), &number) || ReleaseJson(number) != detail) {
    return std::nullopt;
  }
  return number;
}

}  // namespace gratis::ledger
