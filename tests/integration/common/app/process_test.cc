#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <future>

#include "absl/strings/str_split.h"
#include "common/status/reasons.h"
#include "tests/integration/common/app/place.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::app::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;

class ProcessTest : public ::testing::Test {
 protected:
  std::string Url() const { return "--database-url=" + database_.conninfo(); }

  pg::testing::TestDatabase database_;
  Place place_;
};

TEST_F(ProcessTest, ServesSaysWhereAndEndsWhenTold) {
  const auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  EXPECT_THAT(ReadText(place_.RunFile("gratisd")),
              HasSubstr("[\"gratis.ledger.v1.ClockService\", \"gratis.ledger.v1.LedgerService\"]"));
  EXPECT_THAT(place_.Says("gratisd", "address"), HasSubstr("localhost:"));
  EXPECT_TRUE(place_.Balance("gratisd").ok());

  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitForEnd(kPatience), 0) << child->output();
  EXPECT_FALSE(place_.HasRunFile("gratisd"));
}

TEST_F(ProcessTest, AModuleReachesAnotherOfItsProcess) {
  const auto child = place_.Start("gratisd", {Url(), "--log-level=debug"});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  EXPECT_TRUE(place_.Clock("gratisd").ok()) << place_.Clock("gratisd");
  EXPECT_THAT(child->output(), HasSubstr("actor=service:thanks"));
}

TEST_F(ProcessTest, WhatWasAcceptedIsAnsweredBeforeTheEnd) {
  const auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  const auto channel = place_.Channel("gratisd");
  auto slow = std::async(std::launch::async, [&] { return Place::Balance(channel, "wait-3000"); });
  ASSERT_TRUE(Eventually(kPatience, [&] {
    return place_.Metrics("gratisd").find("gratis_rpc_open_calls 1\n") != std::string::npos;
  }));
  child->Signal(SIGTERM);
  EXPECT_TRUE(Eventually(absl::Seconds(1), [&] {
    return absl::IsUnavailable(Place::Balance(channel, "m", absl::Seconds(1)));
  }));
  EXPECT_FALSE(place_.HasRunFile("gratisd"));
  const absl::Status answered = slow.get();
  EXPECT_TRUE(answered.ok()) << answered;
  EXPECT_EQ(child->WaitForEnd(kPatience), 0) << child->output();
}

