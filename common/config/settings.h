#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/config/environment.h"

namespace gratis::config {

// How a program was asked to run.
struct Invocation {
  // What to write to standard output before ending with success: the help or the version asked for.
  std::optional<std::string> answer;
  // "migrate", "config check"; empty: the program's main job.
  std::string command;
};

// One setting's value in effect, and where it came from.
struct Effective {
  std::string name;
  std::string value;   // as text; "(hidden)" for a secret that is set
  std::string origin;  // "default", "flag", "GRATIS_PORT", "/etc/gratis.toml:3"
};

// The settings of one program, bound to the fields of its typed config. A setting `log-format` is
// given as the flag --log-format, the environment variable GRATIS_LOG_FORMAT, or the key log-format
// (or log_format) of the file; the flag wins over the environment, that over the file, that over
// the default, which is what the field holds when the setting is declared.
//
//   Config config;
//   Settings settings("gratisd", "The loyalty engine, all of it in one process.");
//   settings.Number("port", config.port, 0, 65535, "TCP port to listen on; 0: any free one");
//   ASSIGN_OR_RETURN(Invocation invocation, settings.Read(argc, argv, Environment::OfProcess()));
//
// The file is TOML as far as strings, numbers, true and false, arrays on one line and [sections]
// go. It is the one that --config or GRATIS_CONFIG names, else gratis.toml in the home, when there.
// A section named like the program counts for this program only, and over the keys above it, so
// that several programs share a file; no other sections are known.
//
// An unknown flag, key or section is an error that names the nearest known one. The environment is
// shared with others: there, only a name that is nearly ours is.
class Settings {
 public:
  // `relatives`: the names of all programs that may have a section in the file, this one's too.
  Settings(std::string program, std::string about, std::vector<std::string> relatives = {});

  void Text(std::string_view name, std::string& field, std::string_view meaning);
  // The same, and never shown.
  void Secret(std::string_view name, std::string& field, std::string_view meaning);
  // An absolute path; one that is not is taken from the working directory.
  void Path(std::string_view name, std::string& field, std::string_view meaning);
  void Number(std::string_view name, int& field, int least, int most, std::string_view meaning);
  // --name, --name=true or --name=false.
  void Switch(std::string_view name, bool& field, std::string_view meaning);
  void Choice(std::string_view name, std::string& field, std::vector<std::string> choices,
              std::string_view meaning);
  // Given several times, as an array, or in the environment with commas between.
  void List(std::string_view name, std::vector<std::string>& field, std::string_view meaning);
  // A command of one or two words. The program without one does its main job.
  void Command(std::string_view words, std::string_view meaning);

  // Fills the fields. Errors: CONFIG_INVALID, with a line for everything that is wrong; metadata:
  // "key" for the first.
  absl::StatusOr<Invocation> Read(int argc, const char* const* argv,
                                  const Environment& environment);

  // All settings in the order they were declared; after Read.
  const std::vector<Effective>& effective() const { return effective_; }

 private:
  struct Setting {
    std::string name;
    std::string meaning;
    std::string shape;  // "TEXT", "NUMBER", "human|json"
    bool is_switch = false;
    bool is_list = false;
    bool secret = false;
    // Takes the values given; what is wrong with them, or nothing.
    std::function<std::optional<std::string>(const std::vector<std::string>&)> take;
    std::function<std::string()> show;
  };
  struct Given {
    std::vector<std::string> values;
    std::string origin;
  };
  struct Reading;  // what was given, while Read runs

  void Add(Setting setting) { settings_.push_back(std::move(setting)); }
  std::vector<std::string> Names() const;
  const Setting* Find(std::string_view name) const;
  std::string UnknownCommand(const std::string& typed) const;

  std::optional<Invocation> ParseFlags(int argc, const char* const* argv, Reading& reading) const;
  void ParseEnvironment(const Environment& environment, Reading& reading) const;
  void ParseFile(const Environment& environment, Reading& reading) const;
  void Take(Reading& reading);

  const std::string program_;
  const std::string about_;
  const std::vector<std::string> relatives_;
  std::vector<Setting> settings_;
  std::vector<std::pair<std::string, std::string>> commands_;
  std::vector<Effective> effective_;
};

// "GRATIS_LOG_FORMAT" for "log-format".
std::string VariableOf(std::string_view setting);

// The effective settings as lines for people, in columns.
std::string Table(const std::vector<Effective>& effective);

}  // namespace gratis::config
