#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gratis::config {

// The environment of the process, or what stands in its place. The only way to it: nobody else
// reads environment variables.
class Environment {
 public:
  using Variables = std::map<std::string, std::string, std::less<>>;

  // A copy, as it is now.
  static Environment OfProcess();
  explicit Environment(Variables variables) : variables_(std::move(variables)) {}

  // Nothing for a variable that is absent or empty.
  std::optional<std::string> Get(std::string_view name) const;
  const Variables& variables() const { return variables_; }

 private:
  Variables variables_;
};

// Where an instance lives when nobody says: /var/lib/gratis for root, else ~/.local/share/gratis
// ($XDG_DATA_HOME counts for ~/.local/share). Ends without a slash.
std::string DefaultHome(const Environment& environment);

// The home of the instance that the process is about: $GRATIS_HOME, else the default.
std::string HomeOf(const Environment& environment);

}  // namespace gratis::config
