#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// JSON written as it comes, for what is written with every posting: a tree of values that is built
// and printed costs ten times as much. Reading it is a library's work.
namespace gratis::base {

// An object, its fields in the order in which they are added. Names are the program's own and are
// not escaped; texts are, and must be valid UTF-8. Whoever adds a name twice has it twice.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view text);
  JsonObject& Number(std::string_view name, int64_t number);
  JsonObject& Truth(std::string_view name, bool truth);
  // `json` is JSON already.
  JsonObject& Json(std::string_view name, std::string_view json);

  // An array of what `write` makes JSON of each; none if there is nothing in it.
  template <class Items, class Write>
  JsonObject& List(std::string_view name, const Items& items, const Write& write) {
    if (items.empty()) return *this;
    std::string list = "[";
    for (const auto& item : items) {
      if (list.size() > 1) list += ',';
      list += write(item);
    }
    return Json(name, list += ']');
  }

  // The whole of it; nothing is added afterwards.
  std::string Take() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void Name(std::string_view name);

  std::string out_ = "{";
};

}  // namespace gratis::base
