#include "common/obs/trace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/base/text.h"

namespace gratis::obs {
namespace {

constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;
// "00-" trace "-" span "-" two digits of flags.
constexpr size_t kLength = 3 + kTraceDigits + 1 + kSpanDigits + 1 + 2;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::string NewId(size_t digits) { return base::Hex(base::RandomBytes(digits / 2)); }

}  // namespace

Trace Trace::New() { return {NewId(kTraceDigits), NewId(kSpanDigits), false}; }

std::optional<Trace> Trace::Parse(std::string_view text) {
  // A later version may append fields behind another dash; version ff is forbidden.
  if (text.size() < kLength || !IsHex(text.substr(0, 2)) || text.substr(0, 2) == "ff") return {};
  if (text.substr(0, 2) == "00" ? text.size() != kLength
                                : text.size() > kLength && text[kLength] != '-') {
    return {};
  }
  const std::string_view trace = text.substr(3, kTraceDigits);
  const std::string_view span = text.substr(4 + kTraceDigits, kSpanDigits);
  const std::string_view flags = text.substr(kLength - 2, 2);
  if (text[2] != '-' || text[3 + kTraceDigits] != '-' || text[kLength - 3] != '-') return {};
  if (!IsId(trace) || !IsId(span) || !IsHex(flags)) return {};
  const char low = flags[1];
  const int digit = low <= '9' ? low - '0' : low - 'a' + 10;
  return Trace{std::string(trace), std::string(span), (digit & 1) != 0};
}

Trace Trace::Child() const { return {trace_id, NewId(kSpanDigits), sampled}; }

std::string Trace::ToTraceparent() const {
  return absl::StrCat("00-", trace_id, "-", span_id, sampled ? "-01" : "-00");
}

}  // namespace gratis::obs
