#include "common/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "common/status/reasons.h"

namespace gratis::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Typed {
  std::string home = "/nowhere";
  int port = 8470;
  bool tls = true;
  std::string format = "human";
  std::string url;
  std::vector<std::string> peers;
};

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    char name[] = "/tmp/gratis-settings-XXXXXX";
    home_ = mkdtemp(name);
  }
  ~SettingsTest() override { std::filesystem::remove_all(home_); }

  void WriteFile(const std::string& text) { std::ofstream(home_ + "/gratis.toml") << text; }

  absl::StatusOr<Invocation> Read(std::vector<const char*> flags,
                                  Environment::Variables environment = {}) {
    typed_ = Typed();
    settings_.emplace("gratisd", "About.", std::vector<std::string>{"gratisd", "gratis-members"});
    settings_->Path("home", typed_.home, "Where it lives");
    settings_->Number("port", typed_.port, 0, 65535, "Port");
    settings_->Switch("tls", typed_.tls, "TLS");
    settings_->Choice("log-format", typed_.format, {"human", "json"}, "Lines");
    settings_->Secret("database-url", typed_.url, "Database");
    settings_->List("peer", typed_.peers, "Peers");
    settings_->Command("migrate", "Migrates");
    settings_->Command("config check", "Checks");
    environment.emplace("GRATIS_HOME", home_);
    flags.insert(flags.begin(), "gratisd");
    return settings_->Read(static_cast<int>(flags.size()), flags.data(), Environment(environment));
  }

  std::string Message(std::vector<const char*> flags, Environment::Variables environment = {}) {
    const auto read = Read(std::move(flags), std::move(environment));
    EXPECT_FALSE(read.ok());
    EXPECT_EQ(ReasonOf(read.status()), Reason::kConfigInvalid);
    return std::string(read.status().message());
  }

  std::string OriginOf(std::string_view name) {
    for (const Effective& e : settings_->effective()) {
      if (e.name == name) return e.origin;
    }
    return "";
  }

  std::string home_;
  Typed typed_;
  std::optional<Settings> settings_;
};

TEST_F(SettingsTest, ADefaultHoldsWhenNobodySaysOtherwise) {
  ASSERT_TRUE(Read({}).ok());
  EXPECT_EQ(typed_.port, 8470);
  EXPECT_EQ(OriginOf("port"), "default");
}

TEST_F(SettingsTest, TheFlagWinsOverTheEnvironmentAndThatOverTheFile) {
  WriteFile("port = 1\n");
  ASSERT_TRUE(Read({"--port", "3"}, {{"GRATIS_PORT", "2"}}).ok());
  EXPECT_EQ(typed_.port, 3);
  EXPECT_EQ(OriginOf("port"), "flag");
  ASSERT_TRUE(Read({}, {{"GRATIS_PORT", "2"}}).ok());
  EXPECT_EQ(typed_.port, 2);
  EXPECT_EQ(OriginOf("port"), "GRATIS_PORT");
  ASSERT_TRUE(Read({}).ok());
  EXPECT_EQ(typed_.port, 1);
  EXPECT_EQ(OriginOf("port"), home_ + "/gratis.toml:1");
}

TEST_F(SettingsTest, TheProgramsOwnSectionWinsOverTheKeysAboveIt) {
  WriteFile("port = 1\n[gratis-members]\nport = 2\n[gratisd]\nport = 3\n");
  ASSERT_TRUE(Read({}).ok());
  EXPECT_EQ(typed_.port, 3);
  ASSERT_TRUE(Read({}, {{"GRATIS_PORT", "4"}}).ok());
  EXPECT_EQ(typed_.port, 4);
}

TEST_F(SettingsTest, EachKindOfSettingIsReadFromEachPlace) {
  WriteFile("tls = false\nlog_format = \"json\"\npeer = [\"a=h:1\", \"b=h:2\"]\n");
  ASSERT_TRUE(Read({}).ok());
  EXPECT_FALSE(typed_.tls);
  EXPECT_EQ(typed_.format, "json");
  EXPECT_THAT(typed_.peers, ElementsAre("a=h:1", "b=h:2"));
  ASSERT_TRUE(Read({}, {{"GRATIS_TLS", "true"}, {"GRATIS_PEER", "c=h:3,d=h:4"}}).ok());
  EXPECT_TRUE(typed_.tls);
  EXPECT_THAT(typed_.peers, ElementsAre("c=h:3", "d=h:4"));
  ASSERT_TRUE(Read({"--peer", "e=h:5", "--tls", "--peer=f=h:6"}).ok());
  EXPECT_TRUE(typed_.tls);
  EXPECT_THAT(typed_.peers, ElementsAre("e=h:5", "f=h:6"));
  ASSERT_TRUE(Read({"--tls=false"}).ok());
  EXPECT_FALSE(typed_.tls);
}

