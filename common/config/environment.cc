#include "common/config/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"

namespace gratis::config {
namespace {

std::string UserFolder(const Environment& environment) {
  if (const auto home = environment.Get("HOME")) return *home;
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_dir;
  }
  return "/tmp";
}

}  // namespace

Environment Environment::OfProcess() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return Environment(std::move(variables));
}

std::optional<std::string> Environment::Get(std::string_view name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::string DefaultHome(const Environment& environment) {
  if (geteuid() == 0) return "/var/lib/gratis";
  if (const auto data = environment.Get("XDG_DATA_HOME")) return absl::StrCat(*data, "/gratis");
  return absl::StrCat(UserFolder(environment), "/.local/share/gratis");
}

std::string HomeOf(const Environment& environment) {
  std::string home = environment.Get("GRATIS_HOME").value_or(DefaultHome(environment));
  while (home.size() > 1 && home.back() == '/') home.pop_back();
  return home;
}

}  // namespace gratis::config
