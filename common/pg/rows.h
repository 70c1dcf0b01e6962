#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>

#include "common/pg/values.h"

struct pg_result;

namespace gratis::pg {

// One row of Rows; a view, good while the Rows live.
class Row {
 public:
  // The value in `column` (from 0) as T, see values.h. A column of another type, or NULL where T is
  // not optional, is a mistake in our code and stops the process with the query's name.
  template <class T>
  T Get(int column) const {
    using Value = typename OptionalOf<T>::Value;
    const std::optional<std::string_view> bytes = Read(column, Codec<Value>::kType);
    if constexpr (OptionalOf<T>::value) {
      if (!bytes) return std::nullopt;
    } else {
      if (!bytes) StopAtNull(column);
    }
    return Codec<Value>::Decode(*bytes);
  }

 private:
  friend class Rows;
  Row(const pg_result* result, int row, std::string_view query)
      : result_(result), row_(row), query_(query) {}

  std::optional<std::string_view> Read(int column, Oid type) const;
  [[noreturn]] void StopAtNull(int column) const;

  const pg_result* result_;
  int row_;
  std::string_view query_;
};

// What a statement answered, all of it in memory. Movable; outlives its transaction.
class Rows {
 public:
  class Iterator {
   public:
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    Iterator(const Rows* rows, int row) : rows_(rows), row_(row) {}
    Row operator*() const { return (*rows_)[row_]; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Rows* rows_;
    int row_;
  };

  // Takes over `result`.
  Rows(pg_result* result, std::string_view query);

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Row operator[](int row) const;
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

  // How many rows an INSERT, UPDATE or DELETE touched.
  int64_t affected() const;
  // The kind of statement that was done, as the server names it: "COMMIT".
  std::string_view command() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
  int size_;
  std::string_view query_;
};

}  // namespace gratis::pg
