#include "common/app/run_file.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"

namespace gratis::app {

std::string ToJson(const RunFile& file) {
  using base::JsonString;
  const std::string services = absl::StrJoin(
      file.services, ", ",
      [](std::string* out, const std::string& name) { absl::StrAppend(out, JsonString(name)); });
  return absl::StrCat("{\n  \"address\": ", JsonString(file.address),  //
                      ",\n  \"services\": [", services,                //
                      "],\n  \"ca\": ", JsonString(file.ca),           //
                      ",\n  \"metrics\": ", JsonString(file.metrics),  //
                      ",\n  \"pid\": ", file.pid,                      //
                      ",\n  \"development_clock\": ", file.development_clock ? "true" : "false",
                      "\n}\n");
}

}  // namespace gratis::app
