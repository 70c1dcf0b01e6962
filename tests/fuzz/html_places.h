#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

// What a browser makes of HTML, as far as matters for where text may stand: read as a whole by its
// standard's rules for tokens (WHATWG HTML, 13.2.5), and not character by character as the engine
// does.
namespace gratis::fuzz {

// Of each character.
inline constexpr char kText = 't';
inline constexpr char kValue = 'v';  // a quoted attribute
inline constexpr char kUrl = 'u';    // the same of one that is an address
inline constexpr char kElsewhere = '-';

class HtmlReading {
 public:
  explicit HtmlReading(std::string_view html) : html_(html), places_(html.size(), kElsewhere) {}

  std::string Places() {
    while (at_ < html_.size()) Step();
    return places_;
  }

 private:
  static bool IsSpace(char c) {
    return std::string_view(" \t\n\f\r").find(c) != std::string_view::npos;
  }
  static bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  static std::string Lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
  }
  char At(size_t i) const { return i < html_.size() ? html_[i] : '\0'; }
  size_t Find(std::string_view what, size_t from) const {
    return from > html_.size() ? html_.size() : std::min(html_.find(what, from), html_.size());
  }
  void Note(size_t from, size_t to, char place) {
    std::fill(places_.begin() + static_cast<std::ptrdiff_t>(from),
              places_.begin() + static_cast<std::ptrdiff_t>(to), place);
  }

  void Step() {
    const size_t open = Find("<", at_);
    Note(at_, open, kText);
    at_ = open;
    const char next = At(at_ + 1);
    if (html_.substr(at_, 4) == "<!--") return ReadComment(at_ + 4);
    if (IsLetter(next)) return ReadTag(at_ + 1, /*begins=*/true);
    if (next == '/' && IsLetter(At(at_ + 2))) return ReadTag(at_ + 2, /*begins=*/false);
    if (next == '!' || next == '?' || next == '/') {
      at_ = Find(">", at_) + 1;
      return;
    }
    if (at_ < html_.size()) Note(at_, at_ + 1, kText);
    ++at_;
  }

  void ReadComment(size_t from) {
    if (At(from) == '>' || html_.substr(from, 2) == "->") {
      at_ = Find(">", from) + 1;
      return;
    }
    at_ = std::min(Find("-->", from) + 3, Find("--!>", from) + 4);
  }

  void ReadTag(size_t name, bool begins) {
    size_t i = name;
    while (i < html_.size() && !IsSpace(html_[i]) && html_[i] != '/' && html_[i] != '>') ++i;
    const std::string element = Lower(html_.substr(name, i - name));
    while (true) {
      while (i < html_.size() && (IsSpace(html_[i]) || html_[i] == '/')) ++i;
      if (i >= html_.size()) break;
      if (html_[i] == '>') {
        at_ = i + 1;
        if (begins) ReadContent(element);
        return;
      }
      i = ReadAttribute(i);
    }
    at_ = html_.size();
  }

  size_t ReadAttribute(size_t begin) {
    size_t i = begin + 1;  // a = begins a name, too
    while (i < html_.size() && !IsSpace(html_[i]) && At(i) != '/' && At(i) != '>' && At(i) != '=')
      ++i;
    const std::string name = Lower(html_.substr(begin, i - begin));
    while (IsSpace(At(i)) && i < html_.size()) ++i;
    if (At(i) != '=') return i;
    for (++i; i < html_.size() && IsSpace(html_[i]);) ++i;
    const char quote = At(i);
    if (quote != '"' && quote != '\'') {
      while (i < html_.size() && !IsSpace(html_[i]) && html_[i] != '>') ++i;
      return i;
    }
    const size_t end = Find(std::string_view(&quote, 1), i + 1);
    // Without an end there is no tag, and so no attribute.
    if (end < html_.size()) Note(i + 1, end, PlaceOf(name));
    return end + 1;
  }

  static char PlaceOf(const std::string& attribute) {
    if (attribute.substr(0, 2) == "on" || attribute == "style" || attribute == "srcdoc") {
      return kElsewhere;
    }
    for (const char* url :
         {"href", "src", "action", "background", "formaction", "cite", "poster", "xlink:href"}) {
      if (attribute == url) return kUrl;
    }
    return kValue;
  }

  void ReadContent(const std::string& element) {
    for (const char* endless : {"svg", "math", "noscript", "plaintext", "select", "frameset"}) {
      if (element == endless) {
        at_ = html_.size();
        return;
      }
    }
    const bool text = element == "title" || element == "textarea";
    bool raw = text;
    for (const char* one : {"script", "style", "iframe", "xmp", "noembed", "noframes"})
      raw |= element == one;
    if (!raw) return;
    const std::string lower = Lower(html_);
    size_t end = lower.find("</" + element, at_);
    while (end != lower.npos) {
      const char after = At(end + 2 + element.size());
      if (IsSpace(after) || after == '/' || after == '>') break;
      end = lower.find("</" + element, end + 2);
    }
    end = std::min(end, html_.size());
    // Scripts have comments that hide their end.
    if (element == "script" && html_.substr(at_, end - at_).find("<!--") != html_.npos)
      end = html_.size();
    if (text) Note(at_, end, kText);
    at_ = end;
  }

  const std::string_view html_;
  std::string places_;
  size_t at_ = 0;
};

inline std::string PlacesIn(std::string_view html) { return HtmlReading(html).Places(); }

}  // namespace gratis::fuzz
