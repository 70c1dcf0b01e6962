#include "services/cli/act_change.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace gratis::cli {
namespace {

using Json = nlohmann::json;

// How it is now. A detail that says itself how it was says how it is beside that, or in `after`.
Json AfterIn(Json detail) {
  const auto before = detail.find("before");
  if (before == detail.end() || !before->is_object()) return detail;
  detail.erase(before);
  const auto found = detail.find("after");
  if (found == detail.end() || !found->is_object()) return detail;
  const Json after = *found;
  detail.erase(found);
  detail.update(after);
  return detail;
}

}  // namespace

std::string ChangeOf(const std::string& before, const std::string& detail) {
  const Json was = Json::parse(before, nullptr, /*allow_exceptions=*/false);
  Json is = Json::parse(detail, nullptr, /*allow_exceptions=*/false);
  if (!is.is_object()) return detail;
  is = AfterIn(std::move(is));
  std::vector<std::string> changes;
  for (const auto& [name, value] : is.items()) {
    if (!was.is_object() || !was.contains(name)) {
      changes.push_back(absl::StrCat(name, " ", value.dump()));
    } else if (was[name] != value) {
      changes.push_back(absl::StrCat(name, " ", was[name].dump(), " → ", value.dump()));
    }
  }
  if (was.is_object()) {
    for (const auto& [name, value] : was.items()) {
      if (!is.contains(name)) {
        changes.push_back(absl::StrCat(name, " ", value.dump(), " → (none)"));
      }
    }
  }
  return absl::StrJoin(changes, ", ");
}

}  // namespace gratis::cli
