#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/reasons.h"
#include "services/cli/json.h"

namespace gratis::cli {

// A document of parts, and which of them whoever asks may not read.
struct PartsWriter : JsonWriter {
  std::set<std::string> left_out;

  // Whether it is left out for that, and noted.
  bool LeftOut(const absl::Status& status, std::string_view part) {
    if (ReasonOf(status) != Reason::kRoleNotAllowed) return false;
    left_out.emplace(part);
    return true;
  }

  // What whoever takes the document for whole must hear; empty when it is.
  std::string LeftOutWords() const {
    if (left_out.empty()) return "";
    return absl::StrCat("left out, since this key may not read it: ",
                        absl::StrJoin(left_out, ", "));
  }
};

}  // namespace gratis::cli
