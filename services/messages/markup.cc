#include "services/messages/markup.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"

namespace gratis::messages {

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
      if (absl::ascii_isspace(static_cast<unsigned char>(c))) LeaveValue();
      return;
    case Place::kComment:
      return ReadComment(c);
    case Place::kRaw:
      return ReadRaw(c);
  }
}

void Markup::ReadText(char c) {
  if (opening_) {
    opening_ = false;
    if (absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '/' || c == '!' || c == '?') {
      place_ = Place::kTag;
      naming_element_ = true;
      element_.assign(1, absl::ascii_tolower(static_cast<unsigned char>(c)));
      word_.clear();
      attribute_.clear();
      return;
    }
  }
  opening_ = c == '<';
}

void Markup::ReadTag(char c) {
  const auto u = static_cast<unsigned char>(c);
  if (naming_element_ && !absl::ascii_isspace(u) && c != '>' && c != '/') {
    element_ += absl::ascii_tolower(u);
    if (element_ == "!--") {
      place_ = Place::kComment;
      before_.clear();
    }
    return;
  }
  naming_element_ = false;
  if (c == '>') return LeaveTag();
  if (equals_) {
    if (absl::ascii_isspace(u)) return;
    equals_ = false;
    place_ = c == '"' || c == '\'' ? Place::kValue : Place::kUnquoted;
    quote_ = place_ == Place::kValue ? c : '\0';
    attribute_ = word_;
    word_.clear();
    return;
  }
  if (c == '=') {
    equals_ = true;
  } else if (absl::ascii_isspace(u) || c == '/') {
    spaced_ = true;
  } else {
    if (spaced_) word_.clear();
    spaced_ = false;
    word_ += absl::ascii_tolower(u);
  }
}

void Markup::ReadComment(char c) {
  if (c == '>' && before_ == "--") return LeaveTag();
  before_ += c;
  if (before_.size() > 2) before_.erase(0, 1);
}

void Markup::ReadRaw(char c) {
  before_ += absl::ascii_tolower(static_cast<unsigned char>(c));
  const std::string end = "</" + element_;
  if (before_.size() > end.size()) before_.erase(0, before_.size() - end.size());
  if (before_ == end) {
    place_ = Place::kTag;
    element_.insert(0, "/");
    naming_element_ = false;
  }
}

void Markup::LeaveValue() {
  place_ = Place::kTag;
  quote_ = '\0';
  attribute_.clear();
}

void Markup::LeaveTag() {
  static constexpr std::string_view kRawElements[] = {"script",   "style", "iframe",
                                                      "noscript", "xmp",   "noembed"};
  const bool raw = std::find(std::begin(kRawElements), std::end(kRawElements), element_) !=
                   std::end(kRawElements);
  place_ = raw ? Place::kRaw : Place::kText;
  if (!raw) element_.clear();
  before_.clear();
  word_.clear();
  attribute_.clear();
  quote_ = '\0';
  equals_ = spaced_ = opening_ = false;
}

}  // namespace gratis::messages
