#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/base/uuid.h"

// How C++ values travel to and from PostgreSQL, in its binary format:
//
//   bool  int16_t  int32_t  int64_t       boolean, smallint, integer, bigint
//   std::string  std::string_view         text
//   Bytes  BytesView                      bytea
//   Uuid  Id<Tag>                         uuid
//   absl::Time                            timestamptz (microseconds; infinite <-> 'infinity')
//   absl::CivilDay                        date
//   std::optional<T>                      the same, or NULL
//   std::vector<T>  absl::Span<const T>   an array, of T or std::optional<T>
//
// Types must match exactly: a query casts what is of another type (sum(x)::bigint, j::text). Views
// that are read point into their Rows.
namespace gratis::pg {

using Oid = uint32_t;

struct Bytes {
  std::string value;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
struct BytesView {
  std::string_view value;
};

// Stops the process: a query and the code that reads it contradict each other.
[[noreturn]] void Broken(std::string_view what);

// Integers in network byte order.
template <class Int>
void PutInt(std::string& out, Int value) {
  char bytes[sizeof(Int)];
  for (size_t i = sizeof(Int); i-- > 0; value = static_cast<Int>(value >> 8))
    bytes[i] = static_cast<char>(value & 0xFF);
  out.append(bytes, sizeof(Int));
}

template <class Int>
Int GetInt(std::string_view in) {
  if (in.size() != sizeof(Int)) Broken("an integer of another size");
  std::make_unsigned_t<Int> value = 0;
  for (const char c : in)
    value = static_cast<decltype(value)>(value << 8 | static_cast<uint8_t>(c));
  return static_cast<Int>(value);
}

// The PostgreSQL type of T and of arrays of it (src/include/catalog/pg_type.dat), and its bytes.
template <class T>
struct Codec;

template <class Int, Oid type, Oid array>
struct IntCodec {
  static constexpr Oid kType = type;
  static constexpr Oid kArray = array;
  static void Encode(Int value, std::string& out) { PutInt<Int>(out, value); }
  static Int Decode(std::string_view in) { return GetInt<Int>(in); }
};
template <>
struct Codec<int16_t> : IntCodec<int16_t, 21, 1005> {};
template <>
struct Codec<int32_t> : IntCodec<int32_t, 23, 1007> {};
template <>
struct Codec<int64_t> : IntCodec<int64_t, 20, 1016> {};

template <>
struct Codec<bool> {
  static constexpr Oid kType = 16;
  static constexpr Oid kArray = 1000;
  static void Encode(bool value, std::string& out) { out.push_back(value ? 1 : 0); }
  static bool Decode(std::string_view in) { return in == std::string_view("\1", 1); }
};

template <>
struct Codec<std::string_view> {
  static constexpr Oid kType = 25;
  static constexpr Oid kArray = 1009;
  static void Encode(std::string_view value, std::string& out) { out.append(value); }
  static std::string_view Decode(std::string_view in) { return in; }
};
template <>
struct Codec<std::string> : Codec<std::string_view> {
  static std::string Decode(std::string_view in) { return std::string(in); }
};

template <>
struct Codec<BytesView> {
  static constexpr Oid kType = 17;
  static constexpr Oid kArray = 1001;
  static void Encode(BytesView value, std::string& out) { out.append(value.value); }
  static BytesView Decode(std::string_view in) { return {in}; }
};
template <>
struct Codec<Bytes> {
  static constexpr Oid kType = 17;
  static constexpr Oid kArray = 1001;
  static void Encode(const Bytes& value, std::string& out) { out.append(value.value); }
  static Bytes Decode(std::string_view in) { return {std::string(in)}; }
};

template <>
struct Codec<Uuid> {
  static constexpr Oid kType = 2950;
  static constexpr Oid kArray = 2951;
  static void Encode(const Uuid& value, std::string& out) { out.append(value.AsBytes()); }
  static Uuid Decode(std::string_view in) {
    Uuid uuid;
    if (in.size() != uuid.bytes.size()) Broken("a uuid of another size");
    std::memcpy(uuid.bytes.data(), in.data(), in.size());
    return uuid;
  }
};
template <class Tag>
struct Codec<base::Id<Tag>> {
  static constexpr Oid kType = Codec<Uuid>::kType;
  static constexpr Oid kArray = Codec<Uuid>::kArray;
  static void Encode(const base::Id<Tag>& id, std::string& out) {
    Codec<Uuid>::Encode(id.uuid, out);
  }
  static base::Id<Tag> Decode(std::string_view in) { return {Codec<Uuid>::Decode(in)}; }
};

template <>
struct Codec<absl::Time> {
  static constexpr Oid kType = 1184;
  static constexpr Oid kArray = 1185;
  static void Encode(absl::Time value, std::string& out);
  static absl::Time Decode(std::string_view in);
};

template <>
struct Codec<absl::CivilDay> {
  static constexpr Oid kType = 1082;
  static constexpr Oid kArray = 1182;
  static void Encode(absl::CivilDay value, std::string& out);
  static absl::CivilDay Decode(std::string_view in);
};

template <class T>
struct OptionalOf : std::false_type {
  using Value = T;
};
template <class T>
struct OptionalOf<std::optional<T>> : std::true_type {
  using Value = T;
};

template <class T>
struct SequenceOf : std::false_type {};
template <class T>
struct SequenceOf<std::vector<T>> : std::true_type {
  using Element = T;
};
template <class T>
struct SequenceOf<absl::Span<T>> : std::true_type {
  using Element = std::remove_const_t<T>;
};

// What an array's bytes begin with: its element type and how many elements follow.
void PutArrayHeader(std::string& out, Oid element, bool may_have_null, size_t count);
size_t TakeArrayHeader(std::string_view& in, Oid element);
// The next element's bytes; nothing for NULL.
std::optional<std::string_view> TakeArrayElement(std::string_view& in);

// Appends `encode`'s bytes with their length before them.
template <class Encode>
void PutSized(std::string& out, Encode encode) {
  const size_t start = out.size();
  PutInt<int32_t>(out, 0);
  encode();
  const uint32_t length = static_cast<uint32_t>(out.size() - start - 4);
  const uint32_t wire =
      std::endian::native == std::endian::little ? __builtin_bswap32(length) : length;
  std::memcpy(out.data() + start, &wire, sizeof wire);
}

template <class T>
struct Codec<std::vector<T>> {
  using Value = typename OptionalOf<T>::Value;
  static constexpr bool kNullable = OptionalOf<T>::value;
  static constexpr Oid kType = Codec<Value>::kArray;

