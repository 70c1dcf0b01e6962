#include "common/ledger/places.h"

#include <array>
#include <limits>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace gratis::ledger {
namespace {

// The infinite past and future are the least and the greatest number.
int64_t ToMicros(absl::Time time) {
  if (time == absl::InfinitePast()) return std::numeric_limits<int64_t>::min();
  if (time == absl::InfiniteFuture()) return std::numeric_limits<int64_t>::max();
  return absl::ToUnixMicros(time);
}

absl::Time FromMicros(int64_t micros) {
  if (micros == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  if (micros == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  return absl::FromUnixMicros(micros);
}

// "1/2/3", when it is exactly so many whole numbers.
template <size_t kCount>
std::optional<std::array<int64_t, kCount>> NumbersIn(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(base::Abs(text), '/');
  std::array<int64_t, kCount> numbers{};
  if (parts.size() != numbers.size()) return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!absl::SimpleAtoi(parts[i], &numbers[i])) return std::nullopt;
  }
  return numbers;
}

bool IsPartition(int64_t number) {
  return number >= 0 && number <= std::numeric_limits<int32_t>::max();
}

}  // namespace

std::string AdjustmentPlace::ToString() const {
  return absl::StrCat(ToMicros(asked_at), "/", partition, "/", seq);
}

std::optional<AdjustmentPlace> AdjustmentPlace::Parse(std::string_view text) {
  const auto numbers = NumbersIn<3>(text);
  if (!numbers || !IsPartition((*numbers)[1])) return std::nullopt;
  return AdjustmentPlace{.asked_at = FromMicros((*numbers)[0]),
                         .partition = static_cast<int32_t>((*numbers)[1]),
                         .seq = (*numbers)[2]};
}

std::string EntryPosition::ToString() const {
  return absl::StrCat(ToMicros(recorded_at), "/", partition, "/", seq);
}

std::optional<EntryPosition> EntryPosition::Parse(std::string_view text) {
  const auto numbers = NumbersIn<3>(text);
  if (!numbers || !IsPartition((*numbers)[1])) return std::nullopt;
  return EntryPosition{.recorded_at = FromMicros((*numbers)[0]),
                       .partition = static_cast<int32_t>((*numbers)[1]),
                       .seq = (*numbers)[2]};
}

std::string VoucherPlace::ToString() const {
  return absl::StrCat(ToMicros(as_of), "/", over ? 1 : 0, "/", ToMicros(expires_at), "/", lot);
}

std::optional<VoucherPlace> VoucherPlace::Parse(std::string_view text) {
  const auto numbers = NumbersIn<4>(text);
  if (!numbers) return std::nullopt;
  return VoucherPlace{.as_of = FromMicros((*numbers)[0]),
                      .over = (*numbers)[1] != 0,
                      .expires_at = FromMicros((*numbers)[2]),
                      .lot = (*numbers)[3]};
}

}  // namespace gratis::ledger
