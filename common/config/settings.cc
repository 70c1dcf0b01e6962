#include "common/config/settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/config/file.h"
#include "common/config/nearest.h"
#include "common/status/reasons.h"

namespace gratis::config {
namespace {

using base::Abs;
using base::Std;

constexpr char kPrefix[] = "GRATIS_";
constexpr char kFileFlag[] = "config";
constexpr char kHome[] = "home";
constexpr char kFileName[] = "gratis.toml";

// A name this near to one of ours is taken for a slip, not for somebody else's: one letter in four.
bool IsSlip(std::string_view typed, std::string_view known) {
  return EditDistance(typed, known) * 4 <= static_cast<int>(known.size()) + 2;
}

std::optional<std::string> OnlyOne(const std::vector<std::string>& values) {
  if (values.size() == 1) return std::nullopt;
  return values.empty() ? "is empty" : "takes one value, not several";
}

std::string Absolute(const std::string& path) {
  if (path.empty()) return path;
  std::string absolute = std::filesystem::absolute(path).lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

}  // namespace

std::string VariableOf(std::string_view setting) {
  return absl::StrCat(kPrefix,
                      absl::AsciiStrToUpper(absl::StrReplaceAll(Abs(setting), {{"-", "_"}})));
}

struct Settings::Reading {
  Invocation invocation;
  std::map<std::string, Given, std::less<>> flags, environment, file;
  std::vector<std::string> problems;
  std::string first_key;

