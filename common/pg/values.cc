#include "common/pg/values.h"

#include <cstdio>
#include <cstdlib>
#include <limits>

namespace gratis::pg {
namespace {

// PostgreSQL counts from here.
const absl::Time kEpoch = absl::FromUnixSeconds(946684800);
const absl::CivilDay kFirstDay(2000, 1, 1);

// Takes `size` bytes off the front of `in`.
std::string_view TakeBytes(std::string_view& in, size_t size) {
  if (in.size() < size) Broken("an array that ends early");
  const std::string_view taken = in.substr(0, size);
  in.remove_prefix(size);
  return taken;
}

}  // namespace

void Broken(std::string_view what) {
  std::fprintf(stderr, "gratis/pg: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void Codec<absl::Time>::Encode(absl::Time value, std::string& out) {
  // Saturates: the infinite past and future are PostgreSQL's -infinity and infinity.
  PutInt<int64_t>(out,
                  absl::ToInt64Microseconds(absl::Floor(value - kEpoch, absl::Microseconds(1))));
}

absl::Time Codec<absl::Time>::Decode(std::string_view in) {
  const int64_t micros = GetInt<int64_t>(in);
  if (micros == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  if (micros == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  return kEpoch + absl::Microseconds(micros);
}

void Codec<absl::CivilDay>::Encode(absl::CivilDay value, std::string& out) {
  PutInt<int32_t>(out, static_cast<int32_t>(value - kFirstDay));
}

absl::CivilDay Codec<absl::CivilDay>::Decode(std::string_view in) {
  return kFirstDay + GetInt<int32_t>(in);
}

// Dimensions, flags, element type; then for the one dimension its length and lower bound.
void PutArrayHeader(std::string& out, Oid element, bool may_have_null, size_t count) {
  PutInt<int32_t>(out, count == 0 ? 0 : 1);
  PutInt<int32_t>(out, may_have_null ? 1 : 0);
  PutInt<uint32_t>(out, element);
  if (count == 0) return;
  PutInt<int32_t>(out, static_cast<int32_t>(count));
  PutInt<int32_t>(out, 1);
}

size_t TakeArrayHeader(std::string_view& in, Oid element) {
  const auto dimensions = GetInt<int32_t>(TakeBytes(in, 4));
  TakeBytes(in, 4);
  if (GetInt<uint32_t>(TakeBytes(in, 4)) != element) Broken("an array of another type");
  if (dimensions == 0) return 0;
  if (dimensions != 1) Broken("an array of more than one dimension");
  const auto count = GetInt<int32_t>(TakeBytes(in, 4));
  TakeBytes(in, 4);
  return static_cast<size_t>(count);
}

std::optional<std::string_view> TakeArrayElement(std::string_view& in) {
  const auto length = GetInt<int32_t>(TakeBytes(in, 4));
  if (length < 0) return std::nullopt;
  return TakeBytes(in, static_cast<size_t>(length));
}

absl::InlinedVector<const char*, 16> Params::values() const {
  absl::InlinedVector<const char*, 16> values;
  for (size_t i = 0; i < starts_.size(); ++i)
    values.push_back(lengths_[i] < 0 ? nullptr : bytes_.data() + starts_[i]);
  return values;
}

}  // namespace gratis::pg