TEST_F(ProcessTest, ASecondSignalEndsItAtOnce) {
  const auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  const auto channel = place_.Channel("gratisd");
  auto slow = std::async(std::launch::async, [&] { return Place::Balance(channel, "wait-30000"); });
  ASSERT_TRUE(Eventually(kPatience, [&] {
    return place_.Metrics("gratisd").find("gratis_rpc_open_calls 1\n") != std::string::npos;
  }));
  child->Signal(SIGINT);
  ASSERT_TRUE(Eventually(kPatience, [&] { return !place_.HasRunFile("gratisd"); }));
  child->Signal(SIGINT);
  EXPECT_EQ(child->WaitForEnd(absl::Seconds(10)), 128 + SIGINT);
  EXPECT_EQ(slow.get().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ProcessTest, AKilledProcessComesBackAsTheSameInstance) {
  auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  const std::string key = place_.AdminKey();
  const std::string ca = ReadText(place_.Says("gratisd", "ca"));
  child->Signal(SIGKILL);
  EXPECT_EQ(child->WaitForEnd(kPatience), 128 + SIGKILL);
  EXPECT_TRUE(place_.HasRunFile("gratisd"));

  child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  EXPECT_EQ(place_.AdminKey(), key);
  EXPECT_EQ(ReadText(place_.Says("gratisd", "ca")), ca);
  EXPECT_TRUE(place_.Balance("gratisd").ok());
}

TEST_F(ProcessTest, ALostAdminKeyFileIsWrittenAgain) {
  auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  const std::string key = place_.AdminKey();
  child->Signal(SIGTERM);
  ASSERT_EQ(child->WaitForEnd(kPatience), 0);
  ASSERT_EQ(unlink((place_.home() + "/admin.key").c_str()), 0);

  child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  EXPECT_EQ(place_.AdminKey(), key);
}

TEST_F(ProcessTest, SecretsAreTheirOwnersOnly) {
  const auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  for (const char* file :
       {"/admin.key", "/master.key", "/tls/server.key", "/tls/ca.key", "/run/gratisd.json"}) {
    struct stat status {};
    ASSERT_EQ(stat((place_.home() + file).c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << file;
  }
  EXPECT_THAT(child->output(), Not(HasSubstr(place_.AdminKey())));
}

TEST_F(ProcessTest, MetricsCountCallsAndWatchTheDatabase) {
  const auto child = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  ASSERT_TRUE(place_.Balance("gratisd").ok());
  const std::string metrics = place_.Metrics("gratisd");
  EXPECT_THAT(metrics, HasSubstr("gratis_rpc_calls_total{code=\"OK\",method=\"gratis.ledger.v1."
                                 "LedgerService/GetBalance\",reason=\"\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("gratis_database_up 1\n"));
  // That a key has ended somewhere else comes to it, too, once it listens.
  EXPECT_TRUE(Eventually(kPatience, [&] {
    return place_.Metrics("gratisd").find("gratis_keys_heard 1\n") != std::string::npos;
  }));
  for (const char* name :
       {"gratis_pool_in_use{service=\"ledger\"}", "gratis_pool_waiting{service=\"thanks\"}",
        "gratis_posting_waiting{service=\"ledger\"}",
        "gratis_posting_set_size_count{service=\"ledger\"}", "gratis_rpc_waiting_calls 0"}) {
    EXPECT_THAT(metrics, HasSubstr(name));
  }
}

TEST_F(ProcessTest, EveryLineIsJsonWhenAskedForAndThoseOfACallCarryItsIds) {
  const auto child = place_.Start("gratisd", {Url(), "--log-format=json", "--log-level=debug"});
  ASSERT_TRUE(place_.Serves("gratisd", *child)) << child->output();
  ASSERT_TRUE(place_.Balance("gratisd").ok());
  child->Signal(SIGTERM);
  ASSERT_EQ(child->WaitForEnd(kPatience), 0);
  int of_calls = 0;
  for (const auto line : absl::StrSplit(child->output(), '\n', absl::SkipEmpty())) {
    google::protobuf::Struct object;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(std::string(line), &object).ok())
        << line;
    const auto& fields = object.fields();
    for (const char* key : {"time", "level", "message"}) EXPECT_TRUE(fields.contains(key)) << line;
    const std::string& message = fields.at("message").string_value();
    if (message != "balance given" && message != "call answered") continue;
    ++of_calls;
    EXPECT_FALSE(fields.at("request_id").string_value().empty());
    EXPECT_EQ(fields.at("trace_id").string_value().size(), 32u);
    EXPECT_EQ(fields.at("span_id").string_value().size(), 16u);
  }
  EXPECT_EQ(of_calls, 2);
}

TEST_F(ProcessTest, APortThatIsTakenIsSaid) {
  const auto first = place_.Start("gratisd", {Url()});
  ASSERT_TRUE(place_.Serves("gratisd", *first)) << first->output();
  const std::string address = place_.Says("gratisd", "address");
  Place other;
  pg::testing::TestDatabase another;
  const std::string port = address.substr(address.rfind(':') + 1);
  const auto second =
      other.Run("gratisd", {"--port=" + port, "--database-url=" + another.conninfo()});
  EXPECT_EQ(second->WaitForEnd(kPatience), 2);
  EXPECT_THAT(second->output(), HasSubstr("127.0.0.1:" + port));
  EXPECT_FALSE(other.HasRunFile("gratisd"));
}

}  // namespace
}  // namespace gratis::app::testing
