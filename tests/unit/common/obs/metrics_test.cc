#include "common/obs/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace gratis::obs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Get(const std::string& address, const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(parts.at(1), &port));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, parts[0].c_str(), &to.sin_addr);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[4096];
  for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;) answer.append(bytes, n);
  close(fd);
  return answer;
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameSeries) {
  Metrics metrics;
  metrics.CounterOf("gratis_calls_total", "Calls.", {{"method", "Get"}}).Add();
  metrics.CounterOf("gratis_calls_total", "Calls.", {{"method", "Get"}}).Add(2);
  metrics.CounterOf("gratis_calls_total", "Calls.", {{"method", "Put"}}).Add(7);
  EXPECT_THAT(metrics.Text(), HasSubstr("gratis_calls_total{method=\"Get\"} 3\n"));
  EXPECT_THAT(metrics.Text(), HasSubstr("gratis_calls_total{method=\"Put\"} 7\n"));
}

TEST(Metrics, DurationsAreSecondsAndSizesAreCounts) {
  Metrics metrics;
  metrics.DurationsOf("gratis_call_seconds", "Time.").Observe(absl::Milliseconds(3));
  metrics.SizesOf("gratis_posting_set_size", "Items.").Observe(100);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("gratis_call_seconds_sum 0.003\n"));
  EXPECT_THAT(text, HasSubstr("gratis_call_seconds_bucket{le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("gratis_call_seconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gratis_posting_set_size_bucket{le=\"64\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("gratis_posting_set_size_bucket{le=\"128\"} 1\n"));
}

TEST(Metrics, AGaugeIsReadWhenAskedAndGoneWithItsHandle) {
  Metrics metrics;
  int64_t depth = 1;
  auto gauge = metrics.GaugeOf("gratis_queue_depth", "Waiting.", {{"queue", "calls"}},
                               [&] { return depth; });
  EXPECT_THAT(metrics.Text(), HasSubstr("gratis_queue_depth{queue=\"calls\"} 1\n"));
  depth = 5;
  EXPECT_THAT(metrics.Text(), HasSubstr("gratis_queue_depth{queue=\"calls\"} 5\n"));
  gauge.reset();
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("gratis_queue_depth")));
}

TEST(MetricsServer, AnswersOnThePortItWasGiven) {
  Metrics metrics;
  metrics.CounterOf("gratis_calls_total", "Calls.").Add(11);
  auto server = MetricsServer::Start(metrics, "127.0.0.1", 0);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string answer = Get((*server)->address(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("gratis_calls_total 11"));
}

TEST(MetricsServer, ATakenPortIsAnErrorThatNamesIt) {
  Metrics metrics;
  auto first = MetricsServer::Start(metrics, "127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const std::string port = std::string((*first)->address()).substr(sizeof "127.0.0.1:" - 1);
  int number = 0;
  ASSERT_TRUE(absl::SimpleAtoi(port, &number));
  const auto second = MetricsServer::Start(metrics, "127.0.0.1", number);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(port));
}

}  // namespace
}  // namespace gratis::obs
