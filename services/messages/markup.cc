#include "services/messages/markup.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "absl/strings/ascii.h"

namespace gratis::messages {
namespace {

bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }
char Lower(char c) { return absl::ascii_tolower(static_cast<unsigned char>(c)); }
// HTML's own; a vertical tab is none.
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

template <class Names>
bool IsAmong(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

void Markup::Read(char c) {
  switch (place_) {
    case Place::kText:
      return ReadText(c);
    case Place::kTag:
      return ReadTag(c);
    case Place::kValue:
      if (c == quote_) LeaveValue();
      return;
    case Place::kUnquoted:
      if (c == '>') return LeaveTag();
      if (IsSpace(c)) LeaveValue();
      return;
    case Place::kComment:
      return ReadComment(c);
    case Place::kRaw:
      return ReadRaw(c);
  }
}

void Markup::ReadText(char c) {
  const bool opening = opening_;
  opening_ = c == '<';
  if (!opening) return;
  if (IsAlpha(c) || c == '/') {
    place_ = Place::kTag;
    naming_element_ = true;
    element_.assign(1, Lower(c));
  } else if (c == '!' || c == '?') {
    place_ = Place::kComment;
    element_.assign(1, c);
  }
}

void Markup::ReadTag(char c) {
  if (naming_element_) {
    if (element_ == "/" && !IsAlpha(c)) {
      naming_element_ = false;
      place_ = Place::kComment;
      element_ = "?";
      return ReadComment(c);
    }
    if (!IsSpace(c) && c != '>' && c != '/') {
      element_ += Lower(c);
      return;
    }
    naming_element_ = false;
  }
  if (c == '>') return LeaveTag();
  if (!equals_) return ReadWord(c);
  if (IsSpace(c)) return;
  equals_ = false;
  place_ = c == '"' || c == '\'' ? Place::kValue : Place::kUnquoted;
  quote_ = place_ == Place::kValue ? c : '\0';
  attribute_ = word_;
  word_.clear();
}

// Of an attribute's name; a = that has no name before it is one itself.
void Markup::ReadWord(char c) {
  if (IsSpace(c) || c == '/') {
    if (c == '/') word_.clear();
    spaced_ = true;
  } else if (c == '=' && !word_.empty()) {
    equals_ = true;
  } else {
    if (spaced_) word_.clear();
    spaced_ = false;
    word_ += Lower(c);
  }
}

void Markup::ReadComment(char c) {
  if (element_ == "!") {
    before_ += c;
    if (before_ == "-") return;
    if (before_ == "--") {
      element_ = "!--";
      before_.clear();
      return;
    }
    element_ = "?";
  }
  if (element_ == "?") {
    if (c == '>') LeaveTag();
    return;
  }
  // <!--> and <!---> are whole comments.
  const bool ends = before_.size() < 2 ? before_.empty() || before_ == "-"
                                       : before_.ends_with("--") || before_ == "--!";
  if (c == '>' && ends) return LeaveTag();
  before_ += c;
  if (before_.size() > 3) before_.erase(0, 1);
}

void Markup::ReadRaw(char c) {
  if (endless_) return;
  const std::string end = "</" + element_;
  if (before_ == end && (IsSpace(c) || c == '/' || c == '>')) {
    place_ = Place::kTag;
    element_.insert(0, "/");
    before_.clear();
    word_.clear();
    return ReadTag(c);
  }
  if (before_.size() < end.size() && Lower(c) == end[before_.size()]) {
    before_ += Lower(c);
  } else {
    before_ = c == '<' ? "<" : "";
  }
  if (element_ != "script") return;
  word_ += c;
  if (word_.size() > 4) word_.erase(0, 1);
  endless_ = word_ == "<!--";
}

void Markup::LeaveValue() {
  place_ = Place::kTag;
  quote_ = '\0';
  attribute_.clear();
}

void Markup::LeaveTag() {
  static constexpr std::string_view kEndless[] = {"svg",       "math",   "noscript",
                                                  "plaintext", "select", "frameset"};
  static constexpr std::string_view kRaw[] = {"script",  "style",    "iframe", "xmp",
                                              "noembed", "noframes", "title",  "textarea"};
  endless_ = IsAmong(kEndless, element_);
  const bool raw = endless_ || IsAmong(kRaw, element_);
  place_ = raw ? Place::kRaw : Place::kText;
  if (!raw) element_.clear();
  before_.clear();
  word_.clear();
  attribute_.clear();
  quote_ = '\0';
  naming_element_ = equals_ = spaced_ = opening_ = false;
}

}  // namespace gratis::messages
