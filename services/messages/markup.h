#pragma once

#include <string>
#include <string_view>

namespace gratis::messages {

// Where in HTML one is. Not all of HTML's grammar: what is not sure counts as a place where no
// variable may stand.
class Markup {
 public:
  enum class Place { kText, kTag, kValue, kUnquoted, kComment, kRaw };

  void Read(std::string_view text) {
    for (const char c : text) Read(c);
  }

  Place place() const { return opening_ ? Place::kTag : place_; }
  // Of a value: the attribute it is of, lower case.
  const std::string& attribute() const { return attribute_; }

  friend bool operator==(const Markup& a, const Markup& b) {
    return a.place_ == b.place_ && a.quote_ == b.quote_ && a.element_ == b.element_ &&
           (a.place_ != Place::kValue || a.attribute_ == b.attribute_);
  }

 private:
  void Read(char c);
  void ReadText(char c);
  void ReadTag(char c);
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
  std::string element_;
  std::string word_;
  std::string attribute_;
  std::string before_;
};

}  // namespace gratis::messages