TEST_F(SettingsTest, CommandsAreKnownBeforeAndAfterFlags) {
  auto read = Read({"migrate"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->command, "migrate");
  read = Read({"config", "check", "--port", "7"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->command, "config check");
  EXPECT_EQ(typed_.port, 7);
  read = Read({"--port", "7", "migrate"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->command, "migrate");
  read = Read({});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->command, "");
}

TEST_F(SettingsTest, AnUnknownFlagNamesTheNearest) {
  EXPECT_THAT(Message({"--prot", "8"}), HasSubstr("--prot; the nearest is --port"));
  EXPECT_THAT(Message({"--log-fromat=json"}), HasSubstr("the nearest is --log-format"));
  EXPECT_THAT(Message({"migarte"}), HasSubstr("no command migarte; the nearest is migrate"));
  EXPECT_THAT(Message({"config", "chekc"}),
              HasSubstr("no command config chekc; the nearest is config check"));
  EXPECT_THAT(Message({"config"}), HasSubstr("no command config; the nearest is config check"));
}

TEST_F(SettingsTest, AnUnknownKeyOfTheFileNamesTheNearestAndItsLine) {
  WriteFile("# ours\nprot = 8\n");
  EXPECT_THAT(Message({}),
              HasSubstr("gratis.toml:2: there is no setting prot; the nearest is port"));
  WriteFile("[gratis-member]\nport = 8\n");
  EXPECT_THAT(Message({}),
              HasSubstr("no section [gratis-member]; the nearest is [gratis-members]"));
  WriteFile("[gratis-members]\nprot = 8\n");
  EXPECT_THAT(Message({}), HasSubstr("no setting prot"));
}

TEST_F(SettingsTest, InTheEnvironmentOnlyASlipIsAnError) {
  EXPECT_THAT(Message({}, {{"GRATIS_DATABASE_ULR", "x"}}),
              HasSubstr("GRATIS_DATABASE_ULR; the nearest is GRATIS_DATABASE_URL"));
  EXPECT_TRUE(Read({}, {{"GRATIS_KEY", "x"}, {"GRATIS_PROGRAM", "demo"}}).ok());
}

TEST_F(SettingsTest, AValueThatDoesNotFitNamesWhereItCameFrom) {
  EXPECT_THAT(Message({"--port", "99999"}),
              HasSubstr("--port: port \"99999\" is not a number from 0 to 65535"));
  EXPECT_THAT(Message({}, {{"GRATIS_PORT", "http"}}), HasSubstr("GRATIS_PORT: port \"http\""));
  WriteFile("log-format = xml\nport = [1, 2]\ntls = yes\n");
  const std::string message = Message({});
  EXPECT_THAT(message, HasSubstr("gratis.toml:1: log-format \"xml\" is none of: human, json"));
  EXPECT_THAT(message, HasSubstr("gratis.toml:2: port takes one value"));
  EXPECT_THAT(message, HasSubstr("gratis.toml:3: tls \"yes\" is neither true nor false"));
}

TEST_F(SettingsTest, AKeyTwiceIsAnError) {
  WriteFile("port = 1\nport = 2\n");
  EXPECT_THAT(Message({}), HasSubstr("gratis.toml:2: port is set twice"));
}

TEST_F(SettingsTest, AFileThatIsNamedMustBeThere) {
  EXPECT_THAT(Message({"--config", "/nowhere/x.toml"}), HasSubstr("/nowhere/x.toml"));
  EXPECT_THAT(Message({}, {{"GRATIS_CONFIG", "/nowhere/y.toml"}}), HasSubstr("/nowhere/y.toml"));
  EXPECT_THAT(Message({"--config", "/tmp"}), HasSubstr("/tmp cannot be read"));
}

TEST_F(SettingsTest, AFileInTheHomeCannotMoveTheHome) {
  WriteFile("home = \"/elsewhere\"\n");
  EXPECT_THAT(Message({}), HasSubstr("cannot say where the home is"));
  const std::string path = home_ + "/gratis.toml";
  ASSERT_TRUE(Read({"--config", path.c_str()}).ok());
}

TEST_F(SettingsTest, ASecretIsNeverShown) {
  ASSERT_TRUE(Read({"--database-url", "postgresql://u:pw@h/d"}).ok());
  EXPECT_EQ(typed_.url, "postgresql://u:pw@h/d");
  EXPECT_THAT(Table(settings_->effective()), Not(HasSubstr("pw")));
  EXPECT_THAT(Table(settings_->effective()), HasSubstr("database-url  (hidden)"));
  ASSERT_TRUE(Read({}).ok());
  EXPECT_THAT(Table(settings_->effective()), Not(HasSubstr("(hidden)")));
}

TEST_F(SettingsTest, TheTableSaysWhereEachValueCameFrom) {
  ASSERT_TRUE(Read({"--port", "9"}, {{"GRATIS_LOG_FORMAT", "json"}}).ok());
  const std::string table = Table(settings_->effective());
  EXPECT_THAT(table, HasSubstr("port "));
  EXPECT_THAT(table, ::testing::ContainsRegex("\nport +9 +flag\n"));
  EXPECT_THAT(table, ::testing::ContainsRegex("\nlog-format +json +GRATIS_LOG_FORMAT\n"));
}

TEST_F(SettingsTest, HelpNamesEverySettingItsVariableAndItsDefault) {
  const auto read = Read({"--help"});
  ASSERT_TRUE(read.ok());
  ASSERT_TRUE(read->answer);
  for (const char* text : {"--port", "GRATIS_PORT", "default: 8470", "--config", "migrate",
                           "--log-format", "human|json"}) {
    EXPECT_THAT(*read->answer, HasSubstr(text));
  }
}

TEST_F(SettingsTest, ARelativePathIsMadeAbsolute) {
  ASSERT_TRUE(Read({"--home", "some/../place/"}).ok());
  EXPECT_EQ(typed_.home, (std::filesystem::current_path() / "place").string());
}

}  // namespace
}  // namespace gratis::config