  template <class Sequence>
  static void Encode(const Sequence& values, std::string& out) {
    PutArrayHeader(out, Codec<Value>::kType, kNullable, values.size());
    for (const auto& value : values) {
      if constexpr (kNullable) {
        if (!value) {
          PutInt<int32_t>(out, -1);
          continue;
        }
        PutSized(out, [&] { Codec<Value>::Encode(*value, out); });
      } else {
        PutSized(out, [&] { Codec<Value>::Encode(value, out); });
      }
    }
  }

  static std::vector<T> Decode(std::string_view in) {
    std::vector<T> values;
    const size_t count = TakeArrayHeader(in, Codec<Value>::kType);
    values.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      const std::optional<std::string_view> element = TakeArrayElement(in);
      if (element) {
        values.push_back(Codec<Value>::Decode(*element));
      } else if constexpr (kNullable) {
        values.push_back(std::nullopt);
      } else {
        Broken("NULL in an array that is read as one without");
      }
    }
    return values;
  }
};

// The encoded parameters of one statement.
class Params {
 public:
  template <class... T>
  static Params Of(const T&... values) {
    Params params;
    (params.Add(values), ...);
    return params;
  }

  int size() const { return static_cast<int>(types_.size()); }
  const Oid* types() const { return types_.data(); }
  const int* lengths() const { return lengths_.data(); }
  // Pointers to each value's bytes, null for NULL; good while this object is unchanged.
  absl::InlinedVector<const char*, 16> values() const;

 private:
  template <class T>
  void Add(const T& value) {
    if constexpr (OptionalOf<T>::value) {
      if (value) return Add(*value);
      using Value = typename OptionalOf<T>::Value;
      Push(CodecOf<Value>::kType, -1, bytes_.size());
    } else {
      const size_t start = bytes_.size();
      CodecOf<T>::Encode(value, bytes_);
      Push(CodecOf<T>::kType, static_cast<int>(bytes_.size() - start), start);
    }
  }

  // A span travels as a vector, and anything that is a std::string_view as that.
  template <class T>
  struct Travels {
    using As =
        std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string_view, T>;
  };
  template <class T>
  struct Travels<absl::Span<T>> {
    using As = std::vector<std::remove_const_t<T>>;
  };
  template <class T>
  using CodecOf = Codec<typename Travels<T>::As>;

  void Push(Oid type, int length, size_t start) {
    types_.push_back(type);
    lengths_.push_back(length);
    starts_.push_back(start);
  }

  std::string bytes_;
  absl::InlinedVector<Oid, 16> types_;
  absl::InlinedVector<int, 16> lengths_;
  absl::InlinedVector<size_t, 16> starts_;
};

}  // namespace gratis::pg
