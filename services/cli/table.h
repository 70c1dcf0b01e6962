#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gratis::cli {

// A table for people: columns as wide as their widest cell, two spaces between them, a title line,
// no frames. Cells are UTF-8; control characters in them are shown as spaces.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // `cells` has one cell per column.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  std::string ToString() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "name   value" lines, for one thing with several properties. Properties that are empty are left
// out.
class Card {
 public:
  Card& Line(std::string name, std::string value);
  std::string ToString() const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// 1234567 as "1,234,567".
std::string Grouped(int64_t number);

// "1 gift", "2 gifts", "1,000 gifts".
std::string Counted(int64_t number, std::string_view one, std::string_view many);

// How many columns of a terminal `text` takes: code points that are not combining marks, twice for
// those that East Asian terminals draw wide.
size_t DisplayWidth(std::string_view text);

}  // namespace gratis::cli
