#include "common/obs/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/status/reasons.h"

namespace gratis::obs {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

struct Written {
  explicit Written(Format format, Level level = Level::kDebug)
      : log({format, level}, [this](std::string_view line) { lines.emplace_back(line); }) {}
  std::vector<std::string> lines;
  Log log;
};

const Trace kTrace = *Trace::Parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

TEST(Log, AJsonLineHasTimeLevelMessageAndFieldsOfTheirTypes) {
  Written written(Format::kJson);
  written.log.Info("serving", {{"address", "127.0.0.1:8470"},
                               {"workers", 8},
                               {"tls", true},
                               {"took", absl::Milliseconds(2)}});
  ASSERT_EQ(written.lines.size(), 1u);
  EXPECT_THAT(
      written.lines[0],
      MatchesRegex(
          "\\{\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z\",\"level\":\"info\","
          "\"message\":\"serving\",\"address\":\"127\\.0\\.0\\.1:8470\",\"workers\":8,"
          "\"tls\":true,\"took_us\":2000\\}\n"));
}

TEST(Log, AHumanLineReadsAsText) {
  Written written(Format::kHuman);
  written.log.Warning("waiting for PostgreSQL", {{"host", "db 1"}, {"attempt", 3}});
  ASSERT_EQ(written.lines.size(), 1u);
  EXPECT_THAT(written.lines[0],
              MatchesRegex("[-0-9]{10}T[0-9:.]{15}Z warning: waiting for PostgreSQL "
                           "host=\"db 1\" attempt=3\n"));
}

TEST(Log, LinesWithinACallCarryItsIdAndTrace) {
  Written json(Format::kJson);
  Written human(Format::kHuman);
  {
    const CallScope scope("order-17", kTrace);
    json.log.Info("posted");
    human.log.Info("posted");
  }
  json.log.Info("idle");
  EXPECT_THAT(json.lines[0], HasSubstr("\"request_id\":\"order-17\","
                                       "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
                                       "\"span_id\":\"00f067aa0ba902b7\""));
  EXPECT_THAT(human.lines[0],
              EndsWith("request_id=order-17 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 "
                       "span_id=00f067aa0ba902b7\n"));
  EXPECT_THAT(json.lines[1], Not(HasSubstr("request_id")));
}

TEST(Log, ScopesNestAndBelongToTheirThread) {
  Written written(Format::kJson);
  const CallScope outer("outer", kTrace);
  {
    const CallScope inner("inner", kTrace);
    written.log.Info("a");
  }
  written.log.Info("b");
  std::thread([&] { written.log.Info("c"); }).join();
  EXPECT_THAT(written.lines[0], HasSubstr("\"request_id\":\"inner\""));
  EXPECT_THAT(written.lines[1], HasSubstr("\"request_id\":\"outer\""));
  EXPECT_THAT(written.lines[2], Not(HasSubstr("request_id")));
}

TEST(Log, ForeignTextCannotForgeALine) {
  Written human(Format::kHuman);
  Written json(Format::kJson);
  for (Written* written : {&human, &json}) {
    written->log.Info("refused", {{"method", "x\n2027 error: forged \"quote\""}});
    written->log.Info("refused", {{"method", std::string("caf\xe9\0z", 6)}});
    ASSERT_EQ(written->lines.size(), 2u);
    for (const std::string& line : written->lines) {
      EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    }
    EXPECT_THAT(written->lines[0], HasSubstr("x\\u000a2027 error: forged \\\"quote\\\""));
  }
  EXPECT_THAT(json.lines[1], HasSubstr("\"method\":\"caf??z\""));
}

TEST(Log, AnErrorIsItsCodeReasonAndSentence) {
  Written written(Format::kJson);
  written.log.Error("stopped", {{"error", Error(Reason::kDatabaseNewer, "upgrade the engine")}});
  EXPECT_THAT(written.lines[0], HasSubstr("DATABASE_NEWER: upgrade the engine\""));
}

TEST(Log, LinesBelowTheLevelAreNotWritten) {
  Written written(Format::kHuman, Level::kWarning);
  written.log.Debug("a");
  written.log.Info("b");
  written.log.Warning("c");
  written.log.Error("d");
  EXPECT_EQ(written.lines.size(), 2u);
}

}  // namespace
}  // namespace gratis::obs