  void Wrong(std::string_view key, std::string problem) {
    if (problems.empty()) first_key = std::string(key);
    problems.push_back(std::move(problem));
  }
};

Settings::Settings(std::string program, std::string about, std::vector<std::string> relatives)
    : program_(std::move(program)), about_(std::move(about)), relatives_(std::move(relatives)) {}

void Settings::Text(std::string_view name, std::string& field, std::string_view meaning) {
  Setting setting{std::string(name), std::string(meaning), "TEXT"};
  setting.take = [&field](const std::vector<std::string>& values) {
    if (auto wrong = OnlyOne(values)) return wrong;
    field = values[0];
    return std::optional<std::string>();
  };
  setting.show = [&field] { return field; };
  Add(std::move(setting));
}

void Settings::Secret(std::string_view name, std::string& field, std::string_view meaning) {
  Text(name, field, meaning);
  settings_.back().secret = true;
}

void Settings::Path(std::string_view name, std::string& field, std::string_view meaning) {
  Text(name, field, meaning);
  settings_.back().shape = "PATH";
  settings_.back().take = [&field](const std::vector<std::string>& values) {
    if (auto wrong = OnlyOne(values)) return wrong;
    field = Absolute(values[0]);
    return std::optional<std::string>();
  };
}

void Settings::Number(std::string_view name, int& field, int least, int most,
                      std::string_view meaning) {
  Setting setting{std::string(name), std::string(meaning), "NUMBER"};
  setting.take = [&field, least, most](const std::vector<std::string>& values) {
    if (auto wrong = OnlyOne(values)) return wrong;
    int number = 0;
    if (!absl::SimpleAtoi(values[0], &number) || number < least || number > most) {
      return std::optional(
          absl::StrCat("\"", values[0], "\" is not a number from ", least, " to ", most));
    }
    field = number;
    return std::optional<std::string>();
  };
  setting.show = [&field] { return absl::StrCat(field); };
  Add(std::move(setting));
}

void Settings::Switch(std::string_view name, bool& field, std::string_view meaning) {
  Setting setting{std::string(name), std::string(meaning), ""};
  setting.is_switch = true;
  setting.take = [&field](const std::vector<std::string>& values) {
    if (auto wrong = OnlyOne(values)) return wrong;
    if (values[0] != "true" && values[0] != "false") {
      return std::optional(absl::StrCat("\"", values[0], "\" is neither true nor false"));
    }
    field = values[0] == "true";
    return std::optional<std::string>();
  };
  setting.show = [&field] { return field ? "true" : "false"; };
  Add(std::move(setting));
}

void Settings::Choice(std::string_view name, std::string& field, std::vector<std::string> choices,
                      std::string_view meaning) {
  Setting setting{std::string(name), std::string(meaning), absl::StrJoin(choices, "|")};
  setting.take = [&field, choices = std::move(choices)](const std::vector<std::string>& values) {
    if (auto wrong = OnlyOne(values)) return wrong;
    if (std::find(choices.begin(), choices.end(), values[0]) == choices.end()) {
      return std::optional(
          absl::StrCat("\"", values[0], "\" is none of: ", absl::StrJoin(choices, ", ")));
    }
    field = values[0];
    return std::optional<std::string>();
  };
  setting.show = [&field] { return field; };
  Add(std::move(setting));
}

void Settings::List(std::string_view name, std::vector<std::string>& field,
                    std::string_view meaning) {
  Setting setting{std::string(name), std::string(meaning), "TEXT"};
  setting.is_list = true;
  setting.take = [&field](const std::vector<std::string>& values) {
    field = values;
    return std::optional<std::string>();
  };
  setting.show = [&field] { return absl::StrJoin(field, ","); };
  Add(std::move(setting));
}

void Settings::Command(std::string_view words, std::string_view meaning) {
  commands_.emplace_back(words, meaning);
}

std::vector<std::string> Settings::Names() const {
  std::vector<std::string> names;
  for (const Setting& setting : settings_) names.push_back(setting.name);
  return names;
}

const Settings::Setting* Settings::Find(std::string_view name) const {
  const auto found = std::find_if(settings_.begin(), settings_.end(),
                                  [&](const Setting& s) { return s.name == name; });
  return found == settings_.end() ? nullptr : &*found;
}

std::string Settings::UnknownCommand(const std::string& typed) const {
  std::vector<std::string> known;
  for (const auto& [words, meaning] : commands_) known.push_back(words);
  return absl::StrCat("there is no command ", typed, "; the nearest is ", Nearest(typed, known));
}

std::optional<Invocation> Settings::ParseFlags(int argc, const char* const* argv,
                                               Reading& reading) const {
  CLI::App app(about_, program_);
  app.allow_extras();
  app.get_formatter()->column_width(34);
  std::map<std::string, std::vector<std::string>> values;
  const auto option = [&](const std::string& name, const std::string& meaning,
                          const std::string& shape, bool is_switch, bool is_list) {
    const std::string text = absl::StrCat(meaning, " [", VariableOf(name), "]");
    CLI::Option* made = is_switch ? app.add_flag("--" + name, values[name], text)
                                  : app.add_option("--" + name, values[name], text);
    if (is_switch) {
      made->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    } else {
      made->type_name(shape)->allow_extra_args(false)->type_size(1)->expected(1,
                                                                              is_list ? 1024 : 1);
      if (!is_list) made->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  };
  option(kFileFlag, "The file to read settings from; else gratis.toml in the home, when there",
         "PATH", false, false);
  for (const Setting& s : settings_) {
    const std::string meaning = s.secret || s.show().empty()
                                    ? s.meaning
                                    : absl::StrCat(s.meaning, " (default: ", s.show(), ")");
    option(s.name, meaning, s.shape, s.is_switch, s.is_list);
  }
  std::string words;
  std::map<std::pair<CLI::App*, std::string>, CLI::App*> commands;
  app.set_version_flag("--version", program_ + " 0.1.0", "Print the version and exit");
  for (const auto& [name, meaning] : commands_) {
    CLI::App* parent = &app;
    const std::vector<std::string> parts = absl::StrSplit(name, ' ');
    for (size_t i = 0; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      CLI::App*& command = commands[{parent, parts[i]}];
      if (command == nullptr) command = parent->add_subcommand(parts[i], last ? meaning : "");
      parent = command;
      parent->fallthrough();
      if (last) {
        parent->parse_complete_callback([&words, name = name] { words = name; });
      }
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Invocation{app.help(), ""};
  } catch (const CLI::CallForVersion& version) {
    return Invocation{absl::StrCat(version.what(), "\n"), ""};
  } catch (const CLI::ParseError& error) {
    reading.Wrong("", error.what());
    return std::nullopt;
  }
  reading.invocation.command = words;
  std::string typed;  // the words before the one that is no command
  for (const CLI::App* sub : app.get_subcommands()) absl::StrAppend(&typed, sub->get_name(), " ");
  if (words.empty() && !typed.empty() && app.remaining_size(true) == 0) {
    reading.Wrong(typed, UnknownCommand(std::string(absl::StripAsciiWhitespace(typed))));
  }
  for (const std::string& extra : app.remaining(true)) {
    const std::string name = extra.substr(0, extra.find('='));
    if (!absl::StartsWith(name, "-")) {
      reading.Wrong(name, UnknownCommand(typed + name));
    } else {
      std::vector<std::string> known = Names();
      known.emplace_back(kFileFlag);
      reading.Wrong(name, absl::StrCat("there is no flag ", name, "; the nearest is --",
                                       Nearest(name.substr(name.find_first_not_of('-')), known)));
    }
    break;  // what follows may be its value
  }
  for (auto& [name, given] : values) {
    if (!given.empty()) reading.flags[name] = {std::move(given), "flag"};
  }
  return std::nullopt;
}

void Settings::ParseEnvironment(const Environment& environment, Reading& reading) const {
  std::vector<std::string> known = {VariableOf(kFileFlag)};
  for (const Setting& setting : settings_) known.push_back(VariableOf(setting.name));
  for (const auto& [variable, value] : environment.variables()) {
    if (!absl::StartsWith(variable, kPrefix) || value.empty()) continue;
    const auto found = std::find(known.begin(), known.end(), variable);
    if (found == known.end()) {
      const std::string nearest = Nearest(variable, known);
      if (IsSlip(variable.substr(sizeof kPrefix - 1), nearest.substr(sizeof kPrefix - 1))) {
        reading.Wrong(variable, absl::StrCat("there is no variable ", variable, "; the nearest is ",
                                             nearest));
      }
      continue;
    }
    const size_t index = found - known.begin();
    const bool is_list = index > 0 && settings_[index - 1].is_list;
    std::vector<std::string> values = {value};
    if (is_list) values = absl::StrSplit(value, ',');
    reading.environment[index == 0 ? kFileFlag : settings_[index - 1].name] = {values, variable};
  }
}

void Settings::ParseFile(const Environment& environment, Reading& reading) const {
  const auto given = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto* from : {&reading.flags, &reading.environment}) {
      const auto found = from->find(name);
      if (found != from->end()) return found->second.values.front();
    }
    return std::nullopt;
  };
  const std::optional<std::string> named = given(kFileFlag);
  const std::string home = given(kHome).value_or(DefaultHome(environment));
  const std::string path = Absolute(named.value_or(absl::StrCat(home, "/", kFileName)));
  std::ifstream in(path);
  if (!in || std::filesystem::is_directory(path)) {
    if (named || std::filesystem::exists(path)) {
      reading.Wrong(kFileFlag, absl::StrCat("the file ", path, " cannot be read"));
    }
    return;
  }
  std::stringstream text;
  text << in.rdbuf();
  const absl::StatusOr<std::vector<FileEntry>> entries = config::ParseFile(text.str());
  if (!entries.ok()) {
    reading.Wrong(kFileFlag, absl::StrCat(path, ", ", entries.status().message()));
    return;
  }
  std::map<std::string, Given, std::less<>> own_section;
  for (const FileEntry& entry : *entries) {
    const std::string where = absl::StrCat(path, ":", entry.line);
    const bool known_section =
        entry.section.empty() || entry.section == program_ ||
        std::find(relatives_.begin(), relatives_.end(), entry.section) != relatives_.end();
    if (!known_section) {
      reading.Wrong(entry.section,
                    absl::StrCat(where, ": there is no section [", entry.section,
                                 "]; the nearest is [", Nearest(entry.section, relatives_), "]"));
      continue;
    }
    const std::string name = absl::StrReplaceAll(entry.key, {{"_", "-"}});
    if (Find(name) == nullptr) {
      reading.Wrong(entry.key, absl::StrCat(where, ": there is no setting ", entry.key,
                                            "; the nearest is ", Nearest(name, Names())));
      continue;
    }
    if (!named && name == kHome) {
      reading.Wrong(name, absl::StrCat(where,
                                       ": a file in the home cannot say where the home is; "
                                       "use --home or GRATIS_HOME"));
      continue;
    }
    if (!entry.section.empty() && entry.section != program_) continue;
    auto& target = entry.section.empty() ? reading.file : own_section;
    if (!target.emplace(name, Given{entry.values, where}).second) {
      reading.Wrong(entry.key, absl::StrCat(where, ": ", entry.key, " is set twice"));
    }
  }
  for (auto& [name, value] : own_section) reading.file[name] = std::move(value);
}

void Settings::Take(Reading& reading) {
  effective_.clear();
  for (const Setting& setting : settings_) {
    const Given* given = nullptr;
    for (const auto* from : {&reading.flags, &reading.environment, &reading.file}) {
      const auto found = from->find(setting.name);
      if (found == from->end()) continue;
      given = &found->second;
      break;
    }
    if (given != nullptr) {
      if (const auto wrong = setting.take(given->values)) {
        const std::string& origin = given->origin == "flag" ? "--" + setting.name : given->origin;
        // A secret is not repeated, even when it is wrong.
        reading.Wrong(setting.name, absl::StrCat(origin, ": ", setting.name, " ",
                                                 setting.secret ? "is not valid" : *wrong));
      }
    }
    const std::string value = setting.show();
    effective_.push_back({setting.name, setting.secret && !value.empty() ? "(hidden)" : value,
                          given == nullptr ? "default" : given->origin});
  }
}

absl::StatusOr<Invocation> Settings::Read(int argc, const char* const* argv,
                                          const Environment& environment) {
  Reading reading;
  if (auto answer = ParseFlags(argc, argv, reading)) return *answer;
  ParseEnvironment(environment, reading);
  ParseFile(environment, reading);
  Take(reading);
  if (!reading.problems.empty()) {
    return Error(Reason::kConfigInvalid, absl::StrJoin(reading.problems, "\n"),
                 {{"key", reading.first_key}});
  }
  return reading.invocation;
}

std::string Table(const std::vector<Effective>& effective) {
  size_t names = 0;
  size_t values = 0;
  for (const Effective& row : effective) {
    names = std::max(names, row.name.size());
    values = std::max(values, row.value.size());
  }
  std::string table;
  for (const Effective& row : effective) {
    absl::StrAppend(&table, row.name, std::string(names - row.name.size() + 2, ' '), row.value,
                    std::string(values - row.value.size() + 2, ' '), row.origin, "\n");
  }
  return table;
}

}  // namespace gratis::config
