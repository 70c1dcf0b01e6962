#include "common/base/json_object.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::base {

void JsonObject::Name(std::string_view name) {
  out_ += out_.size() == 1 ? "\"" : ",\"";
  out_ += name;
  out_ += "\":";
}

JsonObject& JsonObject::Text(std::string_view name, std::string_view text) {
  return Json(name, JsonString(text));
}

JsonObject& JsonObject::Number(std::string_view name, int64_t number) {
  Name(name);
  absl::StrAppend(&out_, number);
  return *this;
}

JsonObject& JsonObject::Truth(std::string_view name, bool truth) {
  return Json(name, truth ? "true" : "false");
}

JsonObject& JsonObject::Json(std::string_view name, std::string_view json) {
  Name(name);
  out_ += json;
  return *this;
}

}  // namespace gratis::base
