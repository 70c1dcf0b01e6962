#include "services/thanks/field_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxCodeBytes = 40;

}  // namespace

absl::Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return FieldError(
      Reason::kFieldInvalid, field,
      absl::StrCat(base::Abs(field), " is ", value, "; it may be ", low, " to ", high));
}

absl::Status CheckLength(std::string_view field, std::string_view text, size_t most) {
  if (base::CodePoints(text) <= most) return absl::OkStatus();
  return FieldError(Reason::kFieldTooLong, field,
                    absl::StrCat(base::Abs(field), " may have ", most, " characters"));
}

bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= kMaxCodeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace gratis::thanks
