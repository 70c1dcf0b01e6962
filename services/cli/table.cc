#include "services/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::cli {
namespace {

constexpr size_t kGap = 2;

char32_t NextCodePoint(std::string_view text, size_t& i) {
  const auto first = static_cast<uint8_t>(text[i++]);
  if (first < 0xC0) return first;
  char32_t point = first < 0xE0 ? first & 0x1F : first < 0xF0 ? first & 0x0F : first & 0x07;
  while (i < text.size() && (static_cast<uint8_t>(text[i]) & 0xC0) == 0x80) {
    point = (point << 6) | (static_cast<uint8_t>(text[i++]) & 0x3F);
  }
  return point;
}

bool IsCombining(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0xFE00 && c <= 0xFE0F);
}

bool IsWide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF);
}

std::string Printable(std::string cell) {
  for (char& c : cell) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return cell;
}

void AppendCell(std::string& line, std::string_view cell, size_t width, Table::Align align) {
  const std::string pad(width - std::min(width, DisplayWidth(cell)), ' ');
  if (align == Table::Align::kRight) line += pad;
  line += cell;
  if (align == Table::Align::kLeft) line += pad;
  line.append(kGap, ' ');
}

void EndLine(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  absl::StrAppend(&text, line, "\n");
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const char32_t point = NextCodePoint(text, i);
    if (!IsCombining(point)) width += IsWide(point) ? 2 : 1;
  }
  return width;
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(std::move(cell));
  rows_.push_back(std::move(cells));
}

std::string Table::ToString() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns_.size(); ++c) {
    size_t width = DisplayWidth(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[c]));
    widths.push_back(width);
  }
  std::string text;
  std::string line;
  for (size_t c = 0; c < columns_.size(); ++c) {
    AppendCell(line, columns_[c].title, widths[c], columns_[c].align);
  }
  EndLine(text, std::move(line));
  for (const auto& row : rows_) {
    line.clear();
    for (size_t c = 0; c < columns_.size(); ++c) {
      AppendCell(line, row[c], widths[c], columns_[c].align);
    }
    EndLine(text, line);
  }
  return text;
}

Card& Card::Line(std::string name, std::string value) {
  if (!value.empty()) lines_.emplace_back(std::move(name), Printable(std::move(value)));
  return *this;
}

std::string Card::ToString() const {
  size_t width = 0;
  for (const auto& [name, value] : lines_) width = std::max(width, DisplayWidth(name));
  std::string text;
  for (const auto& [name, value] : lines_) {
    std::string line;
    AppendCell(line, name, width, Table::Align::kLeft);
    line += value;
    EndLine(text, std::move(line));
  }
  return text;
}

std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  const int64_t first = number < 0 ? 1 : 0;
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string Counted(int64_t number, std::string_view one, std::string_view many) {
  return absl::StrCat(Grouped(number), " ", base::Abs(number == 1 ? one : many));
}

}  // namespace gratis::cli
