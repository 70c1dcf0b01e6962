#pragma once

#include <string>
#include <string_view>

namespace gratis::messages {

// Where in HTML one is, as the tokenizer of its standard reads it (WHATWG HTML, 13.2.5). What is
// not sure counts as a place where no variable may stand: once in <svg>, <math>, <noscript>,
// <select>, <frameset>, <plaintext>, or a script with a comment in it, there is no way out.
class Markup {
 public:
  enum class Place { kText, kTag, kValue, kUnquoted, kComment, kRaw };

  void Read(std::string_view text) {
    for (const char c : text) Read(c);
  }

  Place place() const {
    if (opening_) return Place::kTag;
    // The text of a title is text, up to its end tag.
    if (place_ == Place::kRaw && (element_ == "title" || element_ == "textarea")) {
      return before_.empty() ? Place::kText : Place::kTag;
    }
    return place_;
  }
  // Of a value: the attribute it is of, lower case.
  const std::string& attribute() const { return attribute_; }

  // Whether whatever follows is read alike.
  friend bool operator==(const Markup&, const Markup&) = default;

 private:
  void Read(char c);
  void ReadText(char c);
  void ReadTag(char c);
  void ReadWord(char c);
  void ReadComment(char c);
  // Until the end tag of the element, whatever is in between.
  void ReadRaw(char c);
  void LeaveValue();
  void LeaveTag();

  Place place_ = Place::kText;
  char quote_ = '\0';
  bool opening_ = false;         // a < was read
  bool naming_element_ = false;  // its name is being read
  bool equals_ = false;          // a value follows
  bool spaced_ = false;          // the next character begins another word
  bool endless_ = false;         // there is no way out
  std::string element_;          // "/p" of an end tag; "!", "!--" or "?" of what is none
  std::string word_;
  std::string attribute_;
  std::string before_;  // what was read of what may end it
};

}  // namespace gratis::messages
